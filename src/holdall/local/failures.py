"""The operating system's errors as the contract's: every OSError of the disk passes through here."""

import errno
import os
from types import TracebackType

from holdall.errors import DiskFull, LocalError, Moved, Unreadable

# EFBIG: the limit of a process or file system on one file's size; it ends a download just the same.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# EXDEV: openat2's word for a way out of the root. ENXIO, EAGAIN: a FIFO, or a leased file, where a file was.
_MOVED = {
    errno.EAGAIN,
    errno.EEXIST,
    errno.EINVAL,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENOTEMPTY,
    errno.ENXIO,
    errno.ESTALE,
    errno.EXDEV,
}


def reason_of(exc: OSError) -> str:
    return os.strerror(exc.errno).lower() if exc.errno else str(exc)


def failure(exc: OSError, path: str) -> LocalError:
    if exc.errno in _FULL:
        return DiskFull(reason_of(exc), path=path, hint="make room on the local disk")
    if exc.errno in _MOVED:
        return Moved(reason_of(exc), path=path)
    hint = "make it readable for the daemon's user" if exc.errno == errno.EACCES else None
    return Unreadable(reason_of(exc), path=path, hint=hint)


class Told:
    """`with Told(path):` any OSError inside is raised as the contract's error about `path`."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(exc, OSError):
            raise failure(exc, self._path) from exc
