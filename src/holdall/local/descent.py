"""Opening what is below the root, through real directories only.

A symlink swapped in for any part of the path fails with ELOOP, a way out of the root with EXDEV or ELOOP. Where the kernel
has openat2 (Linux 5.6, not hidden by a sandbox) that is one system call, elsewhere one open for each part.
"""

import ctypes
import errno
import os
import sys
from functools import cache

from holdall.errors import Unreadable
from holdall.keys import is_path
from holdall.local.owner import Owner, give

SEARCH = getattr(os, "O_PATH", os.O_RDONLY)
"""Opens a directory to reach what is inside, also where its list is unreadable."""

DIRECTORY = SEARCH | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW

NO_DIRECTORY = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV}
"""What an open below the root fails with when there is no such path; the last two: a symlink is on the way."""

NO_PATH = "is not a path below a root"

_OPENAT2 = 437  # the same number on every architecture that we meet
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_HOW_BYTES = ctypes.c_size_t(ctypes.sizeof(_How))


@cache
def _how(flags: int) -> _How:
    return _How(flags, 0, _RESOLVE_NO_SYMLINKS | _RESOLVE_BENEATH)


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _openat2(dir_fd: int, path: str, flags: int) -> int:
    assert _libc is not None
    how = ctypes.byref(_how(flags))
    while (fd := int(_libc.syscall(_OPENAT2, dir_fd, os.fsencode(path), how, _HOW_BYTES))) < 0:
        code = ctypes.get_errno()
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code), path)
    return fd


def _step_by_step(dir_fd: int, path: str, flags: int) -> int:
    *parents, name = path.split("/")
    at = dir_fd
    try:
        for part in parents:
            below = os.open(part, DIRECTORY, dir_fd=at)
            if at != dir_fd:
                os.close(at)
            at = below
        return os.open(name, flags, dir_fd=at)
    finally:
        if at != dir_fd:
            os.close(at)


def _has_openat2() -> bool:
    if _libc is None:
        return False
    try:
        os.close(_openat2(-100, ".", DIRECTORY))  # -100: AT_FDCWD
    except OSError:
        return False
    return True


_open = _openat2 if _has_openat2() else _step_by_step


def open_below(root_fd: int, path: str, flags: int) -> int:
    """Open `path` ("" is the root itself), never through or onto a symlink unless `flags` are O_PATH | O_NOFOLLOW.

    Raises OSError; Unreadable for what is no path at all.
    """
    if not path:
        return os.open(".", flags, dir_fd=root_fd)
    if not is_path(path):
        raise Unreadable(NO_PATH, path=path)
    return _open(root_fd, path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)


def make_dirs(root_fd: int, path: str, mode: int, owner: Owner | None) -> int:
    """Open the directory `path`, made with its parents where missing; those get `mode` and `owner`."""
    try:
        return open_below(root_fd, path, DIRECTORY)
    except FileNotFoundError:
        at = os.dup(root_fd)
    try:
        for part in path.split("/"):
            below = make_dir(at, part, mode, owner)
            os.close(at)
            at = below
    except BaseException:
        os.close(at)
        raise
    return at


def make_dir(dir_fd: int, name: str, mode: int, owner: Owner | None) -> int:
    try:
        os.mkdir(name, 0o700, dir_fd=dir_fd)
    except FileExistsError:
        return os.open(name, DIRECTORY, dir_fd=dir_fd)
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        made = os.fstat(fd)
        # RACE: another directory may have been put there; root must not give that away.
        if made.st_uid == os.geteuid():
            give(fd, owner)
        os.fchmod(fd, mode | (made.st_mode & 0o2000))  # setgid is inherited, and a shared tree lives by it
    except BaseException:
        os.close(fd)
        raise
    return fd
