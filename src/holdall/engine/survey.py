"""Where the three trees meet: the disk, the base and the head, merged in the order of their paths.

Only differences are held in memory. What needs no transfer (both sides equal, both gone) is written to the base here.
"""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from holdall.engine.archive_view import ArchiveView
from holdall.engine.bundles import bundle_databases, bundle_repositories
from holdall.engine.databases import is_shared_memory
from holdall.engine.effects import Survey
from holdall.engine.events import Surveyed
from holdall.engine.ledger import Ledger
from holdall.engine.leftout import LeftOut
from holdall.engine.nested import holds_something
from holdall.engine.only_here import agreed_as, in_the_way
from holdall.engine.rows import Base, Row
from holdall.engine.sight import Sight
from holdall.engine.unmatched import Unmatched
from holdall.engine.ways import Ways
from holdall.engine.words import Agreed, LeftPath, Scope, Step, Waiting
from holdall.errors import LocalError, RootLost
from holdall.local.base import Disk, Skip, read_digest
from holdall.model import Entry, Kind, Seen, SeenAs, Stamp
from holdall.rules.bundles import git_dir, is_git_lock
from holdall.rules.directions import Asked, Directions
from holdall.rules.guard import FEW
from holdall.rules.reconcile import (
    TAKES_PART,
    UNKNOWN,
    UNREAD,
    UPWARDS,
    Local,
    Sides,
    Verdict,
    clashes,
    decide,
    parents,
)

_ATTACHED: Final = "attached"
"""The note that the disk was once compared with the head as a whole."""

_CHUNK: Final = 2000
_ASIDE: Final = frozenset({Verdict.CONFLICT, Verdict.ASIDE})
_STAYS: Final = "it was a directory, and what was deleted in it stays in the store: give it another name"


