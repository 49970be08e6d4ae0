"""A file being put together beside its target."""

import os
import stat
from contextlib import suppress

from holdall.keys import STAGED_PREFIX
from holdall.local.base import PART_PREFIX, Finished
from holdall.local.digest import digest_of
from holdall.local.failures import Told
from holdall.local.owner import give
from holdall.local.root import NoParent, Place, Root

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class RealStaged:
    __slots__ = ("_fd", "_path", "_root", "name")

    name: str

    def __init__(self, root: Root, at: Place, token: str) -> None:
        """`at` is the target; only its directory is used, and only here."""
        self._root = root
        self._path = at.path
        part = token.replace(STAGED_PREFIX, PART_PREFIX)
        self.name = at.beside(part)
        self._fd = os.open(part, _FLAGS, 0o600, dir_fd=at.dir_fd)

    def write(self, offset: int, data: bytes) -> None:
        with Told(self._path):
            done = os.pwrite(self._fd, data, offset)
            while done < len(data):
                done += os.pwrite(self._fd, memoryview(data)[done:], offset + done)

    def finish(self, *, mode: int, mtime_ns: int) -> Finished:
        try:
            with Told(self._path):
                give(self._fd, self._root.owner)
                os.fchmod(self._fd, mode & 0o777)
                digest = digest_of(self._fd)
                os.utime(self._fd, ns=(mtime_ns, mtime_ns))
                given = os.fstat(self._fd)
                self.name = _finished(self._root, self.name)
        finally:
            self._close()
        return Finished(digest, stat.S_IMODE(given.st_mode), given.st_mtime_ns)

    def seal(self, *, mode: int, mtime_ns: int) -> Finished:
        try:
            with Told(self._path):
                give(self._fd, self._root.owner)
                os.fchmod(self._fd, mode & 0o777)
                os.utime(self._fd, ns=(mtime_ns, mtime_ns))
                given = os.fstat(self._fd)
        finally:
            self._close()
        return Finished("", stat.S_IMODE(given.st_mode), given.st_mtime_ns)

    def discard(self) -> None:
        self._close()
        remove(self._root, self.name)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _finished(root: Root, name: str) -> str:
    """NoParent, a Moved, where the directory went away meanwhile."""
    with root.place(name) as at:
        done = at.name.replace(PART_PREFIX, STAGED_PREFIX)
        os.rename(at.name, done, src_dir_fd=at.dir_fd, dst_dir_fd=at.dir_fd)
        return at.beside(done)


def remove(root: Root, staged: str) -> None:
    """Not there is success."""
    with suppress(NoParent), root.place(staged) as at, suppress(FileNotFoundError):
        os.unlink(at.name, dir_fd=at.dir_fd)
