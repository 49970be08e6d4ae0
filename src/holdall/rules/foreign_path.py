r"""Absolute paths of any system, understood on every system.

POSIX paths, Windows drives (`C:\x`), shares (`\\server\share\x`) and their `\\?\` forms. On Windows both slashes part names, and
upper and lower case are one. On POSIX a backslash is a character like others, but in `\home\me`, which is how Windows writes the
path of another system.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

_DEVICE: Final = re.compile(r"[\\/][\\/?][?.][\\/]")
_SHARE: Final = re.compile(r"UNC[\\/]", re.IGNORECASE)
_DRIVE: Final = re.compile(r"([A-Za-z]):(?:[\\/]|\Z)")
_SLASHES: Final = re.compile(r"[\\/]")


class System(StrEnum):
    """As `context.json` has it."""

    POSIX = "posix"
    WINDOWS = "windows"


class ForeignPath(NamedTuple):
    r"""top  `/`, `C:\` or `\\server\share\`; two paths below different ones have nothing in common"""

    system: System
    top: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return self.top + self.separator.join(self.parts)

    @property
    def separator(self) -> str:
        return "/" if self.system is System.POSIX else "\\"

    def below(self, above: "ForeignPath") -> tuple[str, ...] | None:
        """The parts that this path has more than `above`: none where they are equal. None where it is not at or below it."""
        depth = len(above.parts)
        same = _compared(self._replace(parts=self.parts[:depth])) == _compared(above)
        return self.parts[depth:] if same else None


def _compared(path: ForeignPath) -> tuple[str, ...]:
    parts = path.system, path.top, *path.parts
    return parts if path.system is System.POSIX else tuple(map(upper, parts))


def upper(text: str) -> str:
    """As Windows compares names: each character by itself, so that `ß` is not `SS`."""
    if text.isascii():
        return text.upper()
    return "".join(big if len(big := char.upper()) == 1 else char for char in text)


def understood(text: str) -> ForeignPath:
    """ValueError, for people, where it is no absolute path of any system or has a `..` part."""
    if "\0" in text:
        raise ValueError("holds a NUL")
    if device := _DEVICE.match(text):
        rest = text[device.end() :]
        if share := _SHARE.match(rest):
            return _below_share(rest[share.end() :], text)
        if _DRIVE.match(rest):
            return _below_drive(rest)
        volume, *parts = _parted(rest) or ("",)
        return _checked(System.WINDOWS, f"\\\\?\\{volume}\\", parts)
    if _DRIVE.match(text):
        return _below_drive(text)
    if text.startswith(("\\\\", "\\/", "/\\")):
        return _below_share(text[2:], text)
    if text.startswith("/"):
        return _checked(System.POSIX, "/", [part for part in text.split("/") if part])
    if text.startswith("\\"):
        return _checked(System.POSIX, "/", _parted(text))
    raise ValueError("is no absolute path")


def readings(text: str) -> list[ForeignPath]:
    r"""What the text may mean, the likeliest first: of `/home/me\work` both, and of `//server/share` too. ValueError."""
    found = [understood(text)]
    if found[0].system is System.POSIX and text.startswith("/"):
        if "\\" in text:
            found.append(_checked(System.POSIX, "/", _parted(text)))
        if text.startswith("//") and len(_parted(text)) > 1:
            found.append(_below_share(text[2:], text))
    return found


def _parted(text: str) -> list[str]:
    return [part for part in _SLASHES.split(text) if part]


def _below_drive(text: str) -> ForeignPath:
    return _checked(System.WINDOWS, f"{text[0].upper()}:\\", _parted(text[2:]))


def _below_share(rest: str, text: str) -> ForeignPath:
    server, share, *parts = (*_parted(rest), "", "")
    if not share:
        raise ValueError(f"names no share: {text}")
    return _checked(System.WINDOWS, f"\\\\{server}\\{share}\\", [part for part in parts if part])


def _checked(system: System, top: str, parts: list[str]) -> ForeignPath:
    parts = [part for part in parts if part != "."]
    if ".." in parts:
        raise ValueError("has a '..' part")
    return ForeignPath(system, top, tuple(parts))
