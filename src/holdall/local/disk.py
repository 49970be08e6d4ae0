"""The contract of base.py on a real directory."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from blake3 import blake3

from holdall.errors import Moved
from holdall.local import scan, swap
from holdall.local.base import Skip
from holdall.local.claim import claimed, is_claimed
from holdall.local.descent import make_dir, open_below
from holdall.local.digest import digest_of
from holdall.local.durable import sync_below
from holdall.local.meta import set_meta
from holdall.local.names import is_staged
from holdall.local.owner import give_link
from holdall.local.reach import top_of
from holdall.local.reader import FLAGS, RealReader
from holdall.local.rename import move
from holdall.local.root import NoParent, Place, Root
from holdall.local.seen import target_of
from holdall.local.staged import RealStaged, remove
from holdall.model import Seen, SeenAs


class RealDisk:
    """The directory at `root`, bound to the first one that is found there: when another takes its place, every step is
    RootLost, and whoever accepts that one makes a new RealDisk. Safe from several threads.
    """

    def __init__(self, root: Path) -> None:
        self._root = Root(root)
        self._claim = ""
        self._mounted: dict[int, str] = {}
        """Of the file systems that are mounted below the root, those that something was staged on: device -> mount point."""

    within = ""

    def identity(self) -> tuple[int, int]:
        return self._root.identity()

    def trust_root(self) -> None:
        self._root.trust()

    def scan(self, under: str = "", skip: Skip | None = None) -> Iterator[Seen]:
        with self._root.inside(under) as root_fd:
            yield from scan.scan(root_fd, under, skip)

    def look(self, paths: Iterable[str]) -> Iterator[Seen]:
        with self._root.inside("") as root_fd:
            yield from scan.look(root_fd, paths)

    def names(self, folder: str) -> list[str]:
        with self._root.inside(folder) as root_fd:
            return scan.names(root_fd, folder)

    def top_of(self, path: str) -> str:
        with self._root.inside(path) as root_fd:
            return top_of(root_fd, path)

    def open(self, path: str) -> RealReader:
        return RealReader(self._root, path)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with claimed(self._root) as claim:
            self._claim = claim
            try:
                yield
            finally:
                self._claim = ""

    def is_claimed(self, staged: str) -> bool:
        return is_claimed(self._root, staged)

    def stage(self, path: str) -> RealStaged:
        with self._root.place_made(path) as at:
            self._note_device(at)
            return RealStaged(self._root, at, swap.token(self._claim))

    def stage_link(self, path: str, target: str) -> str:
        name = swap.token(self._claim)
        with self._root.place_made(path) as at:
            self._note_device(at)
            os.symlink(target, name, dir_fd=at.dir_fd)
            give_link(at.dir_fd, name, self._root.owner)
            return at.beside(name)

    def publish(self, staged: str, path: str, expected: Seen) -> str | None:
        _need_staged(staged)
        with self._root.place(path) as at, self._root.place(staged) as source:
            if expected.what is SeenAs.ABSENT:
                swap.put(at, source)
                return None
            return swap.replace(at, source, expected)

    def take(self, path: str, expected: Seen) -> str:
        with self._root.place(path) as at:
            return swap.take(at, expected, self._claim)

    def keep(self, staged: str, path: str) -> None:
        _need_staged(staged)
        self.rename(staged, path)

    def drop(self, staged: str) -> None:
        _need_staged(staged)
        remove(self._root, staged)

    def staged_digest(self, staged: str) -> str | None:
        _need_staged(staged)
        with suppress(NoParent), self._root.place(staged) as at:
            return _digest(at)
        return None

    def staged_target(self, staged: str) -> str | None:
        _need_staged(staged)
        with suppress(NoParent), self._root.place(staged) as at:
            return target_of(at.dir_fd, at.name)
        return None

    def set_meta(self, path: str, expected: Seen, *, mode: int, mtime_ns: int | None) -> Seen:
        with self._root.place(path) as at:
            return set_meta(at, expected, mode=mode, mtime_ns=mtime_ns)

    def make_dir(self, path: str, mode: int) -> None:
        with self._root.place_made(path) as at:
            os.close(make_dir(at.dir_fd, at.name, mode & 0o777, self._root.owner))

    def remove_dir(self, path: str) -> bool:
        with suppress(NoParent), self._root.place(path) as at, suppress(FileNotFoundError):
            try:
                os.rmdir(at.name, dir_fd=at.dir_fd)
            except OSError as exc:
                # EBUSY: a file system is mounted there.
                if exc.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY}:
                    raise
                return False
        return True

    def rename(self, source: str, target: str) -> None:
        if target.startswith(f"{source}/"):
            raise Moved("lies below what is to be moved there", path=target)
        with self._root.place(source) as old:
            os.lstat(old.name, dir_fd=old.dir_fd)  # before directories are made for nothing
            with self._root.place_made(target) as new:
                move(old.dir_fd, old.name, new.dir_fd, new.name)

    def sync(self) -> None:
        with self._root.inside("") as root_fd:
            _sync(root_fd, "")
            for device, folder in tuple(self._mounted.items()):
                if not _sync(root_fd, folder, device):
                    self._mounted.pop(device, None)  # unmounted, which wrote it out

    def _note_device(self, at: Place) -> None:
        device = os.fstat(at.dir_fd).st_dev
        if device == self._root.device or device in self._mounted:
            return
        folders = at.path.split("/")[:-1]
        with self._root.inside("") as root_fd:
            for depth in range(1, len(folders) + 1):
                folder = "/".join(folders[:depth])
                if os.stat(folder, dir_fd=root_fd, follow_symlinks=False).st_dev == device:
                    self._mounted[device] = folder
                    return


def _sync(root_fd: int, folder: str, device: int | None = None) -> bool:
    """Whether the directory is there, and on the device."""
    try:
        fd = open_below(root_fd, folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        if device is None:
            raise
        return False
    try:
        if device is not None and os.fstat(fd).st_dev != device:
            return False
        sync_below(fd)
    finally:
        os.close(fd)
    return True


def _digest(at: Place) -> str | None:
    try:
        fd = os.open(at.name, FLAGS, dir_fd=at.dir_fd)
    except FileNotFoundError:
        return None
    except OSError as exc:
        if exc.errno != errno.ELOOP:
            raise
        return blake3(os.fsencode(os.readlink(at.name, dir_fd=at.dir_fd))).hexdigest()
    try:
        return digest_of(fd)
    finally:
        os.close(fd)


def _need_staged(name: str) -> None:
    """What is dropped and exchanged is never a user's name, whatever a caller's records say."""
    if not is_staged(name):
        raise Moved("is no staged file", path=name)
