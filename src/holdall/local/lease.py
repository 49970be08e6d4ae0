"""Whether a process has a file open for writing, and whether one comes while we displace it.

A Linux read lease is refused while the file is open for writing anywhere; once held, the kernel stops whoever opens it for
writing until the lease is given back, and says that someone waits.
"""

import errno
import fcntl
import os
import signal
import sys
from types import TracebackType
from typing import Self

from holdall.errors import Moved
from holdall.local.kinds import REMOTE, kind_of

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def is_open_for_writing(fd: int) -> bool:
    """Whether a process has the file open for writing, or mapped. `fd` is open for reading only.

    False also where there are no leases.
    """
    if sys.platform != "linux":
        return False
    try:
        _take(fd)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as exc:
        return _is_refusal(fd, exc)
    return False


def _take(fd: int) -> None:
    # The kernel's signal to a lease holder is SIGIO, which ends the process; SIGURG is ignored.
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)


def _is_refusal(fd: int, exc: OSError) -> bool:
    # NFS and SMB say the same of a file that the server has not lent to this machine, whoever has it open.
    return exc.errno == errno.EAGAIN and kind_of(fd) not in REMOTE


class Lease:
    """`with Lease(dir_fd, name, path) as lease: ...; if lease.wanted(): undo`.

    Entering raises Moved when the file is open for writing. Where there are no leases (another owner's file, other systems, NFS,
    SMB) it says nothing: the comparison of stamps is then all there is. A symlink has no lease and needs none.
    """

    __slots__ = ("_fd", "_held")

    def __init__(self, dir_fd: int, name: str, path: str) -> None:
        self._fd = -1
        self._held = False
        if sys.platform != "linux":
            return
        try:
            self._fd = os.open(name, _FLAGS, dir_fd=dir_fd)
            _take(self._fd)
            self._held = True
        except OSError as exc:
            if _is_refusal(self._fd, exc):
                self.close()
                raise Moved("open for writing", path=path) from exc

    def wanted(self) -> bool:
        """Whether a writer waits for the file by now."""
        return self._held and fcntl.fcntl(self._fd, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)  # gives the lease back
            self._fd = -1
            self._held = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
