"""What an archive says of its members, and whether that may be believed."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from holdall.errors import BadArchive
from holdall.keys import STAGED_PREFIX
from holdall.local.extract.limits import RATIO_FROM_BYTES, Limits
from holdall.local.names import oddity
from holdall.model import DEFAULT_MODES, Kind

_DRIVE: Final = re.compile(r"[A-Za-z]:")
_NAMES_BYTES: Final = 10 << 20
"""Of all paths together: they are all held, to find those that are there twice."""
_MOST_NS: Final = 2**62


class Member(NamedTuple):
    """A file or directory of an archive.

    path    relative to where the archive is extracted to; safe to be put together with that
    mode    permission bits that this disk's user can live with
    chunks  the bytes of a file, to be taken to their end before the next member
    """

    path: str
    kind: Kind
    mode: int
    mtime_ns: int
    chunks: Iterator[bytes]


class Checks:
    """What is known of an archive so far. Every method raises BadArchive.

    packed_bytes  of the archive
    under         the directory that it is extracted to, relative to the mount; "" for the root
    """

    def __init__(self, limits: Limits, packed_bytes: int, under: str) -> None:
        self._limits = limits
        self._packed_bytes = packed_bytes
        self._under = f"{under}/" if under else ""
        self._kinds: dict[str, Kind] = {}
        self._names_bytes = 0
        self._announced = 0
        self._bytes = 0

    def named(self, name: str, kind: Kind) -> str:
        """The path of a member; "" for the archive's own top."""
        parts = self._parts(name)
        path = "/".join(parts)
        if not path:
            if kind is Kind.DIR:
                return ""
            raise BadArchive("it has no name", member=name)
        if len(parts) > self._limits.depth:
            raise BadArchive(
                f"it lies {len(parts)} directories deep, more than {self._limits.depth}", member=name
            )
        for above in _above(parts):
            known = self._kinds.get(above)
            if known is Kind.FILE:
                raise BadArchive("it lies below a file", member=name)
            if known is None:
                self._note(above, Kind.DIR, name)
        known = self._kinds.get(path)
        if known is None:
            if reason := oddity(self._under + path):
                raise BadArchive(reason, member=name)
            self._note(path, kind, name)
        elif kind is Kind.FILE or known is Kind.FILE:
            twice = "it is there twice" if known is kind else "it is there as a file and as a directory"
            raise BadArchive(twice, member=name)
        return path

    def _parts(self, name: str) -> list[str]:
        if any(unicodedata.category(letter) == "Cc" for letter in name):
            raise BadArchive("its name holds control characters", member=name)
        if name.startswith(("/", "\\")):
            raise BadArchive("its name is absolute", member=name)
        if _DRIVE.match(name):
            raise BadArchive("its name begins with a drive letter", member=name)
        if ".." in name.replace("\\", "/").split("/"):
            raise BadArchive("its name leads outside, by `..`", member=name)
        parts = [part for part in name.split("/") if part not in ("", ".")]
        for part in parts:
            if part.startswith(STAGED_PREFIX):
                raise BadArchive(f"`{STAGED_PREFIX}` is how holdall's own temporary files begin", member=name)
            # Four bytes are the most that a character takes.
            if 4 * len(part) > self._limits.name_bytes:
                size = len(part.encode(errors="surrogatepass"))
                if size > self._limits.name_bytes:
                    raise BadArchive(
                        f"a part of its name takes {size} bytes, more than {self._limits.name_bytes}",
                        member=name,
                    )
        return parts

    def _note(self, path: str, kind: Kind, name: str) -> None:
        self._names_bytes += len(path)
        if len(self._kinds) >= self._limits.entries or self._names_bytes > _NAMES_BYTES:
            raise BadArchive(
                f"the archive holds more than {self._limits.entries} files and directories"
                if len(self._kinds) >= self._limits.entries
                else "the names in the archive are too long",
                member=name,
            )
        self._kinds[path] = kind

    def announced(self, size: int, name: str) -> None:
        """A member is said to have this many bytes."""
        self._announced += size
        if self._announced > self._limits.bytes:
            raise BadArchive(f"the archive holds more than {self._limits.bytes} bytes", member=name)

    def came_out(self, size: int, name: str) -> None:
        """So many bytes more."""
        self._bytes += size
        if self._bytes > self._limits.bytes:
            raise BadArchive(f"the archive holds more than {self._limits.bytes} bytes", member=name)
        if self._bytes > max(RATIO_FROM_BYTES, self._limits.ratio * self._packed_bytes):
            raise BadArchive(
                f"more than {self._limits.ratio} times as many bytes come out as are in the archive",
                member=name,
            )


def _above(parts: list[str]) -> Iterator[str]:
    """From the top down."""
    path = ""
    for part in parts[:-1]:
        path = f"{path}/{part}" if path else part
        yield path


def file_mode(mode: int) -> int:
    """A file's mode as it is taken over: its owner can use it, nobody else can write to it."""
    return mode & 0o755 | 0o600 if mode & 0o777 else DEFAULT_MODES[Kind.FILE]


def mtime_of(seconds: int, ns: int = 0) -> int:
    """Nanoseconds; 0 for what no file system has."""
    found = seconds * 10**9 + ns
    return found if -_MOST_NS < found < _MOST_NS else 0
