"""Deletions go last, and not before they were looked at once more: what is there again by then was never gone."""

from collections.abc import Iterable

from holdall.engine.barriers import Barriers
from holdall.engine.inflight import Inflight
from holdall.engine.lookout import Lookout
from holdall.engine.removals import Removals
from holdall.engine.words import Pushed, Step
from holdall.model import Kind
from holdall.rules.reconcile import Verdict, parents


class LastLook:
    """Takes what was deleted here from the survey that found it gone to the commit."""

    def __init__(self, removals: Removals, lookout: Lookout, flow: Inflight, barriers: Barriers) -> None:
        self._removals = removals
        self._lookout = lookout
        self._flow = flow
        self._barriers = barriers

    def touched(self, path: str, now: float, *, closed: bool) -> None:
        """A file that is made anew while its deletion is on its way does not wait for the pause that busy files have."""
        going = self._removals.waiting.get(path) or self._flow.busy.get(path)
        if going is None or going.verdict is not Verdict.PUSH_DELETE:
            self._lookout.touched(path, now, closed=closed)
        elif closed:
            self._lookout.paths((path,), self._flow.busy)
        elif not self._removals.is_new(path):
            # Else the last look is to come, and sees what is written by then.
            self._lookout.touched(path, now, closed=False)

    def release(self, now: float, total: int) -> None:
        """What may go now is handed on, what has waited long enough is looked at. `total`: files in the base."""
        if not self._removals.waiting or self._lookout.survey is not None or self._flow.going_up:
            return
        # A barrier need not wait out the age, but for its own look everywhere: half of a rename is not a deletion.
        if self._barriers.unfinished:
            return
        self._look_at(self._removals.doubt(now, hurry=bool(self._barriers)))
        for step in self._removals.pass_guard(now, total):
            if step.path in self._flow.busy:
                self.put_back(step)
            else:
                self._flow.pushed(Pushed(step, None, None), now)

    def put_back(self, step: Step) -> None:
        """It is weighed anew: on another head, or after what is under way there now."""
        if step.bundle is None:
            self._removals.put_back(step)
        self._lookout.paths((step.path,), self._flow.busy)

    def _look_at(self, steps: Iterable[Step]) -> None:
        """A directory with all that was in it, else each by its name."""
        gone = {step.path: step for step in steps}
        for path, step in gone.items():
            if any(above in gone for above in parents(path)):
                continue
            if step.base is not None and step.base.kind is Kind.DIR:
                self._lookout.below(path)
            else:
                self._lookout.paths((path,), self._flow.busy)