class Surveyor:
    """One survey at a time: `start`, then `more` while the answer says that there is more.

    copy_name  path -> a free name for the local side of a conflict
    leftover   told the path of a staged file that a scan came across
    waits      those of the files to be put that may not go up yet
    had        path, digest -> whether these bytes were an earlier version of it
    archives   what is known of those that are extracted here
    """

    def __init__(
        self,
        disk: Disk,
        ledger: Ledger,
        skip: Skip | None,
        allowed: Callable[[Asked], Directions],
        copy_name: Callable[[str], str],
        leftover: Callable[[str], None],
        waits: Callable[[Iterable[Step]], list[Waiting]],
        had: Callable[[str, str], bool],
        archives: ArchiveView | None = None,
    ) -> None:
        self._disk = disk
        self._ledger = ledger
        self._left_out = LeftOut(ledger)
        self._sight = Sight(disk, ledger, skip, self._left_out.leave)
        self._unmatched = Unmatched(self._sight.whites)
        self._ways = Ways(allowed)
        self._copy_name = copy_name
        self._leftover = leftover
        self._waits = waits
        self._had = had
        self._archives = archives or ArchiveView(ledger, on=False)
        self._chunks: Iterator[Surveyed] = iter(())
        self._root: tuple[int, int] | None = None
        self._lost = True
        self._first = False
        self._began = False

    def start(self, survey: Survey) -> Surveyed:
        """RootLost where the root is missing, or is another directory than this process began with."""
        if survey.trust_root:
            self._disk.trust_root()
        lost, self._lost = self._lost, True
        root = self._disk.identity()
        if self._root is None or survey.trust_root:
            self._root = root
        if root != self._root:
            raise RootLost(
                "the directory was replaced by another one",
                hint="put it back, or `holdall approve` to go on with the one that is there now",
            )
        if not self._began and not survey.trust_root:
            self._expect_something()
        self._began = True
        self._lost = False
        # One thing at a time: whoever accepts another root has not seen yet what is mounted in it.
        self._sight.begin(accept=survey.trust_root and not lost)
        self._left_out.begin(survey.busy)
        self._archives.begin()
        self._ways.begin(survey, self._archives.away)
        # Old bytes are stale only where nothing was ever agreed: later, somebody moved them back and means it. That nothing
        # is agreed now may as well mean that all was deleted.
        fresh = self._ledger.note(_ATTACHED) is None
        self._first = fresh and self._ledger.count() == 0
        if fresh and survey.scope is Scope.FULL and self._ledger.seq >= 0:
            self._ledger.set_note(_ATTACHED, "yes")
        self._chunks = self._run(survey)
        return next(self._chunks)

    def _expect_something(self) -> None:
        """Across a restart the root's inode says nothing; that nothing of what was synced is there says enough."""
        if self._ledger.count() >= FEW and not holds_something(self._disk, self._ledger, ""):
            raise RootLost(
                "the directory holds nothing of what was synced with it",
                hint="is a disk not mounted? `holdall approve` to go on with it as it is, or mount it anew",
            )

    def more(self) -> Surveyed:
        return next(self._chunks)

    def _run(self, survey: Survey) -> Iterator[Surveyed]:
        chunk = _Chunk(survey)
        repository = None
        for row, seen in self._pairs(survey):
            # A repository is never cut in two: what is found in it travels in one commit.
            if len(chunk.found) >= _CHUNK and (repository is None or git_dir(row.path) != repository):
                yield self._finish(chunk, more=True)
                chunk = _Chunk(survey)
            repository = git_dir(row.path)
            self._judge(chunk, row, seen)
        yield self._finish(chunk, more=False)

    # -- the merge

    def _pairs(self, survey: Survey) -> Iterator[tuple[Row, Seen]]:
        if survey.scope is Scope.FULL:
            self._unmatched.begin()
            for row, seen in self._sight.below(""):
                self._unmatched.heed(row, seen)
                yield row, seen
            return
        done: set[str] = set()
        whole = survey.scope is Scope.TREES
        for path in survey.paths:
            # What is asked for by its name may lie in what is not here yet, or is something else here.
            above = reversed(parents(path)) if path in survey.down else ()
            looks = (*(self._one(one, whole=False) for one in above), self._one(path, whole=whole))
            for row, seen in chain.from_iterable(looks):
                if row.path not in done:
                    done.add(row.path)
                    yield row, seen

    def _one(self, path: str, *, whole: bool) -> Iterator[tuple[Row, Seen]]:
        if not path:
            yield from self._sight.below("")
            return
        row = self._ledger.row(path)
        seen = self._sight.at(path, row)
        if seen is None:
            if self._sight.passes(path):
                yield from self._sight.below(path)
            return
        yield row, seen
        was_dir = row.base is not None and row.base.entry.kind is Kind.DIR
        if whole or was_dir != (seen.what is SeenAs.DIR):
            yield from self._sight.below(path)

    # -- one path

    def _judge(self, chunk: "_Chunk", row: Row, seen: Seen) -> None:
        path = row.path
        if seen.what is SeenAs.LEFTOVER:
            self._settle_leftover(chunk, path)
            return
        if is_git_lock(path):
            return
        try:
            if is_shared_memory(self._disk, path):
                return
        except LocalError as exc:
            chunk.left.append(_left(seen, f"beside what may be its database: {exc.message}"))
            return
        if seen.what is SeenAs.SPECIAL and row.base is None and row.ahead is None:
            chunk.special.append((path, seen.reason or seen.what.value))
            return
        if seen.what not in TAKES_PART:
            chunk.left.append(_left(seen, seen.reason or seen.what.value))
            return
        if path in self._archives and path not in chunk.survey.busy:
            step = self._archives.step(row, seen, chunk.survey.number)
            if step is not None:
                chunk.add(step)
                return
            if self._archives.is_away(row, seen):
                return
        unmoved = seen.what is SeenAs.FILE and row.base is not None and seen.stamp == row.base.stamp
        if unmoved and row.ahead is None:
            return  # and no news: the usual case, decided without decoding anything
        if path in chunk.survey.busy:
            return
        try:
            row = self._left_out.remembered(row, lambda back: decide(self._sides(back, seen)[0]))
            sides, seen = self._sides(row, seen)
        except LocalError as exc:
            chunk.left.append(_left(seen, exc.message, exc.hint))
            return
        verdict = decide(sides)
        unstamped = row.base is not None and row.base.stamp is None
        if verdict is Verdict.NOTHING and unstamped and seen.stamp is not None:
            chunk.stamps.append((path, seen.stamp))
        if verdict is Verdict.NOTHING:
            if path in self._archives and (
                step := self._archives.step(row, seen, chunk.survey.number, read=True)
            ):
                chunk.add(step)
            return
        if verdict is Verdict.PUSH_DELETE and self._archives.brings_back(row):
            return
        chunk.add(
            Step(path, verdict, chunk.survey.number, seen, _entry(sides.local), sides.base, sides.remote)
        )

    def _settle_leftover(self, chunk: "_Chunk", path: str) -> None:
        try:
            self._leftover(path)
        except RootLost:
            raise
        except LocalError as exc:
            chunk.left.append(LeftPath(path, exc.message, fix=exc.hint or ""))

    def _sides(self, row: Row, seen: Seen) -> tuple[Sides, Seen]:
        base = None if row.base is None else row.base.entry
        sides = Sides(base, local_entry(seen, row.base), row.remote)
        read = decide(sides) is Verdict.READ or (self._archives.is_due(row.path) and _is_unread(sides.local))
        if not read:
            return sides, seen
        assert isinstance(sides.local, Entry)
        digest, stamp, vouched = self._digest(row.path)
        local = sides.local._replace(digest=digest, size=stamp.size, mtime_ns=stamp.mtime_ns, mode=stamp.mode)
        differs = sides.remote is not None and sides.remote.digest != digest
        stale = self._first and differs and self._had(row.path, digest)
        return Sides(base, local, sides.remote, stale), seen._replace(stamp=vouched)

    def _digest(self, path: str) -> tuple[str, Stamp, Stamp | None]:
        """And the file's stamp when it was opened, and the one that the reader vouches for."""
        reader = self._disk.open(path)
        try:
            vouched = reader.vouch()
            return read_digest(reader), reader.stamp, vouched
        finally:
            reader.close()

    # -- the chunk as a whole

    def _finish(self, chunk: "_Chunk", *, more: bool) -> Surveyed:
        chunk.found.update(in_the_way(chunk.found.values(), self._ledger, self._disk))
        chunk.unmake_clashes(self._verdict_of, self._ledger)
        at_work = bundle_repositories(chunk.found, self._disk, self._ledger, self._sight.skip)
        bundle_databases(chunk.found, self._disk, self._ledger, self._sight.skip)
        ledger = self._ledger
        begun = set(ledger.intended()) - chunk.survey.busy
        unfinished = set() if more else set(begun)
        agreed, gone = [], []
        steps = []
        for step in chunk.found.values():
            if step.path in begun:
                if step.verdict not in (Verdict.PUSH, Verdict.PUSH_DELETE):
                    unfinished.add(step.path)
                    continue
                unfinished.discard(step.path)
            if step.verdict is Verdict.AGREE:
                agreed.append(Agreed(step.path, agreed_as(step), step.seen.stamp))
            elif step.verdict is Verdict.FORGET:
                gone.append(step.path)
            elif not self._ways.allow(step, meant := _meant(step)):
                self._keep_here(chunk, step, meant)
            elif step.verdict in _ASIDE:
                steps.append(step._replace(keep_as=self._copy_name(step.path)))
            else:
                steps.append(step)
        later = []
        for step, first in chunk.later:
            if self._ways.allow(step, first):
                later.append(step.path)
            else:
                self._keep_here(chunk, step, first)
        waiting = self._waits(steps)
        kept_back = {one.path for one in waiting}
        self._sight.keep()
        self._left_out.settle()
        if agreed or gone:
            ledger.agree(agreed, gone)
        if chunk.stamps:
            ledger.restamp(chunk.stamps)
        released = () if more else tuple(ledger.archives.release_stale())
        return Surveyed(
            number=chunk.survey.number,
            steps=tuple(step for step in steps if step.path not in kept_back),
            left=tuple(chunk.left),
            special=tuple(chunk.special),
            withheld=tuple(chunk.withheld),
            unasked=tuple(chunk.unasked),
            settle=tuple(sorted(unfinished)),
            later=tuple(later),
            at_work=tuple(at_work.items()),
            waiting=tuple(waiting),
            unmatched=() if more else tuple(self._unmatched.found()),
            refused=() if more else self._archives.refused(),
            released=released,
            more=more,
            total=0 if more else ledger.count(),
            only_here=0 if more else ledger.ages.only_here(),
        )

    def _keep_here(self, chunk: "_Chunk", step: Step, refused: Verdict) -> None:
        """Report a change that the policy keeps here: withheld where nothing is pushed (or it is a deletion), else left, with
        why it cannot go up although pushing is on.

        refused  the verdict that the policy does not allow: the step's own, or that of what it would have to follow
        """
        if step.verdict not in UPWARDS:
            return
        if not self._ways.of(step).push or step.verdict is Verdict.PUSH_DELETE:
            chunk.withheld.append(step.path)
            if _meant(step) is not Verdict.PUSH_DELETE or self._ways.asked.push_delete:
                chunk.unasked.append(step)
        else:
            reason = _STAYS if refused is Verdict.PUSH_DELETE else self._why_apart()
            chunk.left.append(_left(step.seen, reason))

    def _why_apart(self) -> str:
        """Of a conflict where pushing is on and pulling is not. Ours is not moved aside: that would leave its place empty, and
        make a copy of every later save.
        """
        if self._ways.asked.allow(Verdict.CONFLICT):
            return "changed here and in the store, and downloads wait to be asked for: `holdall sync`"
        return "changed here and in the store, from which nothing comes down: give it another name"

    def _verdict_of(self, path: str) -> Verdict:
        """For the few paths that another path's fate hangs on."""
        row = self._ledger.row(path)
        seen = self._sight.at(path, row)
        if seen is None or seen.what not in TAKES_PART:
            return Verdict.NOTHING
        try:
            return decide(self._sides(row, seen)[0])
        except LocalError:
            return Verdict.NOTHING


