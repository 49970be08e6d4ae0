"""One mount, as a machine: events in, effects out. No threads, no clock, no I/O.

`handle(event, now)` takes one event and answers with the effects to carry out. Every effect but Wake and Answer is answered by
one event. At most one effect is in the *lane* at a time (recover, refresh, survey, commit, land, audit, checkpoint: what reads or
writes the three trees); transfers run beside it, one at a time for each path.
"""

import heapq
import math
import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from holdall.engine.barriers import Barriers
from holdall.engine.inflight import Inflight, is_tree_conflict
from holdall.engine.words import (
    Approve,
    Ask,
    Audit,
    Audited,
    Checkpoint,
    Checkpointed,
    Commit,
    Committed,
    Effect,
    Event,
    Failed,
    FetchDone,
    Landed,
    Lost,
    Mend,
    MendDone,
    Pause,
    PushDone,
    Pushed,
    Recover,
    Recovered,
    Refresh,
    Refreshed,
    Resume,
    Scope,
    Step,
    Survey,
    Surveyed,
    SurveyMore,
    Tick,
    Touched,
    Wake,
)
from holdall.errors import HoldallError, Moved, RootLost, StoreError
from holdall.model import Kind
from holdall.rules.bundles import is_git_object
from holdall.rules.debounce import Debounce
from holdall.rules.directions import SyncType
from holdall.rules.guard import Guard
from holdall.rules.reconcile import Verdict
from holdall.rules.retry import Backoff

_MOST_PATHS: Final = 5000
_LOW_WATER: Final = 3000
_MEND_BUNCH: Final = 16
_DELETION_AGE_S: Final = 1.0


