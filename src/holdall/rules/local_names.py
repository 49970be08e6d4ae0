"""Names that a file system cannot hold, as it can, and back.

A byte of a name's UTF-8 that cannot stand for itself becomes the private-use character U+F000 + byte: the way Cygwin, WSL and
MSYS write `:` and its like on NTFS, so that their files have the names that their users gave. One character each, which no
system folds, so a name hardly grows and two never become one.

Three ways to a name on the disk:

plain   as it is; also where it has such characters but is no escape of anything
safe    forbidden characters, trailing dots and spaces, and the first character of a reserved name are escaped
apart   U+F000 (no name has a NUL), and upper case and all beyond ASCII are escaped too: for what differs from a name that is
        there already only by case or Unicode form

An escape is what one of these ways makes of the name that it is read as. All else on a disk is read as it stands.
"""

import re
import unicodedata
from typing import Final, NamedTuple

_BASE: Final = 0xF000
_MARK: Final = "\uf000"
_ESCAPES: Final = re.compile("[\uf000-\uf0ff]")
_FOLDED: Final = re.compile("[^\x00-\x40\x5b-\x7f]")
_RESERVED: Final = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\..*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)


class Target(NamedTuple):
    """What a file system holds of names.

    forbidden  characters that no name may have
    trimmed    characters that no name may end in
    reserved   the names of Windows' devices are not for files
    folds      names that differ by case, or by Unicode form, are one
    composed   names come back in another Unicode form than they were given: all are taken to be NFC
    """

    forbidden: str = ""
    trimmed: str = ""
    reserved: bool = False
    folds: bool = False
    composed: bool = False

    @property
    def holds_all(self) -> bool:
        return self == Target()


POSIX: Final = Target()
WINDOWS: Final = Target(
    forbidden="".join(map(chr, range(1, 32))) + '\\:*?"<>|', trimmed=". ", reserved=True, folds=True
)


def read(local: str, target: Target) -> str:
    """The name that a name on the disk stands for."""
    name = _unescaped(local)
    if name is not None and local in ways(name, target):
        return name
    return unicodedata.normalize("NFC", local) if target.composed else local


def ways(name: str, target: Target) -> tuple[str, ...]:
    """What a name can be given on the disk, the first that is free being the best: one, or two where names fold.

    No two names have one in common, and those that are apart differ however a system folds.
    """
    if not target.folds:
        return (_safe(name, target),)
    apart = _MARK + _escaped(name, target, _FOLDED)
    if target.composed and not unicodedata.is_normalized("NFC", name):
        return (apart,)
    return _safe(name, target), apart


def _safe(name: str, target: Target) -> str:
    reserved = target.reserved and _RESERVED.fullmatch(name)
    if not reserved and _holds(name, target) and _is_read_as_itself(name, target):
        return name
    escaped = _escaped(name, target, _ESCAPES)
    return _escape(name[0]) + escaped[1:] if reserved else escaped


def _is_read_as_itself(name: str, target: Target) -> bool:
    return not (target.folds and name.startswith(_MARK)) and read(name, target) == name


def _holds(name: str, target: Target) -> bool:
    return name == name.rstrip(target.trimmed) and not any(char in target.forbidden for char in name)


def _escaped(name: str, target: Target, also: re.Pattern[str]) -> str:
    kept = len(name.rstrip(target.trimmed))
    return "".join(
        _escape(char) if at >= kept or char in target.forbidden or also.match(char) else char
        for at, char in enumerate(name)
    )


def _escape(char: str) -> str:
    return "".join(chr(_BASE + byte) for byte in char.encode())


def _unescaped(local: str) -> str | None:
    """None where there is nothing to unescape, or what comes of it is no name."""
    if local.isascii() or not _ESCAPES.search(local):
        return None
    pieces = (
        bytes((ord(char) - _BASE,)) if _ESCAPES.match(char) else char.encode()
        for char in local.removeprefix(_MARK)
    )
    try:
        name = b"".join(pieces).decode()
    except UnicodeError:
        return None
    return None if name in {"", ".", ".."} or "/" in name or "\0" in name else name
