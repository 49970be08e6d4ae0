"""Which paths are under way, from the survey that found them to the base: one thing at a time for each path."""

import heapq
import itertools
from collections import deque
from collections.abc import Iterable
from typing import Final

from holdall.engine.words import Fetch, Fetched, Land, Push, Pushed, Step
from holdall.model import Kind
from holdall.rules.reconcile import Verdict

_BUNCH: Final = 16
"""Small files that travel in one effect: fewer hand-overs, and one intent transaction for all."""
_SMALL_BYTES: Final = 256 * 1024
_GATHER_S: Final = 0.5
_GATHER_ITEMS: Final = 2000


class Inflight:
    """Queues and counts of one mount. `busy` holds every path that is in any of them."""

    def __init__(self, transfers: int) -> None:
        self.busy: dict[str, Step] = {}
        self.pushing = 0
        self.fetching = 0
        self._transfers = transfers
        self._uploads: deque[Step] = deque()
        self._downloads: list[tuple[bool, int, int, Step]] = []
        self._order = itertools.count()
        self._pushed: dict[str, Pushed] = {}
        self._pushed_since = 0.0
        self._fetched: list[Fetched] = []
        self._fetched_since = 0.0
        self._others: list[Step] = []
        self._erase: list[Step] = []

    def add(self, step: Step, *, urgent: bool = False) -> None:
        self.busy[step.path] = step
        match step.verdict:
            case Verdict.PUSH:
                self._uploads.append(step)
            case Verdict.PULL | Verdict.CONFLICT:
                heapq.heappush(self._downloads, (not urgent, step.bytes, next(self._order), step))
            case Verdict.PULL_DELETE:
                self._erase.append(step)
            case Verdict.ASIDE:
                self._others.append(step)
            case _:
                raise AssertionError(step.verdict)

    def release(self, path: str) -> None:
        self.busy.pop(path, None)

    # -- queues

    @property
    def queued(self) -> int:
        return len(self._uploads) + len(self._downloads)

    @property
    def going_up(self) -> bool:
        return bool(self._uploads) or self.pushing > 0

    @property
    def coming_down(self) -> bool:
        return bool(self._downloads) or self.fetching > 0 or bool(self._fetched)

    @property
    def idle(self) -> bool:
        return not self.busy

    def withdraw(self, paths: Iterable[str] | None) -> list[str]:
        """Take back what is only queued (None: all of it); the paths that were."""
        named = None if paths is None else set(paths)

        def gone(step: Step) -> bool:
            return named is None or step.path in named

        taken = [step for step in self._uploads if gone(step)]
        taken += [one[3] for one in self._downloads if gone(one[3])]
        taken += [step for step in (*self._erase, *self._others) if gone(step)]
        if not taken:
            return []
        self._uploads = deque(step for step in self._uploads if not gone(step))
        self._downloads = [one for one in self._downloads if not gone(one[3])]
        heapq.heapify(self._downloads)
        self._erase = [step for step in self._erase if not gone(step)]
        self._others = [step for step in self._others if not gone(step)]
        for step in taken:
            self.release(step.path)
        return [step.path for step in taken]

    def hurry(self, wanted: Iterable[str]) -> None:
        """These downloads go first."""
        named = set(wanted)
        if named:
            self._downloads = [(late and step.path not in named, size, n, step) for late, size, n, step in self._downloads]
            heapq.heapify(self._downloads)

    def dispatch(self) -> list[Push | Fetch]:
        """What may go now, within the number of transfers."""
        effects: list[Push | Fetch] = []
        while self.pushing + self.fetching < self._transfers and (self._uploads or self._downloads):
            # Downwards first only where nothing waits to become durable.
            if self._uploads:
                self.pushing += 1
                effects.append(Push(tuple(self._bunch_up())))
            else:
                self.fetching += 1
                effects.append(Fetch(tuple(self._bunch_down())))
        return effects

    def _bunch_up(self) -> list[Step]:
        most = self._fair(len(self._uploads))
        bunch = [self._uploads.popleft()]
        while self._uploads and len(bunch) < most and bunch[-1].bytes + self._uploads[0].bytes <= _SMALL_BYTES:
            bunch.append(self._uploads.popleft())
        return bunch

    def _bunch_down(self) -> list[Step]:
        most = self._fair(len(self._downloads))
        bunch = [heapq.heappop(self._downloads)[3]]
        while self._downloads and len(bunch) < most and bunch[-1].bytes + self._downloads[0][1] <= _SMALL_BYTES:
            bunch.append(heapq.heappop(self._downloads)[3])
        return bunch

    def _fair(self, queued: int) -> int:
        """A short queue is spread over all transfers, a long one travels in bunches."""
        return max(1, min(_BUNCH, queued // self._transfers))

    # -- what waits for the lane

    def pushed(self, item: Pushed, now: float) -> None:
        if not self._pushed:
            self._pushed_since = now
        self.busy.setdefault(item.step.path, item.step)
        self._pushed[item.step.path] = item

    def fetched(self, items: Iterable[Fetched], now: float) -> None:
        if not self._fetched:
            self._fetched_since = now
        self._fetched.extend(items)

    def commit_at(self) -> float | None:
        """When what is ready should be committed: at once when nothing else is going up, else after a short gathering."""
        if not self._pushed:
            return None
        if not self.going_up or len(self._pushed) >= _GATHER_ITEMS:
            return 0.0
        return self._pushed_since + _GATHER_S

    def take_pushed(self) -> tuple[Pushed, ...]:
        taken, self._pushed = tuple(self._pushed.values()), {}
        return taken

    def land_at(self) -> float | None:
        if self._others:
            return 0.0
        if not self._fetched:
            # Erasures go last: what arrives may still be copied from what is about to go.
            return 0.0 if self._erase and not self.coming_down else None
        if not (self._downloads or self.fetching) or len(self._fetched) >= _GATHER_ITEMS:
            return 0.0
        return self._fetched_since + _GATHER_S

    def take_landing(self) -> Land:
        fetched, self._fetched = tuple(self._fetched), []
        others, self._others = list(self._others), []
        if not self.coming_down:
            others += self._erase
            self._erase = []
        return Land(fetched, tuple(others))


def is_tree_conflict(step: Step) -> bool:
    """A conflict that a directory is part of: it cannot be exchanged, only moved aside."""
    kinds = (step.local.kind if step.local else None, getattr(step.remote, "kind", None))
    return step.verdict is Verdict.CONFLICT and Kind.DIR in kinds
