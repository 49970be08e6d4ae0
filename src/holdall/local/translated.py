"""A disk under other paths than its own: the contract of base.py over another disk that keeps it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from blake3 import blake3

from holdall.errors import LocalError, Moved, RootLost
from holdall.keys import is_path
from holdall.local.base import Disk, Finished, Reader, Skip, Staged
from holdall.local.names import oddity, printable
from holdall.model import Seen, SeenAs


class Gone(Moved):
    """Nothing of the disk below has this path."""

    def __init__(self) -> None:
        super().__init__("is gone")


class TranslatedDisk(ABC):
    """`below` is the disk whose paths are other ones. A subclass says which."""

    def __init__(self, below: Disk) -> None:
        self.below = below

    # -- what a subclass says

    @abstractmethod
    def there(self, path: str) -> str:
        """Where what is at the path is. Gone where nothing is."""

    @abstractmethod
    def free(self, path: str) -> str:
        """Where something that comes to the path is to go: where something is already, there."""

    @abstractmethod
    def shown(self, below: str) -> str:
        """The path here of one of the disk below."""

    def link_below(self, target: str) -> str:
        """A symlink's target, as it is on the disk below."""
        return target

    def link_shown(self, path: str, below: str) -> str:  # noqa: ARG002  not by its path
        """A target of the disk below, as it is shown; `path` is the link's own, or a staged one's."""
        return below

    # -- the contract

    @property
    def within(self) -> str:
        return self.below.within

    def identity(self) -> tuple[int, int]:
        return self.below.identity()

    def trust_root(self) -> None:
        self.below.trust_root()

    @abstractmethod
    def scan(self, under: str = "", skip: Skip | None = None) -> Iterator[Seen]:
        """As the contract has it: the order of the paths here may be another one than below."""

    def look(self, paths: Iterable[str]) -> Iterator[Seen]:
        for path in paths:
            yield self._look(path)

    def names(self, folder: str) -> list[str]:
        with suppress(Gone), self.told():
            there = self.there(folder) if folder else ""
            prefix = f"{there}/" if there else ""
            return [self.shown(prefix + name).rpartition("/")[2] for name in self.below.names(there)]
        return []

    def top_of(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        while folder:
            with suppress(Gone), self.told():
                return self.shown_folder(self.below.top_of(f"{self.there(folder)}/x"))
            folder = folder.rpartition("/")[0]
        return self.shown_folder("")

    def open(self, path: str) -> Reader:
        with self.told():
            return self.below.open(self.there(path))

    def at_work(self) -> AbstractContextManager[None]:
        return self.below.at_work()

    def is_claimed(self, staged: str) -> bool:
        with suppress(Gone), self.told():
            return self.below.is_claimed(self.there(staged))
        return False

    def stage(self, path: str) -> "TranslatedStaged":
        with self.told():
            return TranslatedStaged(self, self.below.stage(self.free(path)))

    def stage_link(self, path: str, target: str) -> str:
        with self.told():
            return self.shown(self.below.stage_link(self.free(path), self.link_below(target)))

    def publish(self, staged: str, path: str, expected: Seen) -> str | None:
        with self.told():
            absent = expected.what is SeenAs.ABSENT
            to = self.free(path) if absent else self.there(path)
            displaced = self.below.publish(self.there(staged), to, self._expected(to, expected))
            self.placed(to)
        return None if displaced is None else self.shown(displaced)

    def take(self, path: str, expected: Seen) -> str:
        with self.told():
            there = self.there(path)
            return self.shown(self.below.take(there, self._expected(there, expected)))

    def keep(self, staged: str, path: str) -> None:
        with self.told():
            to = self.free(path)
            self.below.keep(self.there(staged), to)
            self.placed(to)

    def drop(self, staged: str) -> None:
        with suppress(Gone), self.told():
            self.below.drop(self.there(staged))

    def staged_digest(self, staged: str) -> str | None:
        with suppress(Gone), self.told():
            target = self.staged_target(staged)
            if target is not None:
                return blake3(target.encode(errors="surrogateescape")).hexdigest()
            return self.below.staged_digest(self.there(staged))
        return None

    def staged_target(self, staged: str) -> str | None:
        with suppress(Gone), self.told():
            target = self.below.staged_target(self.there(staged))
            return None if target is None else self.link_shown(staged, target)
        return None

    def set_meta(self, path: str, expected: Seen, *, mode: int, mtime_ns: int | None) -> Seen:
        with self.told():
            there = self.there(path)
            expected = self._expected(there, expected)
            return self._seen(path, self.below.set_meta(there, expected, mode=mode, mtime_ns=mtime_ns))

    def make_dir(self, path: str, mode: int) -> None:
        with self.told():
            to = self.free(path)
            self.below.make_dir(to, mode)
            self.placed(to)

    def remove_dir(self, path: str) -> bool:
        with suppress(Gone), self.told():
            return self.below.remove_dir(self.there(path))
        return True

    def rename(self, source: str, target: str) -> None:
        with self.told():
            there = self.there(source)
            if target.startswith(f"{source}/"):
                raise Moved("lies below what is to be moved there", path=there)
            to = self.free(target)
            self.below.rename(there, to)
            self.placed(to)

    def sync(self) -> None:
        self.below.sync()

    # -- for subclasses

    def placed(self, below: str) -> None:  # noqa: B027  most need not know
        """Something was just put at this path of the disk below."""

    def shown_folder(self, below: str) -> str:
        """The same as `shown`, of a directory: "" is the root below."""
        return self.shown(below) if below else self.within

    @contextmanager
    def told(self) -> Iterator[None]:
        """What is raised about a path of the disk below is about the path here."""
        try:
            yield
        except LocalError as exc:
            if exc.path is not None and is_path(exc.path):
                exc.path = self.shown(exc.path)
            raise

    def _look(self, path: str) -> Seen:
        try:
            with self.told():
                there = self.there(path)
                (seen,) = self.below.look((there,))
        except Gone:
            return Seen(path, SeenAs.ABSENT)
        except RootLost:
            raise
        except LocalError as exc:
            return Seen(path, SeenAs.UNREADABLE, reason=exc.message)
        return self._seen(path, seen)

    def _seen(self, path: str, below: Seen) -> Seen:
        target = self.link_shown(path, below.target) if below.what is SeenAs.SYMLINK else below.target
        odd = below.what is SeenAs.ODD_NAME and oddity(path)
        return below._replace(path=printable(path) if odd else path, target=target)

    def _expected(self, there: str, expected: Seen) -> Seen:
        target = self.link_below(expected.target) if expected.what is SeenAs.SYMLINK else expected.target
        return expected._replace(path=there, target=target)


def from_ground(disk: Disk, path: str) -> str:
    """The path that the engine knows a file by, of one on the real disk; "" is the root."""
    if not isinstance(disk, TranslatedDisk):
        return path
    return disk.shown_folder(from_ground(disk.below, path))


class TranslatedStaged:
    """A staged file of the disk below, under its path here."""

    __slots__ = ("_below", "_disk")

    def __init__(self, disk: TranslatedDisk, below: Staged) -> None:
        self._disk = disk
        self._below = below

    @property
    def name(self) -> str:
        return self._disk.shown(self._below.name)

    def write(self, offset: int, data: bytes) -> None:
        with self._disk.told():
            self._below.write(offset, data)

    def finish(self, *, mode: int, mtime_ns: int) -> Finished:
        with self._disk.told():
            return self._below.finish(mode=mode, mtime_ns=mtime_ns)

    def seal(self, *, mode: int, mtime_ns: int) -> Finished:
        with self._disk.told():
            return self._below.seal(mode=mode, mtime_ns=mtime_ns)

    def discard(self) -> None:
        with self._disk.told():
            self._below.discard()
