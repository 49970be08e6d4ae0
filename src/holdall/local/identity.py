"""Which directory it is, whatever its path."""

import ctypes
import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

from holdall.local.descent import DIRECTORY

_FLAGS: Final = DIRECTORY & ~os.O_NOFOLLOW
_AT_EMPTY_PATH: Final = 0x1000
_STATX_BTIME: Final = 0x800
_statx = getattr(ctypes.CDLL(None), "statx", None) if sys.platform == "linux" else None


class Identity(NamedTuple):
    """born_ns  tells it from an earlier one whose inode it got; 0 where the file system does not know"""

    device: int
    inode: int
    born_ns: int


def identity_of(path: Path) -> Identity | None:
    """None where there is no directory. OSError where that cannot be told. Symlinks are followed, as those to a root are."""
    try:
        fd = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        found = os.fstat(fd)
        return Identity(found.st_dev, found.st_ino, _born_ns(fd, found))
    finally:
        os.close(fd)


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_uint32), ("_", ctypes.c_int32))


class _Statx(ctypes.Structure):
    """The kernel's, the same on every architecture."""

    _fields_ = (
        ("mask", ctypes.c_uint32),
        ("_to_times", ctypes.c_uint8 * 60),
        ("accessed", _Time),
        ("born", _Time),
        ("_to_end", ctypes.c_uint8 * 160),
    )


def _born_ns(fd: int, found: os.stat_result) -> int:
    if _statx is None:
        return int(getattr(found, "st_birthtime", 0) * 1_000_000_000)
    told = _Statx()
    done = _statx(fd, b"", _AT_EMPTY_PATH, ctypes.c_uint(_STATX_BTIME), ctypes.byref(told)) == 0
    if not done or not told.mask & _STATX_BTIME:
        return 0  # a kernel, a sandbox or a file system without it
    return int(told.born.seconds) * 1_000_000_000 + int(told.born.nanoseconds)
