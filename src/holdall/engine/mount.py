"""One mount, as a machine: events in, effects out. No threads, no clock, no I/O.

`handle(event, now)` takes one event and answers with the effects to carry out. Every effect but Wake and Answer is answered by
one event. At most one effect is in the *lane* at a time (recover, refresh, survey, commit, land, audit, checkpoint: what reads or
writes the three trees); transfers run beside it, one at a time for each path.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from holdall.engine import events, words
from holdall.engine.agenda import Agenda
from holdall.engine.barriers import Barriers
from holdall.engine.chores import Chores, Poll
from holdall.engine.effects import Effect, Survey
from holdall.engine.events import Event
from holdall.engine.expiring import Expiring
from holdall.engine.findings import Findings, Left, left_by
from holdall.engine.health import Health, is_the_stores
from holdall.engine.inflight import Inflight, without_exchange
from holdall.engine.lastlook import LastLook
from holdall.engine.lookout import Lookout
from holdall.engine.pace import Pace
from holdall.engine.removals import Removals
from holdall.engine.settling import Settling
from holdall.engine.words import Step
from holdall.errors import HoldallError, Lapsed, RootLost
from holdall.rules.bundles import is_git_object
from holdall.rules.directions import SyncType
from holdall.rules.extraction import archive_at
from holdall.rules.ignore import RULES_NAME
from holdall.rules.packing import Packing
from holdall.rules.reconcile import Verdict

if TYPE_CHECKING:
    from holdall.model import Entry


class Mount:
    """`dice` spreads polls and retries of many machines; a seeded one makes a run repeatable. `packing`: as in Inflight.

    commit   number of the head as far as it was read; -1 before the first contact
    total    files in the base, as of the last survey
    damaged  path -> what the head said when no place of the store held its bytes
    """

    def __init__(
        self,
        sync: SyncType,
        pace: Pace,
        dice: random.Random,
        *,
        seq: int,
        packing: Callable[[], Packing] = Packing,
    ) -> None:
        self.sync = sync
        self.pace = pace
        self.commit = seq
        self.total = 0
        self.damaged: dict[str, Entry] = {}
        self.paused = False
        self.health = Health(pace.backoff, dice)
        self.lookout = Lookout(pace.rescan_s, dice)
        self.removals = Removals()
        self.flow = Inflight(pace.transfers, packing, pace.burst_files)
        self.barriers = Barriers()
        self.last_look = LastLook(self.removals, self.lookout, self.flow, self.barriers)
        self.recovered = False
        self.resuming = False
        self.poll = Poll(pace.poll_s, pace.poll_most_s, dice)
        self.chores = Chores(pace, dice)
        self.expiring = Expiring(dice)
        self.findings = Findings(self.flow, self.lookout, self.removals, self.barriers, pace)
        self._agenda = Agenda(self)
        self._settling = Settling(self)

    # -- what people see

    @property
    def attached(self) -> bool:
        """Whether the log was ever read: until then nothing is known to be new."""
        return self.commit >= 0

    @property
    def problems(self) -> dict[str, HoldallError]:
        return self.health.problems

    @property
    def held(self) -> int:
        """Deletions that the guard keeps back."""
        return len(self.removals.held())

    # -- events

    def note(self, event: events.Touched, now: float) -> None:
        """Of several that come at once all but the last, which is handled."""
        self.last_look.touched(event.path, now, closed=event.closed)

    def handle(self, event: Event, now: float) -> list[Effect]:
        overslept = self._agenda.overslept(now)
        match event:
            case events.Tick():
                pass
            case events.Touched(path, closed):
                self.last_look.touched(path, now, closed=closed)
            case events.Lost(under):
                self.lookout.below(under)
            case events.Renewed():
                # What is queued may be about what takes no part any more.
                self.flow.withdraw(None)
                self.lookout.below("")
                self.barriers.restart()
            case events.Ask():
                self._on_ask(event, now)
            case events.Withdraw(ticket):
                self.barriers.withdraw(ticket)
            case events.Approve():
                self._on_approve()
            case events.Pause():
                self.paused = True
            case events.Resume():
                self._on_resume()
            case events.PushDone():
                self._on_push_done(event, now)
            case events.FetchDone():
                self._on_fetch_done(event, now)
            case events.ExtractDone():
                self._on_extract_done(event, now)
            case events.MendDone():
                self._on_mend_done(event, now)
            case events.PruneDone():
                if event.error is not None:
                    self._trouble(event.error, now)
            case events.Compacted():
                self._on_compacted(event, now)
            case _:
                self._agenda.lane_ended()
                if event.error is None:
                    self._on_lane_done(event, now)
                else:
                    self._on_lane_failed(event, event.error, now)
        if overslept:
            # The machine was asleep: nothing was watched, and the head has moved on, also since a look that ends just now.
            self.poll.now()
            self.lookout.below("")
            self.barriers.restart(head_too=True)
        return self._agenda.turn(now)

    def _on_lane_done(self, event: events.LaneEvent, now: float) -> None:
        match event:
            case events.Recovered(dirty=dirty, removing=removing, untidy=untidy):
                self.recovered = True
                if untidy:
                    self.chores.is_untidy(now)
                self.lookout.paths(dirty, ())
                self.chores.remove_after_a_look(removing)
                self.lookout.schedule_rescan(now)
            case events.Refreshed():
                self._on_refreshed(event, now)
            case events.Surveyed():
                self._on_surveyed(event, now)
            case events.Committed():
                self._settling.committed(event, now)
            case events.Landed():
                self._on_landed(event, now)
            case events.Published():
                self._on_published(event, now)
            case events.Audited():
                self._on_audited(event, now)
            case events.Checkpointed():
                self.chores.behind = 0
            case events.Recycled():
                self.expiring.found(event, self.flow, now)

    def _on_lane_failed(self, event: events.LaneEvent, error: HoldallError, now: float) -> None:
        """What was under way is taken up again where it can be; the three trees are as they were."""
        match event:
            case events.Refreshed():
                self.poll.failed(now)
            case events.Surveyed():
                self.findings.forget()
                if self.lookout.survey is not None:
                    self.barriers.unsurvey(self.lookout.survey.number)
                self.lookout.fail(now, self.pace.backoff)
            case events.Committed():
                self._settling.put_back(event.pending, now)
            case events.Landed(paths=paths):
                # Some of it may be exchanged already, with what it displaced still under a staged name.
                self.recovered = False
                for path in paths:
                    self.findings.release(path)
                    self.lookout.path(path)
            case events.Recycled():
                self.expiring.later(now)
            case events.Published(step=step):
                self.recovered = False
                self.findings.release(step.path)
                self.lookout.path(step.path)
        self._trouble(error, now)

    def _on_ask(self, ask: events.Ask, now: float) -> None:
        self.barriers.add(ask, now)
        self.health.try_now()
        self.poll.now()
        if ask.path is not None:
            self.flow.hurry(path for path in self.flow.busy if self.barriers.wanted(path))

    def _on_approve(self) -> None:
        """One thing at a time: a root that was replaced, then deletions that are held, then file systems that are not mounted.

        Who says it again while those deletions are on their way means them still.
        """
        if self.health.root_found() or not (self.removals.tripped or self.removals.approving):
            self.lookout.trust_root = True
        else:
            self.removals.approve()
        self.lookout.not_before = 0.0
        self.lookout.below("")

    def _on_resume(self) -> None:
        """Also: new credentials. What is parked is tried at once."""
        self.resuming = self.paused
        self.paused = False
        self.health.reset()
        self.poll.now()
        self.lookout.not_before = 0.0
        self.lookout.below("")

    def _on_refreshed(self, event: events.Refreshed, now: float) -> None:
        self.health.store_answered()
        first = not self.attached
        moved = event.seq != self.commit
        self.commit = event.seq
        for path in self.flow.doubted(event.paths) if moved else ():
            self._settling.adopt_later(path, now)
        self.chores.behind = event.behind
        self.chores.remove_after_a_look(event.removing)
        self.chores.lay_out(event.laying, now)
        if event.recycle:
            self.expiring.soon()
        self.poll.done(now, lively=moved or bool(self.barriers))
        if event.paths is None or first:
            self.flow.withdraw(None)
            self.lookout.below("")
        elif event.paths:
            self.lookout.paths(self.flow.withdraw(event.paths), self.flow.busy)
            self.lookout.paths(event.paths, self.flow.busy)
            self.findings.look_again()
        self.chores.mend.update(self.damaged if event.paths is None else self.damaged.keys() & event.paths)
        self.barriers.refreshed()
        if self.barriers.unrefreshed:
            self.poll.now()

    # -- surveys

    def _on_surveyed(self, event: events.Surveyed, now: float) -> None:
        survey = self.lookout.survey
        assert survey is not None
        self.health.root_found()
        for step in sorted(event.steps, key=lambda one: not is_git_object(one.path)):
            self._accept(step, survey, now)
        for path in event.settle:
            self.barriers.expects(survey.number, path)
            if path in self.flow.busy or self.lookout.unsettled(path):
                self.lookout.paths((path,), self.flow.busy)
            else:
                self.chores.mend.add(path)
        self.chores.mend.update(one.path for one in event.waiting if one.unswept)
        for left in event.left:
            self.removals.drop(left.path)
        self.findings.add(event, survey, now)
        self.lookout.more = event.more
        if event.more:
            return
        self.findings.refused = {one.path: Left(one.reason, one.fix) for one in event.refused}
        self.lookout.paths(event.released, self.flow.busy)
        self.total, self.expiring.only_here = event.total, event.only_here
        if survey.scope is words.Scope.FULL and self.attached:
            self.findings.unmatched = event.unmatched
        self.findings.close(survey)
        self.barriers.surveyed(survey.number)
        self.resuming = self.resuming and survey.scope is not words.Scope.FULL
        self.lookout.end(now)

    def _accept(self, step: Step, survey: Survey, now: float) -> None:
        path = step.path
        self.barriers.found(survey.number, step)
        if path in self.flow.busy or self.lookout.unsettled(path):
            self.lookout.paths((path,), self.flow.busy)
            return
        if not self.attached:
            return
        if self.flow.starts_anew(step):
            self.lookout.retry(path, now, self.pace.unrest)
            return
        self.findings.left.pop(path, None)
        if step.verdict is Verdict.PUSH_DELETE and step.bundle is None:
            self.removals.add(step, now)
            return
        self.removals.drop(path)
        step = without_exchange(step, damaged=self.damaged.get(path) == step.remote)
        self.flow.add(step, urgent=self.barriers.wanted(path))

    # -- transfers

    def _on_push_done(self, event: events.PushDone, now: float) -> None:
        self.flow.push_ended(event.into)
        for item in event.pushed:
            if item.entry is not None:
                self.removals.appeared(item.step.path, item.entry.digest, now)
            if self.flow.arrived(item.step):
                self.flow.pushed(item, now)
            else:
                self.findings.release(item.step.path)
                self.lookout.path(item.step.path)
        for step in event.unchanged:
            self.flow.arrived(step, travels=False)
            self.findings.release(step.path)
            self.barriers.settled(step.survey, step.path)
        for path in event.foreign:
            self.findings.give_up(path, now)
            self.lookout.retry(path, now, self.pace.backoff)
            self.chores.audit_by(now)
        self._on_failed(event.failed, now)

    def _on_fetch_done(self, event: events.FetchDone, now: float) -> None:
        self.flow.fetch_ended(packed=event.packed)
        self.flow.fetched(event.fetched, now)
        self.barriers.count_down(event.fetched)
        self._on_failed(event.failed, now)

    def _on_failed(self, failed: tuple[words.Failed, ...], now: float) -> None:
        for path, error in failed:
            self.findings.failed(path, error, now)
            if is_the_stores(error):
                self._trouble(error, now)
            elif error.code == "missing":
                # Where the head has not moved on, the key is looked at, and the trash.
                self.poll.now()
                self.chores.mend.add(path)

    # -- landings

    def _on_landed(self, event: events.Landed, now: float) -> None:
        for path in event.done:
            step = self.flow.busy.get(path)
            self.findings.release(path)
            self.findings.left.pop(path, None)
            self.damaged.pop(path, None)
            if archive_at(path) is not None:
                self.lookout.path(path)
            if step is not None:
                if path not in event.due:  # else whoever waits for it waits for what is in it, too
                    self.barriers.settled(step.survey, path)
                if step.keep_as is not None:
                    self.lookout.below(step.keep_as)
                    self.barriers.restart()
            if path.rpartition("/")[2] == RULES_NAME:
                # What the rules before it left out was in no survey.
                self.lookout.below("")
                self.barriers.restart()
        for path in event.moved:
            self.findings.release(path)
            self.findings.moved(path, now)
        self._on_failed(event.failed, now)

    # -- archives

    def _on_extract_done(self, event: events.ExtractDone, now: float) -> None:
        self.flow.extracting = False
        step = event.step
        if event.unpacked is not None:
            self.flow.unpacked(event.unpacked)
        elif event.failed is not None:
            self._on_failed((event.failed,), now)
        else:
            self.findings.through(step)
            self.lookout.paths((step.path, *event.released), self.flow.busy)

    def _on_published(self, event: events.Published, now: float) -> None:
        if event.failed is not None:
            self._on_failed((event.failed,), now)
            return
        self.findings.through(event.step)
        self.lookout.paths(event.moved, self.flow.busy)

    # -- upkeep

    def _on_mend_done(self, event: events.MendDone, now: float) -> None:
        self.chores.mended(event.done)
        for path in event.done:
            self.damaged.pop(path, None)
            self.findings.release(path)
        for item in event.settled:
            self.flow.pushed(item, now)
        self.damaged.update(event.damaged)
        for path, error in event.failed:
            self.findings.release(path)
            if is_the_stores(error):
                self.chores.mend.add(path)
                self._trouble(error, now)
            else:
                # The key is as it is until the next listing finds it again.
                self.chores.unmended(path)
                self.findings.left[path] = left_by(error)

    def _on_audited(self, event: events.Audited, now: float) -> None:
        busy = self.flow.busy.keys()
        torn = {item.step.bundle for item in event.adopted if item.step.path in busy}
        for item in event.adopted:
            if item.step.path not in busy and (item.step.bundle is None or item.step.bundle not in torn):
                self.flow.pushed(item, now)
        self.chores.mend.update({*event.mend, *self.damaged} - busy)
        self.chores.lay_out(event.laying, now)
        self.findings.unfit = {one.path: Left(one.reason, one.fix) for one in event.unfit}
        self.barriers.was_audited()
        if event.later is not None:
            self.chores.audit_by(now + event.later)

    def _on_compacted(self, event: events.Compacted, now: float) -> None:
        for item in event.moved:
            if item.step.path not in self.flow.busy:
                self.flow.pushed(item, now)
        self.chores.compacted(now, event.stray, more=event.more)
        if event.error is not None:
            self._trouble(event.error, now)

    def _trouble(self, error: HoldallError, now: float) -> None:
        self.health.trouble(error, now)
        if isinstance(error, Lapsed):
            self.poll.now()
        if isinstance(error, RootLost):
            self.lookout.not_before = self.health.root_again_at
            self.lookout.below("")
