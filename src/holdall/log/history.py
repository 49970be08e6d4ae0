"""Earlier commits, and what they held.

A tree is put together from the nearest checkpoint at or below it (else from the beginning) and the commits after that, and
streams in the order of its paths: in memory are only the paths that those commits speak of. What was pruned is NotKept.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from holdall.errors import BadFormat, NotThere
from holdall.log import layout
from holdall.log.ahead import ahead
from holdall.log.codec import REPAIR, Commit, Deleted, Pruned, resolved
from holdall.log.commits import CommitLog
from holdall.model import Entry, Tombstone

_AT_ONCE: Final = 8

Now = Entry | Tombstone
Rows = Iterator[tuple[str, Now]]
Tree = Iterator[tuple[str, Entry]]


class NotKept(NotThere):
    """That part of the log is older than the retention, and was pruned."""

    code = "pruned"


class Version(NamedTuple):
    """A path at one commit. Of what a checkpoint alone remembers, `at_ms` is None and `by` is "".

    now     a Tombstone: deleted then, or expired
    """

    seq: int
    at_ms: int | None
    by: str
    now: Now


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    META = "meta"  # the same bytes with another mode or mtime


class Difference(NamedTuple):
    path: str
    before: Entry | None
    after: Entry | None

    @property
    def kind(self) -> Kind:
        if self.before is None:
            return Kind.ADDED
        if self.after is None:
            return Kind.REMOVED
        return Kind.META if self.before.same_bytes(self.after) else Kind.CHANGED


class _Swept:
    """The removal of a path's object was seen: its tombstone has no further use, whatever tombstone that is."""


_SWEPT: Final = _Swept()
_Overlay = dict[str, Now | Deleted | _Swept]
_Holds = Callable[[Commit | Pruned], bool]


@dataclass(frozen=True, slots=True)
class History:
    log: CommitLog

    def head(self) -> int:
        """The newest number, 0 where there is none. Numbers have no gaps, so it is found in some ten HEADs."""
        low = self.log.newest_checkpoint() or 0
        if low and not self._taken(low):
            low = 0  # the checkpoint of a commit that there is not
        step = 1
        while self._taken(low + step):
            low += step
            step *= 2
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._taken(middle) else (low, middle)
        return low

    def oldest(self, head: int) -> int:
        """The oldest commit up to `head` that is not pruned. What is pruned is what is below a number: log2(head) GETs."""
        return self._last_true(head, lambda commit: isinstance(commit, Pruned)) + 1

    def at(self, at_ms: int) -> int:
        """The newest commit that is not younger than this moment (unix ms), 0 before the first one.

        log2(head) GETs. Clocks are the store's; where two commits are out of order by them, either of both is right.
        NotKept where the moment is before all that is kept.
        """
        found = self._last_true(
            self.head(), lambda commit: isinstance(commit, Pruned) or commit.at_ms <= at_ms
        )
        if found and isinstance(self.log.read(found), Pruned):
            raise self._not_kept()
        return found

    def rows(self, seq: int) -> Rows:
        """The tree at commit `seq` in the order of its paths, with the tombstones that are still of use: a checkpoint's rows.

        One listing, one checkpoint, and a GET for each commit between that and `seq`. NotKept; BadFormat.
        """
        start = max((one for one in self.checkpoints() if one <= seq), default=0)
        changes: _Overlay = {}
        for commit in self.between(start, seq):
            for change in commit.changes:
                if change.now is not None:
                    known = changes.get(change.path)
                    changes[change.path] = (
                        resolved(change.now, known) if isinstance(known, Entry) else change.now
                    )
                elif change.swept:
                    _sweep(changes, change.path)
        yield from _overlaid(self._checkpoint(start), changes)

    def tree(self, seq: int, under: str = "") -> Tree:
        """What was there at commit `seq`: all of it, or `under` itself and what is below it. Costs as `rows`."""
        below = under + "/"
        for path, now in self.rows(seq):
            if isinstance(now, Entry) and (not under or path == under or path.startswith(below)):
                yield path, now

    def between(self, after: int, upto: int) -> Iterator[Commit]:
        """The commits after one and up to another, in order. One GET each, some ahead of their use. NotKept; BadFormat."""
        for found in self._read(range(after + 1, upto + 1)):
            if isinstance(found, Pruned):
                raise self._not_kept()
            yield found

    def commits(self, newest: int | None = None) -> Iterator[Commit]:
        """From the newest (or the given one) back to the oldest that is kept. One GET each, some ahead of their use."""
        for found in self._read(range(self.head() if newest is None else newest, 0, -1)):
            if isinstance(found, Pruned):
                return
            yield found

    def versions(self, path: str) -> Iterator[Version]:
        """What the path was, newest first. One GET for each commit that is kept, and where some are not, a checkpoint."""
        oldest, last = 1, 0
        deletion: Commit | None = None  # of what, the version before it tells
        for commit in self.commits():
            oldest = commit.seq
            for change in commit.changes:
                if change.path != path or change.now is None:
                    continue
                last = commit.seq
                if isinstance(change.now, Deleted):
                    deletion = commit
                    continue
                if deletion is not None:
                    yield _deleted(deletion, change.now)
                    deletion = None
                yield Version(commit.seq, commit.at_ms, commit.by, change.now)
        # The oldest commit that is kept may itself have brought it in: then it was told already.
        for found, now in self.rows(oldest) if oldest not in {1, last} else ():
            if found == path:
                if deletion is not None:
                    yield _deleted(deletion, now)
                    deletion = None
                yield Version(now.vid, None, "", now)
        if deletion is not None:
            yield _deleted(deletion, None)

    def checkpoints(self) -> list[int]:
        """The numbers that have one, lowest first. One listing."""
        return self.log.checkpoints()

    def _read(self, numbers: Iterable[int]) -> Iterator[Commit | Pruned]:
        for seq, found in ahead(lambda seq: (seq, self.log.read(seq)), numbers, at_once=_AT_ONCE):
            if found is None:
                raise BadFormat(f"commit {seq} is not in the store", hint=REPAIR)
            yield found

    def _checkpoint(self, seq: int) -> Rows:
        if seq == 0:
            return
        try:
            checkpoint = self.log.checkpoint(seq)
        except NotThere as exc:
            raise self._not_kept() from exc
        yield from checkpoint.rows

    def _taken(self, seq: int) -> bool:
        return self.log.store.head(layout.log_key(seq)) is not None

    def _last_true(self, head: int, holds: _Holds) -> int:
        """The last number up to `head` of which this holds, 0 where of none: it holds of all below that."""
        low, high = 0, head + 1
        while high - low > 1:
            middle = (low + high) // 2
            commit = self.log.read(middle)
            if commit is None:
                raise BadFormat(f"commit {middle} is not in the store", hint=REPAIR)
            low, high = (middle, high) if holds(commit) else (low, middle)
        return low

    def _not_kept(self) -> NotKept:
        oldest = self.oldest(self.head())
        return NotKept(
            f"what was before commit {oldest} is older than the retention and is no longer kept",
            hint=f"ask for commit {oldest} or a later one: `holdall history` lists them",
        )