class _Chunk:
    """later  steps that have to follow another one, with the verdict of that"""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.found: dict[str, Step] = {}
        self.left: list[LeftPath] = []
        self.special: list[tuple[str, str]] = []
        self.stamps: list[tuple[str, Stamp]] = []
        self.withheld: list[str] = []
        self.unasked: list[Step] = []
        self.later: list[tuple[Step, Verdict]] = []

    def add(self, step: Step) -> None:
        self.found[step.path] = step

    def unmake_clashes(self, verdict_of: Callable[[str], Verdict], ledger: Ledger) -> None:
        plan = {path: step.verdict for path, step in self.found.items()}
        kinds: dict[str, Kind | None] = {}
        # Hardly any of them is: asked of all at once, not a walk for each.
        covering = set(ledger.above_something(self.found))

        def remote(path: str) -> Kind | None:
            if path not in kinds:
                now = ledger.remote(path)
                kinds[path] = now.kind if isinstance(now, Entry) else None
            return kinds[path]

        def local(path: str) -> Kind | None:
            step = self.found.get(path)
            return None if step is None or step.local is None else step.local.kind

        def live_below(path: str) -> Iterable[str]:
            if path in self.found and path not in covering:
                return
            for row in ledger.walk(path):
                if isinstance(row.remote, Entry):
                    plan.setdefault(row.path, verdict_of(row.path))
                    yield row.path

        mended = clashes(plan, local, remote, live_below)
        found: dict[str, Step] = {}
        for path, step in self.found.items():
            verdict = mended.get(path)
            if verdict is None:
                # It goes aside with what it lies in, which may be no part of this look: nothing is in order yet.
                above = (mended[one] for one in parents(path) if mended.get(one) in _ASIDE)
                self.later.append((step, next(above, Verdict.ASIDE)))
                continue
            verdict = _in_order(step, verdict)
            is_covering = path in covering and ledger.live_below(path)
            below_file = any(remote(above) is Kind.FILE for above in parents(path))
            first = _first(step, verdict, is_covering=is_covering, below_file=below_file)
            if first is None:
                found[path] = step._replace(verdict=verdict)
            else:
                self.later.append((step, first))
        self.found = found


