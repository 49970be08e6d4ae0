"""Whose the files are that root makes below somebody's directory."""

import contextlib
import ctypes
import os
import sys
from typing import NamedTuple

_AT_EMPTY_PATH = 0x1000
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Owner(NamedTuple):
    uid: int
    gid: int


def owner_below(root: os.stat_result) -> Owner | None:
    """Who gets what is made below a root; None where that needs no step."""
    if os.geteuid() != 0 or (root.st_uid == 0 and root.st_gid == os.getegid()):
        return None
    return Owner(root.st_uid, root.st_gid)


def give(fd: int, owner: Owner | None) -> None:
    # Root without CAP_CHOWN (containers) and file systems without owners (FAT) refuse: the file is in place all the same.
    with contextlib.suppress(PermissionError):
        if owner is not None:
            os.fchown(fd, *owner)


def give_link(dir_fd: int, name: str, owner: Owner | None) -> None:
    """A symlink's owner, by an fd of its own: by name, it could be somebody else's file by now."""
    if owner is None or _libc is None:
        return
    fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        if os.fstat(fd).st_uid == os.geteuid():
            _libc.fchownat(fd, b"", owner.uid, owner.gid, _AT_EMPTY_PATH)
    finally:
        os.close(fd)
