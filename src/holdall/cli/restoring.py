"""A tree of the log written into a directory, so that nothing that is there is lost.

Each file is staged beside its target, verified, and exchanged into place. What it displaces is dropped only if the log has it
and its bytes can be had; else it stays as a conflict copy. What the tree does not name stays as it is.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from blake3 import blake3

from holdall.cli.progress import Tally
from holdall.engine.aside import name_aside
from holdall.errors import DiskFull, HoldallError, LocalError, Moved, RootLost, StoreError, Unavailable
from holdall.local.base import Disk, look_at, read_digest
from holdall.log import reading
from holdall.log.ahead import ahead
from holdall.log.history import History, Tree
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.store.base import Store

_AT_ONCE: Final = 16
_TRIES: Final = 3


@dataclass(slots=True)
class Brought:
    """kept   path -> the name that what was there is kept under
    left   paths that are not restored, with the reason
    """

    files: int = 0
    bytes: int = 0
    unchanged: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


class _Ready(NamedTuple):
    """What one path needs. `staged` is None where its bytes are there already, or where it has none."""

    path: str
    entry: Entry
    seen: Seen
    staged: str | None = None
    error: HoldallError | None = None


class _Displaced(NamedTuple):
    staged: str
    path: str
    digest: str


class Bringing:
    def __init__(self, disk: Disk, store: Store, history: History) -> None:
        self._disk = disk
        self._store = store
        self._history = history
        self._displaced: list[_Displaced] = []
        self._staged: set[str] = set()
        self.brought = Brought()

    def bring(self, tree: Tree, told: Tally) -> Brought:
        """All of the tree. A problem with one path is in `left`; RootLost, DiskFull and a store that does not answer end it,
        after what was displaced until then has been kept.
        """
        with self._disk.at_work():
            return self._bring(tree, told)

    def _bring(self, tree: Tree, told: Tally) -> Brought:
        try:
            with closing(ahead(lambda item: self._ready(*item), tree, at_once=_AT_ONCE)) as all_ready:
                for ready in all_ready:
                    self._place(ready)
                    told.add(ready.entry.kind is Kind.FILE, ready.entry.size)
        finally:
            for name in self._staged:
                self._disk.drop(name)
            self._keep_displaced()
        self._disk.sync()
        return self.brought

    # -- one path, up to the exchange: in several threads

    def _ready(self, path: str, entry: Entry) -> _Ready:
        seen = self._look(path)
        try:
            if entry.kind is Kind.DIR or self._is_there(path, entry, seen):
                return _Ready(path, entry, seen)
            if entry.kind is Kind.SYMLINK:
                staged = self._disk.stage_link(path, entry.target)
            else:
                staged = self._fetched(path, entry)
            self._staged.add(staged)
            return _Ready(path, entry, seen, staged)
        except HoldallError as exc:
            return _Ready(path, entry, seen, error=exc)

    def _fetched(self, path: str, entry: Entry) -> str:
        staged = self._disk.stage(path)
        try:
            offset = 0
            for piece in reading.pieces(self._store, path, entry):
                staged.write(offset, piece)
                offset += len(piece)
            staged.finish(mode=entry.access, mtime_ns=entry.mtime_ns)
        except BaseException:
            staged.discard()
            raise
        return staged.name

    def _is_there(self, path: str, entry: Entry, seen: Seen) -> bool:
        """Whether the very bytes (or the target) are at the path already."""
        if entry.kind is Kind.SYMLINK:
            return seen.what is SeenAs.SYMLINK and seen.target == entry.target
        if seen.what is not SeenAs.FILE or seen.stamp is None or seen.stamp.size != entry.size:
            return False
        reader = self._disk.open(path)
        try:
            return read_digest(reader) == entry.digest and reader.stamp == seen.stamp and not reader.moved()
        finally:
            reader.close()

    # -- into place

    def _place(self, ready: _Ready) -> None:
        """Whoever changed the path in the meantime (a user, a running daemon) is looked at again."""
        for attempt in range(_TRIES):
            try:
                if ready.error is not None:
                    raise ready.error
                self._arrive(ready)
            except Moved as exc:
                self._drop(ready)
                if attempt == _TRIES - 1:
                    self.brought.left.append((ready.path, exc.message))
                    return
                ready = self._ready(ready.path, ready.entry)
            except (RootLost, DiskFull, Unavailable):
                self._drop(ready)
                raise
            except (LocalError, StoreError) as exc:
                self._drop(ready)
                self.brought.left.append((ready.path, exc.message))
                return
            else:
                return

    def _drop(self, ready: _Ready) -> None:
        if ready.staged is not None:
            self._disk.drop(ready.staged)
            self._staged.discard(ready.staged)

    def _arrive(self, ready: _Ready) -> None:
        path, entry, seen = ready.path, ready.entry, ready.seen
        mode = entry.access
        if entry.kind is Kind.DIR:
            if seen.what in {SeenAs.FILE, SeenAs.SYMLINK}:
                self._aside(self._disk.take(path, seen), path)
            self._disk.make_dir(path, mode)
            self._disk.set_meta(path, self._look(path), mode=mode, mtime_ns=None)
            return
        if ready.staged is None:
            if (
                entry.kind is Kind.FILE
                and seen.stamp
                and (seen.stamp.mode, seen.stamp.mtime_ns) != (mode, entry.mtime_ns)
            ):
                self._disk.set_meta(path, seen, mode=mode, mtime_ns=entry.mtime_ns)
            self.brought.unchanged += 1
            return
        if seen.what is SeenAs.DIR:
            # A directory in the way keeps all that is in it, under a name of its own.
            name = self._free_name(path)
            self._disk.rename(path, name)
            self.brought.kept.append((path, name))
            seen = Seen(path, SeenAs.ABSENT)
        displaced = self._disk.publish(ready.staged, path, seen)
        self._staged.discard(ready.staged)
        if displaced is not None:
            self._aside(displaced, path)
        self.brought.files += entry.kind is Kind.FILE
        self.brought.bytes += entry.size

    def _aside(self, staged: str, path: str) -> None:
        digest = self._disk.staged_digest(staged)
        if digest is not None:
            self._displaced.append(_Displaced(staged, path, digest))

    # -- what was there before

    def _keep_displaced(self) -> None:
        if not self._displaced:
            return
        try:
            safe = restorable(self._store, self._history, {one.digest for one in self._displaced})
        except StoreError:
            safe = set()  # nobody can say whether it can be had: all of it stays
        self._disk.sync()
        for one in self._displaced:
            if one.digest in safe:
                self._disk.drop(one.staged)
            elif self._disk.staged_digest(one.staged) is not None:
                # RACE: a running daemon's scan that came across it has kept it already, under a name of its own.
                name = self._free_name(one.path)
                self._disk.keep(one.staged, name)
                self.brought.kept.append((one.path, name))
        self._displaced.clear()

    def _free_name(self, path: str) -> str:
        return name_aside(self._disk, path, self._store.now(), socket.gethostname())

    def _look(self, path: str) -> Seen:
        return look_at(self._disk, path)


def restorable(store: Store, history: History, digests: set[str]) -> set[str]:
    """Those of the digests (of files, and of symlinks' targets) that some commit that is kept has, with bytes that can be had.

    The head's tree first, then commits from the newest back until all are found: at worst one GET for each that is kept.
    """
    found: set[str] = set()
    for entry in _entries(history):
        digest = entry.digest if entry.kind is Kind.FILE else blake3(os.fsencode(entry.target)).hexdigest()
        if digest in digests - found and (entry.kind is Kind.SYMLINK or reading.is_there(store, entry)):
            found.add(digest)
            if found == digests:
                break
    return found


def _entries(history: History) -> Iterator[Entry]:
    head = history.head()
    for _, entry in history.tree(head):
        if entry.kind is not Kind.DIR:
            yield entry
    for commit in history.commits(head):
        for change in commit.changes:
            if isinstance(change.now, Entry) and change.now.kind is not Kind.DIR:
                yield change.now