def _in_order(step: Step, verdict: Verdict) -> Verdict:
    """A file that became something else is committed as gone first."""
    became = step.local is not None and step.local.kind is not Kind.FILE
    was_file = isinstance(step.remote, Entry) and step.remote.kind is Kind.FILE
    return Verdict.PUSH_DELETE if verdict is Verdict.PUSH and became and was_file else verdict


def _first(step: Step, verdict: Verdict, *, is_covering: bool, below_file: bool) -> Verdict | None:
    """What a push has to follow, since some servers refuse a key beside a key below it; None where it may go now.

    PUSH         below what was a file: the edit that makes it a directory
    PUSH_DELETE  what was a directory and is a file now: the deletion of all below it
    """
    if verdict is not Verdict.PUSH or step.local is None:
        return None
    if below_file:
        return Verdict.PUSH
    return Verdict.PUSH_DELETE if is_covering and step.local.kind is not Kind.DIR else None


def _meant(step: Step) -> Verdict:
    """The verdict by which the policy goes. A file that became something else is an edit, although it is committed as gone
    first; so is a database whose journal is gone.
    """
    edited = step.verdict is Verdict.PUSH_DELETE and (step.local is not None or step.bundle is not None)
    return Verdict.PUSH if edited else step.verdict


def _left(seen: Seen, reason: str, fix: str | None = None) -> LeftPath:
    size = 0 if seen.stamp is None or seen.what is SeenAs.DIR else seen.stamp.size
    return LeftPath(seen.path, reason, size, fix or _fix(seen))


