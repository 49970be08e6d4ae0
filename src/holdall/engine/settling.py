"""What becomes of what was to be committed: agreed on, overtaken by the head, or planned anew on it."""

from typing import TYPE_CHECKING

from holdall.engine import events
from holdall.engine.words import Pushed
from holdall.rules.extraction import archive_at
from holdall.rules.reconcile import Verdict

if TYPE_CHECKING:
    from holdall.engine.mount import Mount


class Settling:
    def __init__(self, mount: "Mount") -> None:
        self._mount = mount

    def committed(self, event: events.Committed, now: float) -> None:
        mount = self._mount
        for item in event.stale:
            mount.findings.release(item.step.path)
            mount.removals.drop(item.step.path)
            mount.lookout.path(item.step.path)
            if item.adopted:
                mount.chores.mend.add(item.step.path)  # what it put at the key may be nobody's now
        if event.lost:
            self.put_back(event.pending, now)
            return
        mount.health.store_answered()
        if event.seq < 0:
            return
        mount.commit = event.seq
        mount.chores.behind += 1
        if event.untidy:
            mount.chores.is_untidy(now)
        for item in event.done:
            self._settle(item, now)
        removed = [one.step for one in event.done if one.step.verdict is Verdict.PUSH_DELETE]
        mount.removals.mirrored([step for step in removed if step.bundle is None], now)
        if removed:
            mount.findings.look_again()

    def _settle(self, item: Pushed, now: float) -> None:
        mount = self._mount
        step = item.step
        path = step.path
        mount.findings.release(path)
        mount.damaged.pop(path, None)
        mount.lookout.went_well(path)
        if item.expired:
            mount.chores.remove(path)
        if archive_at(path) is not None:
            # What came out of an earlier version may be its user's now.
            mount.lookout.path(path)
        if item.adopted or (step.verdict is Verdict.NOTHING and not item.swept):
            # The log moved, the disk did not: now what is here can be compared with it.
            mount.lookout.path(path)
            return
        where = None if item.entry is None else item.entry.packed
        if where is not None and where.lay:
            mount.chores.lay_out((path,), now)
        elif where is not None and where.shadow:
            mount.chores.mend.add(path)
        if step.verdict is Verdict.PUSH_DELETE:
            mount.chores.remove(path)
            if step.local is not None:
                mount.lookout.below(path)
        mount.barriers.count_up(item)
        mount.barriers.settled(step.survey, path)

    def put_back(self, items: tuple[Pushed, ...], now: float) -> None:
        """What was uploaded is committed on the new head, with what travels with it; other deletions, and what has expired, are
        weighed anew on it.
        """
        mount = self._mount
        mount.poll.now()
        for item in items:
            if item.moved:
                self._move_later(item, now)
            elif item.adopted:
                self.adopt_later(item.step.path, now)
            elif item.expired:
                mount.findings.release(item.step.path)
                mount.lookout.path(item.step.path)
                mount.expiring.soon()
            elif item.step.verdict is Verdict.PUSH_DELETE and item.step.bundle is None:
                mount.findings.release(item.step.path)
                mount.last_look.put_back(item.step)
            else:
                mount.flow.pushed(item, now)

    def _move_later(self, item: Pushed, now: float) -> None:
        mount = self._mount
        path = item.step.path
        mount.findings.release(path)
        mount.lookout.path(path)
        if item.entry is not None and item.entry.plain is not None:
            mount.chores.lay_out((path,), now)
        else:
            mount.chores.is_untidy(now)

    def adopt_later(self, path: str, now: float) -> None:
        """If it is there still at the next listing."""
        mount = self._mount
        mount.findings.release(path)
        mount.chores.audit_by(now)
