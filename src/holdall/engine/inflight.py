"""Which paths are under way, from the survey that found them to the base: one thing at a time for each path."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Final

from holdall.engine.download_queue import DownloadQueue
from holdall.engine.effects import Extract, Fetch, Land, Push
from holdall.engine.words import Fetched, Pushed, Step, Unpacked
from holdall.model import PACK_BYTES, Kind
from holdall.rules.bundles import git_dir, is_git_object
from holdall.rules.packing import BURST_FILE_BYTES, Into, Packing
from holdall.rules.reconcile import Verdict

_BUNCH: Final = 64
"""Small files that travel in one effect: fewer hand-overs, and one intent transaction for all."""
_BUNCH_BYTES: Final = 512 * 1024
_PACKS_AT_ONCE: Final = 3
"""Each way. Small files are written faster by a few threads than by many, which would only wait for each other."""
_PACK_FILES: Final = 4000
_HURRIED_FILES: Final = 32
_GATHER_S: Final = 0.5
_SWEPT_S: Final = 5.0
_GATHER_ITEMS: Final = 2000


class Inflight:
    """Queues and counts of one mount. `busy` holds every path that is in any of them.

    packing  the policy's say, now
    burst    how many wait to go up when the small ones of them go in packs, whatever the policy says
    """

    def __init__(
        self, transfers: int, packing: Callable[[], Packing] = Packing, burst: int = sys.maxsize
    ) -> None:
        self._packing = packing
        self._burst = burst
        self._packs = 0
        self._unpacking = 0
        self.busy: dict[str, Step] = {}
        self.pushing = 0
        self.fetching = 0
        self.extracting = False
        self._transfers = transfers
        self._uploads: deque[Step] = deque()
        self._downloads = DownloadQueue()
        self._pushed: dict[str, Pushed] = {}
        self._pushed_since = 0.0
        self._fetched: list[Fetched] = []
        self._fetched_since = 0.0
        self._archives: deque[Step] = deque()
        self._unpacked: deque[Unpacked] = deque()
        self._others: list[Step] = []
        self._erase: list[Step] = []
        self._bundles: dict[str, _Bundle] = {}
        self._refs: dict[str, list[Step]] = {}
        self._objects: Counter[str] = Counter()

    def add(self, step: Step, *, urgent: bool = False) -> None:
        self.busy[step.path] = step
        if step.bundle is not None:
            bundle = self._bundles.get(step.bundle)
            if bundle is None:
                bundle = self._bundles[step.bundle] = _Bundle(step.survey)
            bundle.waits.add(step.path)
            if git_dir(step.path) != step.bundle:
                # A database is read in one go: its first step stands for all of them in the queue.
                if not bundle.together:
                    self._uploads.append(step)
                bundle.together.append(step)
                return
        match step.verdict:
            case Verdict.PUSH | Verdict.PUSH_DELETE:
                self._uploads.append(step)
            case Verdict.PULL | Verdict.CONFLICT if self._waits_for_objects(step):
                self._refs.setdefault(git_dir(step.path) or "", []).append(step)
            case Verdict.PULL | Verdict.CONFLICT:
                self._downloads.add(step, urgent=urgent)
            case Verdict.PULL_DELETE:
                self._erase.append(step)
            case Verdict.ASIDE:
                self._others.append(step)
            case Verdict.EXTRACT:
                self._archives.append(step)
            case _:
                raise AssertionError(step.verdict)

    def _waits_for_objects(self, step: Step) -> bool:
        """Objects before refs: whoever reads the repository meanwhile never finds a ref to nothing."""
        repository = git_dir(step.path)
        if repository is None:
            return False
        if is_git_object(step.path):
            self._objects[repository] += 1
            return False
        return self._objects[repository] > 0

    def release(self, path: str) -> None:
        step = self.busy.pop(path, None)
        if step is None or step.verdict not in (Verdict.PULL, Verdict.CONFLICT) or not is_git_object(path):
            return
        repository = git_dir(path) or ""
        self._objects[repository] -= 1
        if self._objects[repository] <= 0:
            del self._objects[repository]
            for waiting in self._refs.pop(repository, []):
                self._downloads.add(waiting, urgent=False)

    def starts_anew(self, step: Step) -> bool:
        """Whether an earlier survey's part of the step's bundle is still under way: then this one comes too early."""
        bundle = None if step.bundle is None else self._bundles.get(step.bundle)
        return bundle is not None and bundle.survey != step.survey

    def unbundle(self, step: Step) -> list[str]:
        """One of a bundle did not get through: none of it travels. The paths that were not in a request right now."""
        bundle = None if step.bundle is None else self._bundles.pop(step.bundle, None)
        if bundle is None:
            return []
        named = bundle.paths()
        taken = {path for path in named if self._pushed.pop(path, None) is not None}
        queued = {one.path for one in self._uploads if one.path in named}
        if queued and bundle.together:
            queued = {one.path for one in bundle.together}
        self._uploads = deque(one for one in self._uploads if one.path not in named)
        return sorted(taken | queued)

    def arrived(self, step: Step, *, travels: bool = True) -> bool:
        """A member of a bundle got through; False where the bundle was given up meanwhile. `travels`: it had changed."""
        if step.bundle is None:
            return True
        bundle = self._bundles.get(step.bundle)
        if bundle is None or bundle.survey != step.survey:
            return False
        bundle.waits.discard(step.path)
        if travels:
            bundle.through.add(step.path)
        elif not bundle.paths():
            del self._bundles[step.bundle]
        return True

    # -- queues

    @property
    def queued(self) -> int:
        return len(self._uploads) + len(self._downloads)

    @property
    def going_up(self) -> bool:
        return bool(self._uploads) or self.pushing > 0

    @property
    def coming_down(self) -> bool:
        return bool(self._downloads) or self.fetching > 0 or bool(self._fetched) or bool(self._refs)

    @property
    def idle(self) -> bool:
        return not self.busy

    def withdraw(self, paths: Iterable[str] | None) -> list[str]:
        """Take back what is only queued (None: all of it); the paths that were."""
        named = None if paths is None else set(paths)
        torn = [
            one
            for one in self._uploads
            if one.bundle and (named is None or self._bundles[one.bundle].paths() & named)
        ]
        withdrawn = [path for step in torn for path in self.unbundle(step)]

        def gone(step: Step) -> bool:
            return named is None or step.path in named

        taken = [step for step in self._uploads if gone(step)]
        taken += self._downloads.withdraw(gone)
        taken += [step for step in (*self._erase, *self._others, *self._archives) if gone(step)]
        for repository, waiting in list(self._refs.items()):
            taken += [step for step in waiting if gone(step)]
            self._refs[repository] = [step for step in waiting if not gone(step)]
        for path in withdrawn:
            self.release(path)
        self._uploads = deque(step for step in self._uploads if not gone(step))
        self._archives = deque(step for step in self._archives if not gone(step))
        self._erase = [step for step in self._erase if not gone(step)]
        self._others = [step for step in self._others if not gone(step)]
        for step in taken:
            self.release(step.path)
        return [*withdrawn, *(step.path for step in taken)]

    def hurry(self, wanted: Iterable[str]) -> None:
        """These downloads go first."""
        self._downloads.hurry(wanted)

    def dispatch(self, *, hurried: bool = False) -> list[Push | Fetch | Extract]:
        """What may go now, within the number of transfers. `hurried`: somebody's deadline is near.

        One archive at a time is read: each takes memory of its own.
        """
        effects: list[Push | Fetch | Extract] = []
        least = min(_HURRIED_FILES, self._burst) if hurried else self._burst
        if self._archives and not self.extracting and not self._unpacked:
            self.extracting = True
            effects.append(Extract(self._archives.popleft()))
        while self.pushing + self.fetching < self._transfers:
            # Downwards first only what somebody waits for, and where nothing waits to become durable.
            wanted = self._downloads.is_urgent
            if not wanted and (push := self._next_up(burst=len(self._uploads) >= least)) is not None:
                self.pushing += 1
                effects.append(push)
            elif (fetch := self._next_down()) is not None:
                self.fetching += 1
                effects.append(fetch)
            else:
                break
        return effects

    def fetch_ended(self, *, packed: bool) -> None:
        self.fetching -= 1
        self._unpacking -= packed

    def _next_down(self) -> Fetch | None:
        packed = self._downloads.is_packed
        if not self._downloads or (packed and self._unpacking >= _PACKS_AT_ONCE):
            return None
        self._unpacking += packed
        return Fetch(tuple(self._downloads.bunch(self._fair(len(self._downloads)))), packed)

    def push_ended(self, into: Into) -> None:
        self.pushing -= 1
        if into is not Into.PLAIN:
            self._packs -= 1

    def _next_up(self, *, burst: bool) -> Push | None:
        if not self._uploads:
            return None
        packing = self._packing()
        # What has no bytes goes with what comes next.
        first = next((step for step in self._uploads if not _is_bare(step)), self._uploads[0])
        into = _into(first, packing, burst=burst)
        if into is Into.PLAIN:
            return Push(tuple(self._bunch_up(packing)))
        if self._packs >= _PACKS_AT_ONCE:
            return None
        self._packs += 1
        return Push(tuple(self._packful(into, packing)), into)

    def _packful(self, into: Into, packing: Packing) -> list[Step]:
        """What fills a pack, with what has no bytes and lies between; of a database all or nothing."""
        if self._is_together(self._uploads[0]):
            return self._bunch_up(packing)
        taken: list[Step] = []
        passed: list[Step] = []
        size = 0
        while self._uploads and len(taken) + len(passed) < _PACK_FILES and size < PACK_BYTES:
            step = self._uploads.popleft()
            fits = not self._is_together(step) and _into(step, packing, burst=into is Into.BURST) is into
            if fits or (_is_bare(step) and not self._is_together(step)):
                taken.append(step)
                size += step.bytes
            else:
                passed.append(step)
        self._uploads.extendleft(reversed(passed))
        return taken

    def _bunch_up(self, packing: Packing) -> list[Step]:
        most = self._fair(len(self._uploads))
        first = self._uploads.popleft()
        bundle = None if first.bundle is None else self._bundles.get(first.bundle)
        if bundle is not None and bundle.together:
            return list(bundle.together)
        bunch = [first]
        size = first.bytes
        while (
            self._uploads
            and not self._is_together(self._uploads[0])
            and not packing.packs(self._uploads[0].path)
            and len(bunch) < most
            and size + self._uploads[0].bytes <= _BUNCH_BYTES
        ):
            size += self._uploads[0].bytes
            bunch.append(self._uploads.popleft())
        return bunch

    def _is_together(self, step: Step) -> bool:
        return step.bundle is not None and git_dir(step.path) != step.bundle

    def _fair(self, queued: int) -> int:
        """A short queue is spread over all transfers, a long one travels in bunches."""
        return max(1, min(_BUNCH, queued // self._transfers))

    # -- what waits for the lane

    def pushed(self, item: Pushed, now: float) -> None:
        if not self._pushed:
            self._pushed_since = now
        self.busy.setdefault(item.step.path, item.step)
        self._pushed[item.step.path] = item

    def doubted(self, paths: Iterable[str] | None) -> list[str]:
        """Of these (None: of all), those that were to be adopted, taken back: what was found may have been adopted by
        another machine, and deleted since, and the head looks as it did before.
        """
        found = {
            path: item.step.bundle for path, item in self._pushed.items() if item.adopted and not item.moved
        }
        named = found.keys() if paths is None else set(paths)
        torn = {found[path] for path in found.keys() & named} - {None}
        taken = [path for path, bundle in found.items() if path in named or bundle in torn]
        for path in taken:
            del self._pushed[path]
        return taken

    def fetched(self, items: Iterable[Fetched], now: float) -> None:
        if not self._fetched:
            self._fetched_since = now
        self._fetched.extend(items)

    def unpacked(self, item: Unpacked) -> None:
        self._unpacked.append(item)

    def take_unpacked(self) -> Unpacked | None:
        return self._unpacked.popleft() if self._unpacked else None

    def commit_at(self, *, mending: bool) -> float | None:
        """When what is ready should be committed: at once when nothing else is coming, else after a short gathering.

        mending  more removals are under way: that this one was seen is no news to anybody
        """
        if not self._pushed or all(self._incomplete(item.step) for item in self._pushed.values()):
            return None
        more = self.going_up or (mending and all(item.swept for item in self._pushed.values()))
        if not more or len(self._pushed) >= _GATHER_ITEMS:
            return 0.0
        return self._pushed_since + (_GATHER_S if self.going_up else _SWEPT_S)

    def take_pushed(self) -> tuple[Pushed, ...]:
        """All that is ready; of a bundle all or nothing."""
        taken = tuple(item for item in self._pushed.values() if not self._incomplete(item.step))
        for item in taken:
            del self._pushed[item.step.path]
            if item.step.bundle is not None:
                self._bundles.pop(item.step.bundle, None)
        return taken

    def _incomplete(self, step: Step) -> bool:
        bundle = None if step.bundle is None else self._bundles.get(step.bundle)
        return bundle is not None and bool(bundle.waits)

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


class _Bundle:
    """What travels together. `waits`: not through yet; `together`: read in one go."""

    def __init__(self, survey: int) -> None:
        self.survey = survey
        self.waits: set[str] = set()
        self.through: set[str] = set()
        self.together: list[Step] = []

    def paths(self) -> set[str]:
        return self.waits | self.through


def without_exchange(step: Step, *, damaged: bool) -> Step:
    """A conflict that no exchange can settle, as the step that does; any other step as it is.

    With a directory on either side, ours moves aside. With the head's bytes missing (`damaged`), ours is pushed in their place;
    a machine that still has them puts them into the trash first.
    """
    if step.verdict is not Verdict.CONFLICT:
        return step
    if Kind.DIR in (step.local.kind if step.local else None, getattr(step.remote, "kind", None)):
        return step._replace(verdict=Verdict.ASIDE)
    return step._replace(verdict=Verdict.PUSH, keep_as=None) if damaged else step


def _is_bare(step: Step) -> bool:
    return step.verdict is Verdict.PUSH and step.local is not None and step.local.kind is not Kind.FILE


def _into(step: Step, packing: Packing, *, burst: bool) -> Into:
    if step.verdict is not Verdict.PUSH or step.local is None or step.local.kind is not Kind.FILE:
        return Into.PLAIN
    if packing.packs(step.path):
        return Into.PACK
    return Into.BURST if burst and step.local.size <= BURST_FILE_BYTES else Into.PLAIN