def _fix(seen: Seen) -> str:
    """What is the same for all of its kind."""
    match seen.what:
        case SeenAs.ODD_NAME:
            return "give it another name, or where it is a symlink another target"
        case SeenAs.UNREADABLE if seen.reason == os.strerror(errno.EACCES).lower():
            return "make it readable for the daemon's user"
        case _:
            return ""


def local_entry(seen: Seen, base: Base | None) -> Local:
    """The local path as an entry: the base's own where the stamp did not move, unread where it did."""
    stamp = seen.stamp
    match seen.what:
        case SeenAs.ABSENT:
            return None
        case SeenAs.DIR if stamp is not None:
            return Entry(Kind.DIR, mode=stamp.mode)
        case SeenAs.SYMLINK if stamp is not None:
            return Entry(Kind.SYMLINK, size=stamp.size, mtime_ns=stamp.mtime_ns, target=seen.target)
        case SeenAs.FILE if stamp is not None:
            if base is not None and base.stamp == stamp and base.entry.kind is Kind.FILE:
                return base.entry
            return Entry(Kind.FILE, stamp.size, stamp.mtime_ns, stamp.mode, UNREAD)
        case _:
            return UNKNOWN


def _is_unread(local: Local) -> bool:
    return isinstance(local, Entry) and local.digest == UNREAD


def _entry(local: Local) -> Entry | None:
    return local if isinstance(local, Entry) else None
