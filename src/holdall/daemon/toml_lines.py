"""Which line of a TOML file a key is in. tomllib checks the syntax and does not say where things were.

The text is one that tomllib accepted, so this need not be a parser: headers and the keys before a `=`, values skipped.
"""

import re
from typing import Final

Place = tuple[str | int, ...]
"""A key's way from the top: names, and numbers in arrays of tables."""

_NAME: Final = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_DOTTED: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY: Final = re.compile(rf"\s*({_DOTTED})\s*=")
_TOKEN: Final = re.compile(r'"""|\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]', re.DOTALL)


def key_lines(text: str) -> dict[Place, int]:
    """Lines from 1; of what several lines speak of, the first. Keys inside inline tables are not listed: their table is."""
    lines: dict[Place, int] = {}
    arrays: dict[Place, int] = {}
    table: Place = ()
    at, line = 0, 1
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if header := _HEADER.match(text, at, end):
            table = _resolve(_parts(header[2]), arrays, new=header[1] == "[[")
            _note(lines, table, line)
        elif key := _KEY.match(text, at, end):
            _note(lines, table + _parts(key[1]), line)
            after = _value_end(text, key.end())
            line += text.count("\n", at, after)
            at = after
            continue
        at = end + 1
        line += 1
    return lines


def line_of(place: Place, lines: dict[Place, int]) -> int | None:
    """Of the key, or of the nearest thing around it that has one."""
    while place:
        if place in lines:
            return lines[place]
        place = place[:-1]
    return None


def _note(lines: dict[Place, int], place: Place, line: int) -> None:
    """Also for what is around it: `[a.b]` and `a.b = 1` are all there may be of `a`."""
    for length in range(1, len(place) + 1):
        lines.setdefault(place[:length], line)


def _parts(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in re.findall(_NAME, dotted))


def _resolve(names: Place, arrays: dict[Place, int], *, new: bool) -> Place:
    """A header's names with the number of the array element that each is in."""
    place: Place = ()
    for index, name in enumerate(names):
        place = (*place, name)
        if new and index == len(names) - 1:
            arrays[place] = arrays.get(place, -1) + 1
        if place in arrays:
            place = (*place, arrays[place])
    return place


def _value_end(text: str, at: int) -> int:
    """Just past the line that a value ends in."""
    depth = 0
    while (token := _TOKEN.search(text, at)) is not None:
        at = token.end()
        match token[0]:
            case '"""' | "'''":
                close = text.find(token[0], at)
                at = len(text) if close < 0 else close + 3
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth <= 0:
                return at
    return len(text)