class State(StrEnum):
    """The one internal state; every vocabulary of the faces is a projection of it."""

    NEW = "new"
    RUNNING = "running"
    IDLE = "idle"
    RETRY_WAIT = "retry-wait"
    BROKEN = "broken"
    PAUSED = "paused"
    RESUMING = "resuming"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen, in seconds. `unrest`: for files that somebody is at work on; `checkpoint_every`: commits."""

    poll_s: float = 5.0
    poll_most_s: float = 60.0
    rescan_s: tuple[float, float] = (1200.0, 1800.0)
    transfers: int = 32
    checkpoint_every: int = 256
    backoff: Backoff = field(default_factory=Backoff)
    unrest: Backoff = field(default_factory=lambda: Backoff(0.1, 10.0))


class Mount:
    """`dice` spreads polls and retries of many machines; a seeded one makes a run repeatable."""

    def __init__(self, sync: SyncType, pace: Pace, dice: random.Random, *, seq: int) -> None:
        self.sync = sync
        self.pace = pace
        self.commit = seq
        self.total = 0
        self.problems: dict[str, HoldallError] = {}
        self.left: dict[str, str] = {}
        self.damaged: set[str] = set()
        self.guard_tripped = False
        self.paused = False
        self.last_durable_at: float | None = None
        self.flow = Inflight(pace.transfers)
        self.barriers = Barriers()
        self._dice = dice
        self._guard = Guard()
        self._approved = False
        self._passes_guard = False
        self._trust_root = False
        self._debounce = Debounce()
        self._recovered = False
        self._resuming = False
        self._lane: type[Effect] | None = None
        self._refresh_at = 0.0
        self._poll_s = pace.poll_s
        self._rescan_at = 0.0
        self._audit_at = math.inf
        self._offline_until = 0.0
        self._failures = 0
        self._surveys = 0
        self._survey: Survey | None = None
        self._survey_more = False
        self._full_due = True
        self._root_retry_at = 0.0
        self._trees: set[str] = set()
        self._dirty: set[str] = set()
        self._again: set[str] = set()
        self._unsettled: set[str] = set()
        self._waits_for_deletions: set[str] = set()
        self._deletions: dict[str, Step] = {}
        self._deletions_since = 0.0
        self._mend: set[str] = set()
        self._mending = 0
        self._retries: list[tuple[float, str]] = []
        self._retry_count: dict[str, int] = {}
        self._behind = 0
        self._checkpointed_at = 0

    # -- what people see

    @property
    def attached(self) -> bool:
        """Whether the log was ever read: until then nothing is known to be new."""
        return self.commit >= 0

    @property
    def state(self) -> State:
        if self.paused:
            return State.PAUSED
        if any(one.permanent for one in self.problems.values()):
            return State.BROKEN
        if self.problems:
            return State.RETRY_WAIT
        if self._resuming:
            return State.RESUMING
        if not self.attached:
            return State.NEW
        quiet = self.flow.idle and self._survey is None and not (self._dirty or self._trees or self._full_due)
        return State.IDLE if quiet and not self.barriers else State.RUNNING

    def pending(self) -> tuple[int, int]:
        """Files and bytes that are here and not known to be in the store."""
        up = [
            step
            for step in (*self.flow.busy.values(), *self._deletions.values())
            if step.verdict is not Verdict.PULL
        ]
        return len(up), sum(step.bytes for step in up)

    @property
    def held(self) -> int:
        """Deletions that the guard keeps back."""
        return len(self._held())

    @property
    def durable(self) -> bool:
        """Nothing that this machine knows of is missing from the store."""
        looking = (
            self._survey is not None or self._full_due or self._dirty or self._trees or len(self._debounce)
        )
        return self.attached and not looking and self.pending()[0] == 0

    # -- events

    def handle(self, event: Event, now: float) -> list[Effect]:
        match event:
            case Tick():
                pass
            case Touched(path, closed):
                self._debounce.touch(path, now, closed=closed)
            case Lost(under):
                self._look_below(under)
            case Recovered():
                self._on_recovered(event, now)
            case Refreshed():
                self._on_refreshed(event, now)
            case Surveyed():
                self._on_surveyed(event, now)
            case PushDone():
                self._on_push_done(event, now)
            case FetchDone():
                self._on_fetch_done(event, now)
            case Committed():
                self._on_committed(event, now)
            case Landed():
                self._on_landed(event, now)
            case MendDone():
                self._on_mend_done(event, now)
            case Audited():
                self._on_audited(event, now)
            case Checkpointed():
                self._on_checkpointed(event, now)
            case Ask():
                self._on_ask(event, now)
            case Approve():
                self._on_approve()
            case Pause():
                self.paused = True
            case Resume():
                self._on_resume()
        return self._turn(now)

    def _on_ask(self, ask: Ask, now: float) -> None:
        self.barriers.add(ask, now)
        self._refresh_at = 0.0
        self._poll_s = self.pace.poll_s
        if ask.path is not None:
            self.flow.hurry(path for path in self.flow.busy if self.barriers.wanted(path))

    def _on_approve(self) -> None:
        """One thing at a time: a root that was replaced is accepted first, what is missing in it is asked about then."""
        if self.problems.pop("root", None) is not None:
            self._trust_root = True
        else:
            self._approved = self.guard_tripped
            self.guard_tripped = False
        self._full_due = True
        self._root_retry_at = 0.0

    def _on_resume(self) -> None:
        """Also: new credentials, or the machine woke up. What is parked is tried at once."""
        self._resuming = self.paused
        self.paused = False
        self.problems.clear()
        self._offline_until = 0.0
        self._refresh_at = 0.0
        self._full_due = True

    def _on_recovered(self, event: Recovered, now: float) -> None:
        self._lane = None
        if event.error is not None:
            self._trouble(event.error, now)
            return
        self._recovered = True
        self._rescan_at = now + self._jitter(self.pace.rescan_s)

    def _on_refreshed(self, event: Refreshed, now: float) -> None:
        self._lane = None
        if event.error is not None:
            self._refresh_at = now + self.pace.poll_s
            self._trouble(event.error, now)
            return
        self._online()
        first = not self.attached
        moved = event.seq != self.commit
        self.commit = event.seq
        self._behind = event.behind
        self._poll_s = (
            self.pace.poll_s if moved or self.barriers else min(self._poll_s * 1.25, self.pace.poll_most_s)
        )
        self._refresh_at = now + self._poll_s * (0.9 + 0.2 * self._dice.random())
        if event.paths is None or first:
            self.flow.withdraw(None)
            self._full_due = True
        elif event.paths:
            self._stale(self.flow.withdraw(event.paths))
            self._stale(event.paths)
        self.barriers.refreshed()

    def _on_surveyed(self, event: Surveyed, now: float) -> None:
        self._lane = None
        survey = self._survey
        assert survey is not None
        if event.error is not None:
            self._end_survey(now, failed=True)
            self._look_again(survey)
            self._trouble(event.error, now)
            return
        self.problems.pop("root", None)
        found = {step.path for step in event.steps}
        for step in sorted(event.steps, key=lambda one: not is_git_object(one.path)):
            self._accept(step, survey, now)
        for path in event.settle:
            self.barriers.expects(survey.number, path)
            if path in self.flow.busy or path in self._unsettled:
                self._stale((path,))
            else:
                self._mend.add(path)
        for path, reason in event.left:
            self.left[path] = reason
            self.barriers.found_left(survey.number, path, reason)
        for path in event.withheld:
            self.barriers.found_withheld(survey.number, path)
        for path in event.later:
            self._waits_for_deletions.add(path)
            self.barriers.expects(survey.number, path)
        for path, reason in event.at_work:
            self.left[path] = reason
            self.barriers.expects(survey.number, f"{path}/")
            self._retry(path, now, self.pace.unrest)
        self._survey_more = event.more
        if event.more:
            return
        self.total = event.total
        kept = found | set(event.settle) | set(event.later) | {path for path, _ in event.left}
        kept |= {f"{path}/" for path, _ in event.at_work} | {path for path, _ in event.at_work}
        if survey.scope is Scope.FULL:
            self.left = (
                {**dict(event.left), **dict(event.at_work)} if len(event.left) < len(self.left) else self.left
            )
            gone = [path for path, step in self._deletions.items() if step.survey < survey.number]
            self._found_in_order(gone, survey)
        else:
            looked_at = set(survey.paths)
            if survey.scope is Scope.TREES:
                looked_at.update(self._expected_below(survey.paths))
            self._found_in_order([path for path in looked_at if path not in kept], survey)
        self.barriers.surveyed(survey.number)
        self._end_survey(now, failed=False)

    def _accept(self, step: Step, survey: Survey, now: float) -> None:
        path = step.path
        self.barriers.found(survey.number, step)
        if path in self.flow.busy or path in self._unsettled:
            self._again.add(path) if path in self.flow.busy else self._dirty.add(path)
            return
        if not self.attached:
            return
        if self.flow.starts_anew(step):
            self._retry(path, now, self.pace.unrest)
            return
        self.left.pop(path, None)
        if step.verdict is Verdict.PUSH_DELETE and step.bundle is None:
            if not self._deletions:
                self._deletions_since = now
            self._deletions[path] = step
            return
        self._deletions.pop(path, None)
        if is_tree_conflict(step):
            step = step._replace(verdict=Verdict.ASIDE)
        self.flow.add(step, urgent=self.barriers.wanted(path))

    def _expected_below(self, trees: tuple[str, ...]) -> list[str]:
        below = tuple(f"{tree}/" for tree in trees)
        return [path for path in (*self._deletions, *self.barriers.expected()) if path.startswith(below)]

    def _found_in_order(self, paths: list[str], survey: Survey) -> None:
        for path in paths:
            # What was under way meanwhile was left out of the look, or may have moved since.
            if path in self.flow.busy or path in survey.busy or path in self._unsettled:
                continue
            self._deletions.pop(path, None)
            self.left.pop(path, None)
            self._retry_count.pop(path, None)
            self.barriers.settled(survey.number, path)

    def _end_survey(self, now: float, *, failed: bool) -> None:
        survey, self._survey, self._survey_more = self._survey, None, False
        self._unsettled.clear()
        if survey is not None and survey.scope is Scope.FULL and not failed:
            self._resuming = False
            self._rescan_at = now + self._jitter(self.pace.rescan_s)

    def _look_again(self, survey: Survey) -> None:
        match survey.scope:
            case Scope.FULL:
                self._full_due = True
            case Scope.TREES:
                self._trees.update(survey.paths)
            case Scope.PATHS:
                self._dirty.update(survey.paths)

    def _on_push_done(self, event: PushDone, now: float) -> None:
        self.flow.pushing -= 1
        for item in event.pushed:
            if item.entry is not None:
                self._guard.appeared(item.entry.digest, now)
            if self.flow.arrived(item.step):
                self.flow.pushed(item, now)
            else:
                self._release(item.step.path)
                self._dirty.add(item.step.path)
        for step in event.unchanged:
            self.flow.arrived(step, travels=False)
            self._release(step.path)
            self.barriers.settled(step.survey, step.path)
        for path in event.foreign:
            self._unbundle(path, now)
            self._release(path)
            self._retry(path, now)
            self._audit_at = min(self._audit_at, now)
        self._on_failed(event.failed, now)

    def _on_fetch_done(self, event: FetchDone, now: float) -> None:
        self.flow.fetching -= 1
        self.flow.fetched(event.fetched, now)
        for one in event.fetched:
            if one.received:
                self.barriers.tally.downloaded_files += 1
                self.barriers.tally.downloaded_bytes += one.received
        self._on_failed(event.failed, now)

    def _on_failed(self, failed: tuple[Failed, ...], now: float) -> None:
        for path, error in failed:
            self._unbundle(path, now)
            self._release(path)
            self._retry(path, now, self.pace.unrest if isinstance(error, Moved) else self.pace.backoff)
            if isinstance(error, StoreError) and error.code not in {"missing", "condition"}:
                self._trouble(error, now)
                continue
            self.left[path] = error.message
            self.barriers.failed(path, error)
            if error.code == "missing":
                self.damaged.add(path)
                self._refresh_at = 0.0

    def _on_committed(self, event: Committed, now: float) -> None:
        self._lane = None
        for item in event.stale:
            self._release(item.step.path)
            self._stale((item.step.path,))
        if event.lost or event.error is not None:
            # What was uploaded stays uploaded; a deletion is weighed anew on the new head.
            self._refresh_at = 0.0
            self._put_back(event.pending, now)
            if event.error is not None:
                self._trouble(event.error, now)
            return
        self._online()
        if event.seq < 0:
            return
        self.commit = event.seq
        self._behind += 1
        deleted: dict[str, str] = {}
        tally = self.barriers.tally
        for item in event.done:
            step = item.step
            self._release(step.path)
            self._retry_count.pop(step.path, None)
            if item.adopted:
                self._dirty.add(step.path)
                continue
            if step.verdict is Verdict.PUSH:
                tally.uploaded_bytes += item.sent
                if step.local is not None and step.local.kind is not Kind.DIR:
                    tally.uploaded_files += 1
            elif step.verdict is Verdict.PUSH_DELETE:
                if step.base is not None and step.base.kind is not Kind.DIR:
                    tally.deleted_files += 1
                    deleted[step.path] = step.base.digest
                self._mend.add(step.path)
                if step.local is not None:
                    self._look_below(step.path)
            elif not item.swept:
                self._dirty.add(step.path)
                continue
            self.barriers.settled(step.survey, step.path)
        self._guard.mirrored(deleted, now)
        if deleted:
            self._dirty.update(self._waits_for_deletions)
            self._waits_for_deletions.clear()
        self.last_durable_at = now

    def _put_back(self, items: tuple[Pushed, ...], now: float) -> None:
        for item in items:
            if item.step.verdict is Verdict.PUSH_DELETE:
                self._release(item.step.path)
                self._dirty.add(item.step.path)
            else:
                self.flow.pushed(item, now)

    def _on_landed(self, event: Landed, now: float) -> None:
        self._lane = None
        if event.error is not None:
            for path in event.paths:
                self._release(path)
                self._dirty.add(path)
            self._trouble(event.error, now)
            return
        for path in event.done:
            step = self.flow.busy.get(path)
            self._release(path)
            self.left.pop(path, None)
            self.damaged.discard(path)
            if step is not None:
                self.barriers.settled(step.survey, path)
                if step.keep_as is not None:
                    self._look_below(step.keep_as)
                    self.barriers.restart()
        for path in event.moved:
            self._release(path)
            self._dirty.add(path)
        self._on_failed(event.failed, now)

    def _on_mend_done(self, event: MendDone, now: float) -> None:
        self._mending -= 1
        for path in event.done:
            self._release(path)
        for item in event.settled:
            self.flow.pushed(item, now)
        self.damaged.update(event.damaged)
        for path, error in event.failed:
            self._release(path)
            self._mend.add(path)
            self._trouble(error, now)

    def _on_audited(self, event: Audited, now: float) -> None:
        self._lane = None
        if event.error is not None:
            self._trouble(event.error, now)
            return
        for item in event.adopted:
            if item.step.path not in self.flow.busy:
                self.flow.pushed(item, now)
        self._mend.update(path for path in event.mend if path not in self.flow.busy)
        self.barriers.was_audited()
        if event.later is not None:
            self._audit_at = now + event.later

    def _on_checkpointed(self, event: Checkpointed, now: float) -> None:
        self._lane = None
        if event.error is not None:
            self._trouble(event.error, now)
            return
        self._behind = 0

    # -- troubles

    def _trouble(self, error: HoldallError, now: float) -> None:
        """The store or the root does not answer as it should: nothing is lost, everything waits."""
        if isinstance(error, RootLost):
            self.problems["root"] = error
            self._root_retry_at = now + self.pace.poll_s
            self._full_due = True
            return
        self.problems[error.code] = error
        self._failures += 1
        wait = self.pace.backoff.delay_s(self._failures, self._dice.random())
        self._offline_until = math.inf if error.permanent else now + wait

    def _online(self) -> None:
        self._failures = 0
        self.problems = {code: error for code, error in self.problems.items() if code == "root"}

    def _retry(self, path: str, now: float, backoff: Backoff | None = None) -> None:
        backoff = backoff or self.pace.backoff
        count = self._retry_count.get(path, 0) + 1
        self._retry_count[path] = count
        heapq.heappush(self._retries, (now + backoff.delay_s(count, self._dice.random()), path))

    # -- paths

    def _release(self, path: str) -> None:
        self.flow.release(path)
        if self._survey is not None:
            self._unsettled.add(path)
        if path in self._again:
            self._again.discard(path)
            self._dirty.add(path)

    def _unbundle(self, path: str, now: float) -> None:
        """What was to travel with this path waits for it: all of it is looked at again later."""
        step = self.flow.busy.get(path)
        if step is not None and step.bundle is not None:
            for member in self.flow.unbundle(step):
                if member != path:
                    self._release(member)
                    self._retry(member, now, self.pace.unrest)

    def _stale(self, paths: object) -> None:
        assert isinstance(paths, list | tuple)
        for path in paths:
            if path in self.flow.busy:
                self._again.add(path)
            else:
                self._dirty.add(path)

    def _look_below(self, under: str) -> None:
        if under:
            self._trees.add(under)
        else:
            self._full_due = True

    def _jitter(self, span: tuple[float, float]) -> float:
        return span[0] + (span[1] - span[0]) * self._dice.random()

    # -- what happens next

    def _turn(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        if not self.paused:
            self._wake_due(now)
            if self._lane is None and (effect := self._next_in_lane(now)) is not None:
                self._lane = type(effect)
                effects.append(effect)
            if self.attached and now >= self._offline_until and "root" not in self.problems:
                effects.extend(self.flow.dispatch())
                effects.extend(self._mends())
        blocked = next((one for one in self.problems.values() if one.permanent), None)
        effects.extend(self.barriers.answers(now, self.commit, self._held(), blocked))
        if (at := self._next_wake(now)) is not None:
            effects.append(Wake(at))
        return effects

    def _held(self) -> dict[str, Step]:
        return self._deletions if self.guard_tripped else {}

    def _wake_due(self, now: float) -> None:
        self._stale(self._debounce.due(now))
        while self._retries and self._retries[0][0] <= now:
            self._trees.add(heapq.heappop(self._retries)[1])
        if now >= self._rescan_at and self._recovered and self.sync is not SyncType.ONE:
            self._rescan_at = math.inf
            self._full_due = True
            self._audit_at = now

    def _next_in_lane(self, now: float) -> Effect | None:
        if not self._recovered:
            return Recover() if now >= self._offline_until else None
        if now >= self._offline_until:
            if now >= self._refresh_at:
                return Refresh()
            # A bulk upload must not run dry while its commits take the lane.
            hungry = self._survey_more and self.flow.queued < _LOW_WATER // 3
            if self.attached and not hungry and (effect := self._store_work(now)) is not None:
                return effect
        if self._survey_more:
            assert self._survey is not None
            return SurveyMore(self._survey.number) if self.flow.queued < _LOW_WATER else None
        if self._survey is None and (survey := self._next_survey(now)) is not None:
            return survey
        if now >= self._offline_until and self.attached and self.flow.idle and self._survey is None:
            if self._behind >= self.pace.checkpoint_every:
                return Checkpoint()
            if now >= self._audit_at or self.barriers.unaudited:
                self._audit_at = math.inf
                return Audit()
        return None

    def _store_work(self, now: float) -> Effect | None:
        self._release_deletions(now)
        at = self.flow.commit_at()
        if at is not None and at <= now:
            approved, self._passes_guard = self._passes_guard, False
            return Commit(self.flow.take_pushed(), approved)
        at = self.flow.land_at()
        if at is not None and at <= now and "root" not in self.problems:
            return self.flow.take_landing()
        return None

    def _release_deletions(self, now: float) -> None:
        """Deletions go last: what they were may have reappeared under another name by then."""
        if not self._deletions or self._survey is not None or self.flow.going_up:
            return
        if now < self._deletions_since + _DELETION_AGE_S and not self.barriers:
            return
        files = {
            path: step.base.digest
            for path, step in self._deletions.items()
            if step.base is not None and step.base.kind is not Kind.DIR and step.local is None
        }
        if not self._approved and not self._guard.admits(files, self.total, now):
            self.guard_tripped = True
            return
        if self._approved:
            self._guard.approve()
            self._approved, self._passes_guard = False, True
        self.guard_tripped = False
        for path, step in self._deletions.items():
            if path not in self.flow.busy:
                self.flow.pushed(Pushed(step, None, None), now)
        self._deletions = {}

    def _next_survey(self, now: float) -> Survey | None:
        if now < self._root_retry_at:
            return None
        due = self._full_due or (
            self.barriers.unsurveyed and (now < self._offline_until or self._refresh_at > now)
        )
        if due or len(self._dirty) > _MOST_PATHS:
            self._full_due = False
            self._dirty.clear()
            self._trees.clear()
            return self._begin(Scope.FULL, (), now)
        if self._trees:
            trees, self._trees = self._trees, set()
            return self._begin(Scope.TREES, tuple(sorted(trees)), now)
        if self._dirty:
            dirty, self._dirty = self._dirty, set()
            return self._begin(Scope.PATHS, tuple(sorted(dirty)), now)
        return None

    def _begin(self, scope: Scope, paths: tuple[str, ...], now: float) -> Survey:
        self._surveys += 1
        self._survey = Survey(
            self._surveys,
            scope,
            paths,
            frozenset(self.flow.busy),
            asked=self.barriers.asked,
            trust_root=self._trust_root,
        )
        self._trust_root = False
        self._unsettled.clear()
        if scope is Scope.FULL:
            self._debounce.drain(now)
            under_way = {**self.flow.busy, **{path: _mending(path) for path in self._mend}}
            self._again.update(under_way)
            self.barriers.survey_begins(self._surveys, under_way)
        else:
            below = tuple(f"{path}/" for path in paths)
            self._again.update(path for path in self.flow.busy if path in paths or path.startswith(below))
        return self._survey

    def _mends(self) -> list[Effect]:
        effects: list[Effect] = []
        while self._mend and self._mending < max(1, self.pace.transfers // 2) and not self.flow.going_up:
            bunch = [self._mend.pop() for _ in range(min(_MEND_BUNCH, len(self._mend)))]
            free = tuple(path for path in bunch if path not in self.flow.busy)
            if not free:
                continue
            for path in free:
                self.flow.busy[path] = _mending(path)
            self._mending += 1
            effects.append(Mend(free))
        return effects

    def _next_wake(self, now: float) -> float | None:
        times: list[float | None] = [self.barriers.next_deadline()]
        if not self.paused:
            times += [self._debounce.next_at(), self._rescan_at if self._recovered else None, self._audit_at]
            times.append(self._retries[0][0] if self._retries else None)
            times.append(self._root_retry_at if "root" in self.problems else None)
            if now < self._offline_until:
                times.append(self._offline_until)
            elif self._recovered:
                times += [self._refresh_at, self.flow.commit_at(), self.flow.land_at()]
                if self._deletions and not self.guard_tripped:
                    times.append(self._deletions_since + _DELETION_AGE_S)
        ahead = [at for at in times if at is not None and math.isfinite(at) and at > now]
        return min(ahead, default=None)


def _mending(path: str) -> Step:
    from holdall.model import Seen, SeenAs

    return Step(path, Verdict.NOTHING, 0, Seen(path, SeenAs.ABSENT), None, None, None)