def diff(before: Tree, after: Tree) -> Iterator[Difference]:
    """Where two trees differ for a user, in the order of the paths. Both are read once, nothing is held."""
    one, other = next(before, None), next(after, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield Difference(one[0], one[1], None)
            one = next(before, None)
        elif one is None or other[0] < one[0]:
            yield Difference(other[0], None, other[1])
            other = next(after, None)
        else:
            if not one[1].same_as(other[1]):
                yield Difference(one[0], one[1], other[1])
            one, other = next(before, None), next(after, None)


def _sweep(changes: _Overlay, path: str) -> None:
    known = changes.get(path)
    if known is None:
        changes[path] = _SWEPT
    elif isinstance(known, Tombstone | Deleted):
        changes[path] = (Tombstone(known.vid) if isinstance(known, Deleted) else known)._replace(swept=True)


def _overlaid(rows: Rows, changes: _Overlay) -> Rows:
    """Both in the order of the paths; `changes` is used up."""
    newer = iter(sorted(changes))
    path = next(newer, None)
    for known, now in rows:
        while path is not None and path < known:
            yield from _of_use(path, changes.pop(path))
            path = next(newer, None)
        if path != known:
            yield known, now
            continue
        change = changes.pop(known)
        if isinstance(change, _Swept):
            change = now._replace(swept=True) if isinstance(now, Tombstone) else now
        yield from _of_use(known, change, now)
        path = next(newer, None)
    while path is not None:
        yield from _of_use(path, changes.pop(path))
        path = next(newer, None)


def _of_use(path: str, now: Now | Deleted | _Swept, before: Now | None = None) -> Rows:
    if isinstance(now, _Swept) or (isinstance(now, Tombstone) and now.swept and not now.lasts):
        return
    yield path, resolved(now, before)


def _deleted(commit: Commit, before: Now | None) -> Version:
    return Version(commit.seq, commit.at_ms, commit.by, resolved(Deleted(commit.seq), before))
