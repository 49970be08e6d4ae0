"""Reading a file of the user's while others may write it."""

import os
import stat

from holdall.errors import Moved, Unreadable
from holdall.local.descent import NO_PATH, open_below
from holdall.local.failures import failure
from holdall.local.mapped import shows_stores
from holdall.local.root import Root
from holdall.local.seen import stamp_of
from holdall.local.tick import wait_for_tick
from holdall.model import Stamp

# O_NONBLOCK: opening a FIFO that was put there would wait for its writer.
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC


class RealReader:
    __slots__ = ("_fd", "_full", "_path", "stamp")

    stamp: Stamp

    def __init__(self, root: Root, path: str) -> None:
        self._path = path
        self._full = f"{root.path}/{path}"
        if not path:
            raise Unreadable(NO_PATH)
        root_fd = root.open()
        try:
            self._fd = open_below(root_fd, path, FLAGS)
        except OSError as exc:
            raise failure(exc, path) from exc
        finally:
            os.close(root_fd)
        found = os.fstat(self._fd)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise Moved("not a file any more", path=path)
        self.stamp = stamp_of(found)

    def read(self, offset: int, length: int) -> bytes:
        try:
            data = os.pread(self._fd, length, offset)
            if len(data) == length or not data:
                return data
            parts = [data]  # a short read is the end of the file, or a signal, or a network file system
            while data:
                offset, length = offset + len(data), length - len(data)
                data = os.pread(self._fd, length, offset)
                parts.append(data)
        except OSError as exc:
            raise failure(exc, self._path) from exc
        return b"".join(parts)

    def vouch(self) -> Stamp | None:
        wait_for_tick(self.stamp.ctime_ns)
        # The wait comes first: a store between the two would move the times by less than a tick, and free its page again.
        return self.stamp if shows_stores(self._fd) else None

    def moved(self) -> bool:
        try:
            named = os.lstat(self._full)
        except OSError:
            return True
        # One inode has one state: where the name still leads to it, this lstat is the fstat too.
        return stamp_of(named) != self.stamp

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
