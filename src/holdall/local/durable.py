"""What survives a power cut."""

import ctypes
import os
import sys

_syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if sys.platform == "linux" else None


def sync_below(dir_fd: int) -> None:
    """The file system of an open directory; all of them where it cannot be had alone. Those mounted below it are others.

    OSError when the disk failed to write.
    """
    if _syncfs is None:
        os.sync()
    elif _syncfs(dir_fd) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
