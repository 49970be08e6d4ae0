"""JSON that came out of the store, and fields of the kind that they should be: all else is ValueError."""

import json
from typing import Any, Final, TypeVar

T = TypeVar("T")

_SHOWN: Final = 80
_decoded: Final = json.JSONDecoder().decode  # json.loads without its options: a fifth of what it costs


def line_of(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def row_of(line: bytes | bytearray) -> dict[str, Any]:
    """The object in a line of JSON; every string in it can be written down again."""
    text = line.decode()
    try:
        row = _decoded(text)
    except RecursionError as exc:
        raise ValueError("it is nested too deep") from exc
    if not isinstance(row, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 (nobody's mistake in the program)
    if "\\u" in text:
        line_of(row)  # an escape may be half a character
    return row


def field(row: dict[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    """A missing one is the default, where there is one."""
    value = row.get(name, default)
    if type(value) is not kind:
        raise ValueError(f"`{name}` is missing or not what it should be")
    return value


def texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    found = field(row, name, list)
    if any(type(one) is not str for one in found):
        raise ValueError(f"`{name}` is no list of texts")
    return tuple(found)


def pairs(row: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    found = []
    for one in field(row, name, list):
        if type(one) is not list or [type(part) for part in one] != [str, str]:
            raise ValueError(f"`{name}` is no list of pairs")
        found.append((one[0], one[1]))
    return tuple(found)


def shown(text: str) -> str:
    """For messages, whatever it holds and however long it is."""
    return f"{text!r:.{_SHOWN}}"
