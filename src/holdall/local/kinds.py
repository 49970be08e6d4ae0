"""What kind of file system an open file lies on, where what its answers mean hangs on that."""

import ctypes
import sys
from typing import Final

REMOTE: Final = frozenset({0x6969, 0x517B, 0xFF534D42, 0xFE534D42})
"""NFS and SMB, by their f_type: statfs(2)."""
TELLS_OF_STORES: Final = frozenset({0xEF53, 0x58465342, 0x9123683E, 0xF2F52010})
"""ext2 to ext4, XFS, Btrfs, F2FS: they learn of the first store to each clean page of a mapping."""

_STATFS_BYTES: Final = 512
_LIBC: Final = ctypes.CDLL(None)


def kind_of(fd: int) -> int:
    """The f_type of its file system; -1 where there is no telling."""
    if sys.platform != "linux":
        return -1
    found = (ctypes.c_long * (_STATFS_BYTES // ctypes.sizeof(ctypes.c_long)))()
    return int(found[0]) & 0xFFFFFFFF if _LIBC.fstatfs(fd, found) == 0 else -1
