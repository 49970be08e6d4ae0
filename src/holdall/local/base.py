"""The contract of a mount's directory; `tests/local/contract.py` is the same contract as tests.

Paths are the model's. Nothing here ever follows a symlink or leaves the root. What is planned on is compared before
it is changed, and what was displaced is compared again after: user bytes are moved aside, never overwritten.

Staged files live beside their target, named `.~holdall-<token>`: on the same file system, so the last step is a rename.
Scans report them as LEFTOVER, whose process may live: see `at_work`.

Methods may raise RootLost, Unreadable, DiskFull; Moved where an expectation does not hold.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from blake3 import blake3

from holdall.keys import STAGED_PREFIX
from holdall.model import BLOCK_BYTES, Seen, Stamp

PART_PREFIX = f"{STAGED_PREFIX}part-"
"""Of a staged file that is not finished: nobody's bytes yet, and never exchanged with anything."""

Skip = Callable[[str, bool], bool]
"""(path, is a directory) -> takes no part. A directory that is skipped is not entered. A scan asks about the names of a
directory in their order.
"""


class Reader(Protocol):
    """An open file. `stamp` is its state when it was opened."""

    @property
    def stamp(self) -> Stamp: ...
    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; fewer only at the end of the file. Safe from several threads."""
        ...

    def vouch(self) -> Stamp | None:
        """Asked before the first read: `stamp`, if whatever is written from now on will show in it.

        None where it may not: a process has the file mapped, and the file system does not tell of what is stored there. May take
        until the file system's clock has gone on since the last change: 10 ms, or 2 s where it counts whole seconds.
        """
        ...

    def moved(self) -> bool:
        """Whether the file, or what the path names now, differs from `stamp`."""
        ...

    def close(self) -> None: ...


class Finished(NamedTuple):
    """What a staged file holds, with the mode and mtime that the file system gave it: some have one mode for all, some count
    whole seconds.
    """

    digest: str
    mode: int
    mtime_ns: int


class Staged(Protocol):
    """A file being put together beside its target."""

    @property
    def name(self) -> str:
        """Its path, relative to the root. Finishing it takes the `part-` out of it."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Safe from several threads."""
        ...

    def finish(self, *, mode: int, mtime_ns: int) -> Finished:
        """Closes it, with mode, mtime and owner set."""
        ...

    def seal(self, *, mode: int, mtime_ns: int) -> Finished:
        """As `finish`, and it keeps its name: of what can be made again, so that a scan may drop it. `digest` is "" here."""
        ...

    def discard(self) -> None: ...


class Disk(Protocol):
    @property
    def within(self) -> str:
        """The directory of the context that this disk's root is, "" for all of it. Nothing else of the context is on this disk;
        of the directories above that one no more is known than that they are there.
        """
        ...

    def identity(self) -> tuple[int, int]:
        """Device and inode of the root. RootLost when it is missing or no directory."""
        ...

    def trust_root(self) -> None:
        """Go on with whichever directory is at the root's path now: a person said that it is the one that is meant."""
        ...

    def scan(self, under: str = "", skip: Skip | None = None) -> Iterator[Seen]:
        """Everything below `under` ("" is the root), in the order of the paths as strings, `under` itself not included.

        An unreadable directory is yielded as UNREADABLE and nothing below it is known; so is `under` itself, while an unreadable
        root raises. Nothing comes below what is no directory. The path of an ODD_NAME is for people: another file may have it.
        Costs one lstat an entry.
        """
        ...

    def look(self, paths: Iterable[str]) -> Iterator[Seen]:
        """Each of the paths as it is now (ABSENT also where a parent is no directory), in the order given."""
        ...

    def names(self, folder: str) -> list[str]:
        """What is directly in a directory ("" is the root), in no order; nothing where there is no directory. Unreadable."""
        ...

    def top_of(self, path: str) -> str:
        """The highest directory that what is at `path` can be moved to by a rename, "" for the root: another file system may be
        mounted on the way, or the same one a second time.
        """
        ...

    def open(self, path: str) -> Reader:
        """Moved when it is not a regular file any more."""
        ...

    def at_work(self) -> AbstractContextManager[None]:
        """While it lasts, and this process lives, `is_claimed` is true of what is staged here: for whoever works in a directory
        that another process may have mounted. Nothing is claimed where the root cannot be written to or has no locks.
        """
        ...

    def is_claimed(self, staged: str) -> bool:
        """Whether a process that is at work staged this file (or the file is its claim)."""
        ...

    def stage(self, path: str) -> Staged:
        """A new staged file beside `path`, whose missing parent directories are made."""
        ...

    def stage_link(self, path: str, target: str) -> str:
        """A staged symlink; its name."""
        ...

    def publish(self, staged: str, path: str, expected: Seen) -> str | None:
        """Put the staged file (or symlink) at `path`, where `expected` was seen.

        Expected ABSENT: fails with Moved when something is there. Otherwise the two are exchanged and what was at the path
        is now under the returned staged name, still to be kept or dropped. When that is not what was expected, they are
        exchanged back and Moved is raised.
        """
        ...

    def take(self, path: str, expected: Seen) -> str:
        """Move the file or symlink at `path` to a staged name beside it; Moved when it is not what was expected.

        Here and in publish: a save that races with both the step and its undoing is left under a staged name, for the next
        scan to report.
        """
        ...

    def keep(self, staged: str, path: str) -> None:
        """Give a staged file the name `path`, whose missing parents are made; Moved when something is there."""
        ...

    def drop(self, staged: str) -> None:
        """Remove a staged file. Not there is success."""
        ...

    def staged_digest(self, staged: str) -> str | None:
        """The digest of a staged file (of a symlink, of its target), None when there is none."""
        ...

    def staged_target(self, staged: str) -> str | None:
        """The target of a staged symlink, None of anything else."""
        ...

    def set_meta(self, path: str, expected: Seen, *, mode: int, mtime_ns: int | None) -> Seen:
        """Set mode, and mtime where given, of an unmoved file or directory; what it looks like afterwards.

        A directory is unmoved while inode and mode are: its times tell of its children.
        """
        ...

    def make_dir(self, path: str, mode: int) -> None:
        """With its parents; success when it is a directory already. Moved when something else is there."""
        ...

    def remove_dir(self, path: str) -> bool:
        """Whether it is gone: False when it is not empty. Never recursive."""
        ...

    def rename(self, source: str, target: str) -> None:
        """Move a file, symlink or whole directory; Moved when the target exists or the source does not.

        The target's missing parents are made.
        """
        ...

    def sync(self) -> None:
        """Make everything done so far survive a power cut (one syncfs for each file system that something was staged on)."""
        ...


def look_at(disk: Disk, path: str) -> Seen:
    """`Disk.look` at one path."""
    return next(iter(disk.look((path,))))


def read_digest(reader: Reader) -> str:
    """Of the bytes that the file had when it was opened, 64 hex digits. Whether it is that file still, `moved` tells."""
    hasher = blake3()
    for offset in range(0, reader.stamp.size, BLOCK_BYTES):
        hasher.update(reader.read(offset, BLOCK_BYTES))
    return hasher.hexdigest()
