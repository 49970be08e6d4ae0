"""What keeps store and log in order while nobody waits: mending keys, listings, checkpoints, and when to look at the head."""

import math
import random
from collections.abc import Iterable
from typing import Final

from holdall.engine.effects import Audit, Checkpoint, Commit, Mend
from holdall.engine.inflight import Inflight
from holdall.engine.pace import Pace
from holdall.engine.words import Step
from holdall.model import Seen, SeenAs
from holdall.rules.reconcile import Verdict

_BUNCH: Final = 16
_SLOWER: Final = 1.25
_PRUNE_FIRST_S: Final = 1800.0
_PRUNE_EVERY_S: Final = 86_400.0


class Poll:
    """When to look at the head: every `first_s` while there is news, ever less often while there is none."""

    def __init__(self, first_s: float, most_s: float, dice: random.Random) -> None:
        self.at = 0.0
        self._first_s = first_s
        self._most_s = most_s
        self._wait_s = first_s
        self._dice = dice

    def now(self) -> None:
        self.at = 0.0
        self._wait_s = self._first_s

    def done(self, now: float, *, lively: bool) -> None:
        self._wait_s = self._first_s if lively else min(self._wait_s * _SLOWER, self._most_s)
        self.at = now + self._wait_s * (0.9 + 0.2 * self._dice.random())

    def failed(self, now: float) -> None:
        self.at = now + self._first_s


class Chores:
    """behind    commits since the newest checkpoint
    mend      paths whose key in the store has to be made to agree with the head
    removing  paths that we deleted in the log, and whose object is still to go
    laying    paths in packs that are to be laid out as plain objects
    untidy    packs are to be taken away, or hold too much that is gone
    stray     old packs that no commit names
    """

    def __init__(self, pace: Pace, dice: random.Random) -> None:
        self.behind = 0
        self.mend: set[str] = set()
        self.removing: set[str] = set()
        self._removals: set[str] = set()
        self.audit_at = math.inf
        self._running = 0
        self.prune_at: float | None = None
        self._dice = dice
        self._most = pace.transfers
        self._pace = pace
        self.laying: set[str] = set()
        self.lay_at = math.inf
        self.untidy = False
        self.stray: tuple[str, ...] = ()
        self._compacting = False
        self.compact_at = math.inf

    def audit_by(self, at: float) -> None:
        self.audit_at = min(self.audit_at, at)

    def remove(self, path: str) -> None:
        """Its tombstone was committed just now."""
        self._removals.add(path)
        self.removing.add(path)

    def remove_after_a_look(self, paths: Iterable[str]) -> None:
        """Their tombstones were committed long ago; by now another tool may have put the same bytes there, with the same ETag."""
        self.mend.update(paths)
        self.removing.update(paths)

    def lay_out(self, paths: Iterable[str], now: float) -> None:
        """Once nothing has come for a while."""
        new = set(paths) - self.laying
        if new:
            self.laying |= new
            self.lay_at = now + self._pace.lay_s

    def mends(self, flow: Inflight, now: float, *, waited_for: bool) -> list[Mend]:
        """Mends to start now; none while uploads run. A path in flight again is skipped: that step settles its key.

        waited_for  somebody waits: what is safe already is laid out later
        """
        effects: list[Mend] = []
        laying = set() if waited_for or now < self.lay_at else self.laying
        for paths, buried in ((self._removals, True), (self.mend, False), (laying, False)):
            again: set[str] = set()
            while paths and self._running < self._most and not flow.going_up:
                bunch = [paths.pop() for _ in range(min(_BUNCH, len(paths)))]
                free = tuple(path for path in bunch if path not in flow.busy)
                # But a deletion that is planned once more, while the one before it stands after all, settles nothing.
                again.update(path for path in bunch if _is_deleted(flow.busy.get(path)))
                self.removing.difference_update(set(bunch) - again - set(free))
                if free:
                    flow.busy.update(mending(free))
                    self._running += 1
                    effects.append(Mend(free, buried))
            paths.update(again)
        return effects

    @property
    def running(self) -> bool:
        return self._running > 0

    def mended(self, done: Iterable[str]) -> None:
        self._running -= 1
        self.removing.difference_update(done)

    def unmended(self, path: str) -> None:
        """The store does not let it be: nobody waits for that."""
        self.removing.discard(path)

    def prune(self, now: float) -> bool:
        """Whether it is time: once a day, first some time after the start, at another hour on every machine."""
        if self.prune_at is None:
            self.prune_at = now + _PRUNE_FIRST_S * (1 + self._dice.random())
        if now < self.prune_at:
            return False
        self.prune_at = now + _PRUNE_EVERY_S * (0.9 + 0.2 * self._dice.random())
        return True

    def is_untidy(self, now: float) -> None:
        if not self.untidy:
            self.untidy = True
            self.compact_at = now + self._pace.compact_s

    @property
    def tidying(self) -> bool:
        return self.untidy or self._compacting

    def compact(self, now: float, *, hurried: bool) -> bool:
        """Whether it is time. `hurried`: whoever waits for it is about to leave."""
        if not self.untidy or self._compacting or (now < self.compact_at and not hurried):
            return False
        self.untidy, self._compacting, self.compact_at = False, True, math.inf
        return True

    def compacted(self, now: float, stray: tuple[str, ...], *, more: bool) -> None:
        self._compacting = False
        self.stray = stray
        if more:
            self.is_untidy(now)

    def next(self, now: float, *, audit: bool) -> Checkpoint | Audit | Commit | None:
        """What to do while nothing else is; `audit`: somebody waits for a listing."""
        if self.stray:
            stray, self.stray = self.stray, ()
            return Commit((), stray=stray)
        if self.behind >= self._pace.checkpoint_every:
            return Checkpoint()
        if audit or now >= self.audit_at:
            self.audit_at = math.inf
            return Audit()
        return None


def _is_deleted(step: Step | None) -> bool:
    return step is not None and step.verdict is Verdict.PUSH_DELETE


def mending(paths: Iterable[str]) -> dict[str, Step]:
    """Steps without a verdict: the paths are under way, and are looked at again afterwards."""
    return {
        path: Step(path, Verdict.NOTHING, 0, Seen(path, SeenAs.ABSENT), None, None, None) for path in paths
    }
