"""One gitignore line, matched exactly as git matches it (dir.c and wildmatch.c, which are also the reference for the odd sets).

pathspec is not used for this: on brackets, escapes, `**` inside a name, trailing blanks and re-included directories its verdict
is another than git's, and a set within a set is a warning.
"""

import re
from typing import NamedTuple

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb"\t-\r ",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_SLASH = ord("/")
_WILD = re.compile(rb"[*?\[\\]")


class _UnfinishedError(Exception):
    """An unfinished bracket or escape: git reads on for ever, and finds nothing."""


class GitPattern(NamedTuple):
    """regex      for a whole name or path, as UTF-8: to git, `?` is one byte
    negated    what matches takes part after all
    dir_only   only directories match
    by_name    the last part of the path is matched, wherever it lies
    """

    regex: re.Pattern[bytes]
    negated: bool
    dir_only: bool
    by_name: bool


def parse(line: str) -> GitPattern | None:
    """None for comments, blank lines, and what can match nothing."""
    text = _trimmed(line.encode(errors="surrogateescape"))
    if not text or text.startswith(b"#"):
        return None
    negated = text.startswith(b"!")
    text = text[negated:]
    dir_only = text.endswith(b"/")
    text = text[: len(text) - dir_only]
    by_name = b"/" not in text
    try:
        expression = _glob(text, 0, by_name=by_name) if by_name else _path(text.removeprefix(b"/"))
    except _UnfinishedError:
        return None
    return GitPattern(re.compile(expression, re.DOTALL), negated, dir_only, by_name)


def _trimmed(text: bytes) -> bytes:
    """Without trailing blanks, unless they are escaped."""
    kept = len(text.rstrip(b" "))
    escapes = kept - len(text[:kept].rstrip(b"\\"))
    return text[: kept + 1] if escapes % 2 else text[:kept]


def _path(text: bytes) -> bytes:
    # git compares what comes before the first wildcard literally, and to it a `**` that follows is then at the beginning.
    wild = _WILD.search(text)
    start = wild.start() if wild else len(text)
    return re.escape(text[:start]) + _glob(text, start, by_name=False)


def _glob(text: bytes, start: int, *, by_name: bool) -> bytes:
    parts = []
    at = start
    while at < len(text):
        char = text[at : at + 1]
        if char == b"*":
            part, at = _stars(text, start, at, by_name=by_name)
        elif char == b"[":
            part, at = _bracket(text, at + 1)
        elif char == b"?":
            part, at = b"[^/]", at + 1
        else:
            at += char == b"\\"
            if at == len(text):
                raise _UnfinishedError
            part, at = re.escape(text[at : at + 1]), at + 1
        parts.append(part)
    return b"".join(parts)


def _stars(text: bytes, start: int, at: int, *, by_name: bool) -> tuple[bytes, int]:
    end = at
    while text[end : end + 1] == b"*":
        end += 1
    opens = at == start or text[at - 1] == _SLASH
    closes = end == len(text) or text[end] == _SLASH or text[end : end + 2] == b"\\/"
    if by_name or end - at < 2 or not (opens and closes):
        return b"[^/]*", end
    if text[end : end + 1] == b"/":
        return b"(?:.*/)?", end + 1
    return b".*", end


def _bracket(text: bytes, at: int) -> tuple[bytes, int]:
    """The set that begins at `at`, after its bracket, and where the text goes on."""
    negated = text[at : at + 1] in {b"!", b"^"}
    at += negated
    members: set[int] = set()
    before = None  # what a range may start from
    first = True
    while first or text[at : at + 1] != b"]":
        first = False
        if text[at : at + 2] == b"[:" and (named := _class(text, at + 2)):
            more, at = named
            members |= more
            before = None
            continue
        if text[at : at + 1] == b"-" and before is not None and text[at + 1 : at + 2] not in {b"", b"]"}:
            last, at = _character(text, at + 1)
            members.update(range(before, last + 1))
            before = None
            continue
        before, at = _character(text, at)
        members.add(before)
    if negated:
        members = set(range(256)) - members
    members.discard(_SLASH)
    listed = b"".join(b"\\x%02x" % member for member in sorted(members))
    return (b"[" + listed + b"]" if listed else b"(?!)"), at + 1


def _character(text: bytes, at: int) -> tuple[int, int]:
    at += text[at : at + 1] == b"\\"
    if at >= len(text):
        raise _UnfinishedError
    return text[at], at + 1


def _class(text: bytes, at: int) -> tuple[set[int], int] | None:
    """`alpha:]` and the like; None when that is no named class but a set with a bracket in it."""
    end = text.find(b"]", at)
    if end < 0:
        raise _UnfinishedError
    if end == at or text[end - 1 : end] != b":":
        return None
    ranges = _CLASSES.get(text[at : end - 1])
    if ranges is None:
        raise _UnfinishedError
    matches = re.compile(b"[" + ranges + b"]").match
    return {byte for byte in range(256) if matches(bytes([byte]))}, end + 1
