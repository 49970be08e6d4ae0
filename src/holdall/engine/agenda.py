"""What a mount does next, and when it has to be woken."""

import math
from typing import TYPE_CHECKING, Final

from holdall.engine import effects
from holdall.engine.alarm import Alarm
from holdall.engine.chores import mending
from holdall.engine.effects import Effect
from holdall.engine.words import Scope, Until

if TYPE_CHECKING:
    from holdall.engine.mount import Mount

_LOW_WATER: Final = 3000


class Agenda:
    """Asked after each event. Keeps the lane: what reads or writes the three trees goes one at a time."""

    def __init__(self, mount: "Mount") -> None:
        self._mount = mount
        self._alarm = Alarm()
        self._lane: type[Effect] | None = None

    def overslept(self, now: float) -> bool:
        """Whether the alarm that was set for some time ago comes only now: the machine was asleep."""
        return self._alarm.overslept(now)

    def lane_ended(self) -> None:
        self._lane = None

    def turn(self, now: float) -> list[Effect]:
        mount = self._mount
        asked: list[Effect] = []
        if not mount.paused:
            if mount.lookout.wake(now, mount.flow.busy):
                mount.chores.audit_by(now)
            if self._lane is None and (effect := self._next_in_lane(now)) is not None:
                self._lane = type(effect)
                mount.barriers.begins(effect)
                asked.append(effect)
            if mount.attached and mount.health.online(now) and not mount.health.root_lost:
                asked.extend(mount.flow.dispatch(hurried=mount.barriers.is_near(now)))
                if now < mount.poll.at:  # what is mended goes by the head: after a sleep it is read first
                    asked.extend(mount.chores.mends(mount.flow, now, waited_for=bool(mount.barriers)))
                if mount.chores.prune(now):
                    asked.append(effects.Prune())
                    mount.chores.is_untidy(now)
                hurried = mount.barriers.tidying
                if not mount.flow.going_up and mount.chores.compact(now, hurried=hurried):
                    asked.append(effects.Compact())
        asked.extend(
            mount.barriers.answers(
                now,
                mount.commit,
                held=mount.removals.held(),
                removing=mount.chores.removing,
                untidy=mount.chores.tidying,
                damaged=mount.damaged,
                blocked=mount.health.blocked,
            )
        )
        asked.extend(self._alarm.set(self._next_wake(now)))
        return asked

    def _next_in_lane(self, now: float) -> Effect | None:
        mount = self._mount
        online = mount.health.online(now)
        if not mount.recovered:
            return effects.Recover() if online and now >= mount.health.root_again_at else None
        if online and now >= mount.poll.at:
            return effects.Refresh(sure=mount.barriers.unrefreshed)
        # A bulk upload must not run dry while its commits take the lane.
        hungry = mount.lookout.more and mount.flow.queued < _LOW_WATER // 3
        if online and mount.attached and not hungry and (effect := self._store_work(now)) is not None:
            return effect
        if (survey := self._narrow_survey(now)) is not None:
            return survey
        if online and mount.attached and mount.expiring.is_time(now):
            return effects.Recycle(frozenset(mount.flow.busy))
        if mount.lookout.survey is not None:
            enough = not mount.lookout.more or mount.flow.queued >= _LOW_WATER
            return None if enough else effects.SurveyMore(mount.lookout.survey.number)
        if (survey := self._next_survey(now)) is not None:
            return survey
        if online and mount.attached and mount.flow.idle:
            return mount.chores.next(now, audit=mount.barriers.unaudited)
        return None

    def _store_work(self, now: float) -> Effect | None:
        mount = self._mount
        mount.last_look.release(now, mount.total)
        at = mount.flow.commit_at(mending=mount.chores.running)
        if at is not None and at <= now:
            items = mount.flow.take_pushed()
            return effects.Commit(items, mount.removals.approved(item.step.path for item in items))
        at = mount.flow.land_at()
        if at is not None and at <= now and not mount.health.root_lost:
            return mount.flow.take_landing()
        if not mount.health.root_lost and (unpacked := mount.flow.take_unpacked()) is not None:
            return effects.Publish(unpacked)
        return None

    def _next_survey(self, now: float) -> effects.Survey | None:
        mount = self._mount
        # A barrier's survey comes after its look at the head, or without one where the store does not answer.
        everywhere = mount.barriers.unsurveyed and (not mount.health.online(now) or mount.poll.at > now)
        if not mount.lookout.wants(now, everywhere=everywhere):
            return None
        soon = mending(mount.chores.mend)
        under_way = frozenset(mount.flow.busy)
        up, down = self._asked()
        survey = mount.lookout.next(now, under_way, everywhere=everywhere, up=up, down=down)
        if survey is not None and survey.scope is Scope.FULL:
            mount.barriers.survey_begins(survey.number, {**mount.flow.busy, **soon})
            mount.lookout.expect(soon)
        return survey

    def _narrow_survey(self, now: float) -> effects.Survey | None:
        """Whoever waits for a path does not wait for all that is queued before a large tree is looked through."""
        mount = self._mount
        paths = mount.barriers.narrow()
        head_first = mount.health.online(now) and mount.poll.at <= now
        if not paths or head_first or now < mount.lookout.not_before:
            return None
        if mount.lookout.survey is not None:
            mount.findings.forget()
            mount.barriers.unsurvey(mount.lookout.survey.number)
        up, down = self._asked()
        survey = mount.lookout.narrow(frozenset(mount.flow.busy), tuple(paths), up, down)
        mount.barriers.survey_begins(survey.number, mount.flow.busy, narrow=True)
        return survey

    def _asked(self) -> tuple[frozenset[str], frozenset[str]]:
        asked = self._mount.barriers.asked
        return asked(Until.DURABLE, Until.SYNCED), asked(Until.RESTORED, Until.SYNCED)

    def _next_wake(self, now: float) -> float | None:
        mount = self._mount
        times: list[float | None] = [mount.barriers.next_deadline()]
        if not mount.paused:
            times += [*mount.lookout.times(), mount.chores.audit_at]
            if not mount.recovered:
                times.append(mount.health.root_again_at)
            if not mount.health.online(now):
                times.append(mount.health.offline_until)
            elif mount.recovered:
                times += [
                    mount.poll.at,
                    mount.flow.commit_at(mending=mount.chores.running),
                    mount.flow.land_at(),
                    mount.removals.due_at(),
                    mount.chores.prune_at,
                    mount.chores.lay_at,
                    mount.chores.compact_at,
                    mount.expiring.at,
                ]
        return min((at for at in times if at is not None and now < at < math.inf), default=None)
