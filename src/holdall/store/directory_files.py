# ruff: noqa: PTH102, PTH105, PTH106, PTH108, PTH120, PTH208
# Strings and fds, not Paths: one put is a dozen system calls, and a Path for each would double its cost.
"""The file system under a directory store: names, locks, bytes, and what its errors mean."""

import errno
import fcntl
import os
import stat as st
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from holdall.errors import ConditionFailed, Denied, NoBucket, Refused, StoreError, StoreFull, Unavailable
from holdall.store.silence import Silence

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_DENIED: Final = frozenset({errno.EACCES, errno.EPERM})
_NAME: Final = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
_NOTHING: Final = frozenset({errno.ENOENT, errno.ENOTDIR}) | _NAME
_BLOCKED: Final = frozenset({errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY})
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_CHUNK_BYTES: Final = 1024 * 1024


class Files:
    """Everything under `root`; `lock_path` also tells a store from a directory where it is not mounted.

    silence  sees how long the disk hangs
    """

    def __init__(self, root: str, lock_path: str, silence: Silence) -> None:
        self.root = root
        self.url = f"file://{root}"
        self._lock_path = lock_path
        self._silence = silence
        self._lock_fd = -1
        self._thread_lock = Lock()

    @contextmanager
    def working(self, key: str | None) -> Iterator[None]:
        """Around one short step on the store's own disk. OSError becomes one of holdall's errors, about `key`."""
        with self._silence.waiting():
            try:
                yield
            except OSError as exc:
                raise self._meaning(exc, key) from exc

    def _meaning(self, exc: OSError, key: str | None) -> StoreError:
        code, why = exc.errno, exc.strerror
        if code in _FULL:
            return StoreFull(f"{self.url} takes no more: {why}", path=key, hint="free space on its disk")
        if code in _DENIED:
            return Denied(
                f"{self.url} refused: {why}", path=key, hint="check the owner and mode of its directory"
            )
        if code in _NAME:
            return Refused(
                f"the file system of {self.url} refuses this name: {why}",
                path=key,
                hint="shorten or rename it",
            )
        if code == errno.EFBIG:
            return Refused(f"the file system of {self.url} holds no file of this size: {why}", path=key)
        if code in _BLOCKED:
            return ConditionFailed(
                f"{self.url} holds an object above or below this key, as a directory cannot", path=key
            )
        if code == errno.ENOENT and not Path(self._lock_path).exists():
            return NoBucket(f"{self.url} is not there", hint="is its disk mounted?")
        return Unavailable(f"{self.url}: {why}", path=key)

    def _check_standing(self) -> None:
        """Nothing is missing from a store that is not there."""
        if not Path(self._lock_path).exists():
            raise NoBucket(f"{self.url} is not there", hint="is its disk mounted?")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, among threads and among processes."""
        with self._thread_lock:
            # A removed and re-created store has another lock than the one held open.
            if self._lock_fd < 0 or os.fstat(self._lock_fd).st_nlink == 0:
                self._close()
                self._lock_fd = self._open_lock()
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._lock_fd, fcntl.LOCK_UN)

    def _open_lock(self) -> int:
        try:
            return os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as exc:
            if exc.errno not in _FULL | _DENIED:
                raise
            return os.open(self._lock_path, os.O_RDONLY | os.O_CLOEXEC)  # a store that can only be read

    def close(self) -> None:
        with self._thread_lock:
            self._close()

    def _close(self) -> None:
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def stat(self, key: str) -> os.stat_result | None:
        """None where there is nothing, or can be nothing; NoBucket where there is no store either."""
        try:
            return os.lstat(f"{self.root}/{key}")
        except OSError as exc:
            if exc.errno not in _NOTHING:
                raise
            self._check_standing()
            return None

    def open(self, key: str) -> int | None:
        try:
            fd = os.open(f"{self.root}/{key}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as exc:
            if exc.errno not in _NOTHING | {errno.ELOOP, errno.ENXIO}:
                raise
            self._check_standing()
            return None
        if not st.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            return None
        return fd

    def names(self, folder: str) -> list[str]:
        """With the lock held: a rename during readdir may hide a name on some file systems."""
        with self.locked():
            try:
                found = os.listdir(f"{self.root}/{folder}")
            except (FileNotFoundError, NotADirectoryError):
                self._check_standing()
                return []
        return [name for name in found if _is_text(name)]

    def publish(self, staged: str, key: str, *, new: bool) -> list[str]:
        """With the lock held: `staged` becomes the object. Gives the directories to sync.

        new   there must be nothing: a link, because foreign tools take no lock and a rename would replace their file
        """
        target = f"{self.root}/{key}"
        changed = self._make_parents(target)
        if new and _link(staged, target):
            os.unlink(staged)
        else:
            os.replace(staged, target)
        return changed

    def remove(self, key: str) -> str:
        """With the lock held; parents left empty go too, as prefixes do. Gives the directory to sync."""
        path = f"{self.root}/{key}"
        os.unlink(path)
        parent = os.path.dirname(path)
        with suppress(OSError):  # the first one that is not empty ends it
            while parent != self.root:
                os.rmdir(parent)
                parent = os.path.dirname(parent)
        return parent

    def remove_empty(self, key: str) -> None:
        """With the lock held: directories without files, left by a crash or a foreign tool, are no objects."""
        for folder, _, _ in os.walk(f"{self.root}/{key}", topdown=False):
            os.rmdir(folder)

    def _make_parents(self, path: str) -> list[str]:
        """Gives every directory that got a new name, the last one included."""
        parent = os.path.dirname(path)
        changed = [parent]
        missing = []
        while parent != self.root and not os.path.lexists(parent):
            missing.append(parent)
            parent = os.path.dirname(parent)
            changed.append(parent)
        for folder in reversed(missing):
            os.mkdir(folder)
        return changed


def sync_directories(paths: Iterable[str]) -> None:
    for path in paths:
        # Gone again: what was in it was deleted by someone who came after us.
        with suppress(FileNotFoundError):
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)


def write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def read(fd: int, offset: int, length: int) -> bytes:
    """Shorter at the end of the file."""
    found = os.pread(fd, length, offset)
    if len(found) == length or not found:
        return found
    pieces = [found]
    while found and (missing := length - sum(map(len, pieces))):
        found = os.pread(fd, missing, offset + length - missing)
        pieces.append(found)
    return b"".join(pieces)


def copy(source: int, offset: int, length: int, target: int) -> None:
    """Appended to `target`, inside the file system where it can (shared blocks on btrfs and xfs, server-side on NFS)."""
    while length > 0:
        count = min(length, _CHUNK_BYTES)
        done = _copy_inside(source, offset, length, target)
        if done == 0:
            data = read(source, offset, count)
            if not data:
                raise OSError(errno.EIO, "the source is shorter than it was")
            write(target, data)
            done = len(data)
        offset += done
        length -= done


def _copy_inside(source: int, offset: int, length: int, target: int) -> int:
    if sys.platform != "linux":
        return 0
    try:
        return os.copy_file_range(source, target, length, offset)
    except OSError as exc:
        if exc.errno in _FULL:
            raise
        return 0


def _link(source: str, target: str) -> bool:
    try:
        os.link(source, target)
    except OSError as exc:
        if exc.errno in _NO_LINKS:
            return False
        raise
    return True


def _is_text(name: str) -> bool:
    """A name that is not UTF-8 cannot be a key."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
