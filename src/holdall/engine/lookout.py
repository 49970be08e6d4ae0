"""Where to look next, and how far: hints are gathered here until a survey takes them."""

import heapq
import math
import random
from collections.abc import Collection, Iterable
from typing import Final

from holdall.engine.effects import Survey
from holdall.engine.words import Scope
from holdall.rules.debounce import Debounce
from holdall.rules.retry import Backoff

_MOST_PATHS: Final = 5000
"""More single paths than this are looked for by a full scan."""


class Lookout:
    """One survey at a time. A path that is under way is left out of it, and looked at again once it is through.

    rescan_s   how long a full scan is good for, whatever the watch says: drawn between the two
    """

    def __init__(self, rescan_s: tuple[float, float], dice: random.Random) -> None:
        self.survey: Survey | None = None
        self.more = False
        self.everywhere = True
        self.trust_root = False
        self.not_before = 0.0
        self.rescan_at = math.inf
        self._rescan_s = rescan_s
        self._dice = dice
        self._debounce = Debounce()
        self._paths: set[str] = set()
        self._trees: set[str] = set()
        self._again: set[str] = set()
        self._unsettled: set[str] = set()
        self._retries: list[tuple[float, tuple[str, ...]]] = []
        self._retrying: set[str] = set()
        self._tries: dict[str, int] = {}
        self._numbers = 0
        self._failures = 0

    @property
    def idle(self) -> bool:
        """Nothing is being looked at, and nothing waits for a look."""
        waiting = self._paths or self._trees or len(self._debounce)
        return self.survey is None and not self.everywhere and not waiting

    def passed_by(self, busy: Collection[str]) -> bool:
        """Whether a path was left out of a survey, or touched, while it was in flight, and still is."""
        return any(path in busy for path in self._again)

    # -- hints

    def touched(self, path: str, now: float, *, closed: bool) -> None:
        self._debounce.touch(path, now, closed=closed)

    def path(self, path: str) -> None:
        self._paths.add(path)

    def paths(self, paths: Iterable[str], busy: Iterable[str]) -> None:
        """A busy path is looked at once it is through."""
        for path in paths:
            (self._again if path in busy else self._paths).add(path)

    def below(self, under: str) -> None:
        """The path and all below it; "" is everything."""
        if under:
            self._trees.add(under)
        else:
            self.everywhere = True

    def retry(self, path: str, now: float, backoff: Backoff, *, along: tuple[str, ...] = ()) -> None:
        """Look at the path again after a pause, once, however often it is asked for. `along`: looked at in the same survey."""
        tries = self._tries[path] = self._tries.get(path, 0) + 1
        if path not in self._retrying:
            self._retrying.add(path)
            heapq.heappush(self._retries, (now + backoff.delay_s(tries, self._dice.random()), (path, *along)))

    def retry_in(self, path: str, now: float, for_s: float) -> None:
        """The same, where it is known when the path can go through."""
        heapq.heappush(self._retries, (now + for_s, (path,)))

    def went_well(self, path: str) -> None:
        self._tries.pop(path, None)

    def through(self, path: str) -> None:
        """The path is not under way any more."""
        if self.survey is not None:
            self._unsettled.add(path)
        if path in self._again:
            self._again.discard(path)
            self._paths.add(path)

    def unsettled(self, path: str) -> bool:
        """Whether the path was under way at some time since the survey began: what it says of it may be old."""
        return path in self._unsettled or (self.survey is not None and path in self.survey.busy)

    # -- time

    def wake(self, now: float, busy: Iterable[str]) -> bool:
        """Take up what is due; whether the periodic rescan is."""
        self.paths(self._debounce.due(now), busy)
        while self._retries and self._retries[0][0] <= now:
            paths = heapq.heappop(self._retries)[1]
            self._retrying.discard(paths[0])
            self._trees.update(paths)
        if now < self.rescan_at:
            return False
        self.rescan_at = math.inf
        self.everywhere = True
        return True

    def schedule_rescan(self, now: float) -> None:
        first, last = self._rescan_s
        self.rescan_at = now + first + (last - first) * self._dice.random()

    def times(self) -> list[float | None]:
        retry_at = self._retries[0][0] if self._retries else None
        return [self._debounce.next_at(), retry_at, self.rescan_at, self.not_before]

    # -- surveys

    def wants(self, now: float, *, everywhere: bool) -> bool:
        """Whether there is a survey to begin. Asked at every turn, so it costs nothing."""
        if now < self.not_before or self.survey is not None:
            return False
        return everywhere or self.everywhere or bool(self._trees) or bool(self._paths)

    def next(
        self,
        now: float,
        under_way: frozenset[str],
        *,
        everywhere: bool,
        up: frozenset[str] = frozenset(),
        down: frozenset[str] = frozenset(),
    ) -> Survey | None:
        """The next survey, begun.

        under_way   paths to leave out
        everywhere  a barrier wants all of it
        up, down    as in Survey
        """
        if now < self.not_before or self.survey is not None:
            return None
        if self.everywhere or everywhere or len(self._paths) > _MOST_PATHS:
            self.everywhere = False
            self._paths.clear()
            self._trees.clear()
            self._debounce.drain(now)
            self._again |= under_way
            return self._begin(Scope.FULL, (), under_way, up, down)
        if self._trees:
            trees, self._trees = tuple(sorted(self._trees)), set()
            below = tuple(f"{path}/" for path in trees)
            self._again |= {path for path in under_way if path in trees or path.startswith(below)}
            return self._begin(Scope.TREES, trees, under_way, up, down)
        if self._paths:
            paths, self._paths = tuple(sorted(self._paths)), set()
            self._again |= under_way.intersection(paths)
            return self._begin(Scope.PATHS, paths, under_way, up, down)
        return None

    def narrow(
        self, under_way: frozenset[str], paths: tuple[str, ...], up: frozenset[str], down: frozenset[str]
    ) -> Survey:
        """A survey of these paths and what is below, begun before all else that waits for a look."""
        self.interrupt()
        below = tuple(f"{path}/" for path in paths)
        self._again |= {path for path in under_way if path in paths or path.startswith(below)}
        return self._begin(Scope.TREES, paths, under_way, up, down)

    def _begin(
        self,
        scope: Scope,
        paths: tuple[str, ...],
        under_way: frozenset[str],
        up: frozenset[str],
        down: frozenset[str],
    ) -> Survey:
        self._numbers += 1
        self._unsettled.clear()
        trust_root, self.trust_root = self.trust_root, False
        self.survey = Survey(self._numbers, scope, paths, under_way, up, down, trust_root=trust_root)
        return self.survey

    def expect(self, paths: Iterable[str]) -> None:
        """These are about to be under way: they are looked at once they are through."""
        self._again.update(paths)

    def end(self, now: float) -> None:
        """The survey is through."""
        survey, self.survey, self.more = self.survey, None, False
        self._unsettled.clear()
        self._failures = 0
        if survey is not None and survey.scope is Scope.FULL:
            self.schedule_rescan(now)

    def fail(self, now: float, backoff: Backoff) -> None:
        """The survey came to nothing: all of it is still to be looked at, but not at once."""
        self._failures += 1
        self.not_before = now + backoff.delay_s(self._failures, self._dice.random())
        self.interrupt()

    def interrupt(self) -> None:
        """All that the survey under way was to look at is still to be looked at."""
        survey, self.survey, self.more = self.survey, None, False
        self._unsettled.clear()
        match survey:
            case Survey(scope=Scope.FULL):
                self.everywhere = True
            case Survey(scope=Scope.TREES, paths=paths):
                self._trees.update(paths)
            case Survey(paths=paths):
                self._paths.update(paths)
            case None:
                pass
