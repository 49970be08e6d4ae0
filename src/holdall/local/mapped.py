"""Whether a store through a shared mapping moves the file's times. Only the first one to a clean page can.

A file system that is told when a page becomes dirty sets the times then, and asks to be told again once the page was written
out. A tmpfs writes nothing out, and its pages tell nothing.
"""

import os

from holdall.local.kinds import TELLS_OF_STORES, kind_of
from holdall.local.lease import is_open_for_writing


def shows_stores(fd: int) -> bool:
    """Whether what is stored in the file from now on moves its times. `fd` is open for reading only.

    Writes out what is dirty in it, where some process has it open for writing; elsewhere it costs three calls of the kernel.
    """
    if not is_open_for_writing(fd):
        return True  # who maps it after this begins with clean pages
    if kind_of(fd) not in TELLS_OF_STORES:
        return False
    try:
        os.fdatasync(fd)
    except OSError:
        # No room for it, or a broken disk: the page stays dirty, and its bytes can still be read.
        return False
    return True
