"""What surveys say of paths beside their steps: what cannot travel and why, what is not in the store yet, and what turned out to
be in order.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from holdall.engine.barriers import Barriers
from holdall.engine.effects import Survey
from holdall.engine.events import Surveyed
from holdall.engine.health import is_the_stores
from holdall.engine.inflight import Inflight
from holdall.engine.lookout import Lookout
from holdall.engine.pace import Pace
from holdall.engine.removals import Removals
from holdall.engine.words import LeftPath, Scope, Step
from holdall.errors import HoldallError, Moved
from holdall.model import Kind
from holdall.rules.bundles import database_of, members_of
from holdall.rules.reconcile import UPWARDS, parents


class Unsent(NamedTuple):
    """survey    number of the one that saw it last; 0 where none did
    bytes     as far as they are known
    is_file   or a symlink; not so a directory, a deletion, an unfinished upload that nothing more is known of
    withheld  the policy keeps it here until somebody asks for it
    """

    survey: int
    bytes: int = 0
    is_file: bool = True
    withheld: bool = False


class Left(NamedTuple):
    """Why a path does not get through. `fix`: what a person can do about it; "" where waiting is all there is."""

    reason: str
    fix: str = ""


def left_by(error: HoldallError) -> Left:
    return Left(error.message, error.hint or "")


class Findings:
    """left     paths that do not get through -> why
    special  what takes no part by its kind -> number of the survey that saw it last, what it is
    unfit    of those that only the store has, as of its last listing: nothing here waits for them
    refused  archives that are not extracted: nothing waits for them either
    later    paths that wait until what was below them, or a file above them, is gone from the store
    unmatched  number and path of the white list's entries that match nothing here or in the store
    unsent   paths of which the store has something else than this disk: from the survey that found them until they are through,
             or a later one finds them in order. Whether they are under way, or wait to be tried again, is all the same
    """

    def __init__(
        self, flow: Inflight, lookout: Lookout, removals: Removals, barriers: Barriers, pace: Pace
    ) -> None:
        self.left: dict[str, Left] = {}
        self.unfit: dict[str, Left] = {}
        self.refused: dict[str, Left] = {}
        self.special: dict[str, tuple[int, str]] = {}
        self.unmatched: tuple[tuple[int, str], ...] = ()
        self.later: set[str] = set()
        self.unsent: dict[str, Unsent] = {}
        self._named: set[str] = set()
        self._flow = flow
        self._lookout = lookout
        self._removals = removals
        self._barriers = barriers
        self._pace = pace

    def named(self) -> dict[str, Left]:
        """All that does not get through, in either direction."""
        return self.unfit | self.left

    def add(self, event: Surveyed, survey: Survey, now: float) -> None:
        """One part of a survey; its steps and what it has to settle are the mount's."""
        number = survey.number
        for found in event.left:
            self.left[found.path] = Left(found.reason, found.fix)
            self.unsent[found.path] = Unsent(number, found.bytes)
            self._barriers.found_left(number, found)
        for path, reason, for_s, _ in event.waiting:
            self.left[path] = Left(reason)
            self._barriers.found_left(number, LeftPath(path, reason))
            self._lookout.retry_in(path, now, for_s)
            self._named.add(path)
        for path, what in event.special:
            self.special[path] = (number, what)
        for path in event.withheld:
            self._barriers.found_withheld(number, path)
        for path in event.later:
            self.later.add(path)
            self._barriers.expects_later(number, path)
        for path, reason in event.at_work:
            self.left[path] = Left(reason)
            self._barriers.expects(number, f"{path}/")
            self._lookout.retry(path, now, self._pace.unrest)
            self._named |= {path, f"{path}/"}
        self.unsent.update((path, Unsent(number)) for path in event.later)
        self.unsent.update((path, Unsent(number, is_file=False)) for path in event.settle)
        self.unsent.update((step.path, _unsent(step)) for step in event.steps if step.verdict in UPWARDS)
        self.unsent.update((step.path, _unsent(step)._replace(withheld=True)) for step in event.unasked)
        self._named.update(step.path for step in event.steps)
        self._named.update(event.settle, event.later, (found.path for found in event.left))

    def release(self, path: str) -> None:
        """It is not under way any more."""
        step = self._flow.busy.get(path)
        if step is not None and step.survey:  # else it was about the store: of what is here it says nothing
            self.unsent.pop(path, None)
        self._flow.release(path)
        self._lookout.through(path)

    def through(self, step: Step) -> None:
        """All of it is done."""
        self.release(step.path)
        self.left.pop(step.path, None)
        self._lookout.went_well(step.path)
        self._barriers.settled(step.survey, step.path)

    def give_up(self, path: str, now: float) -> None:
        """And what was to travel with it waits for it: all of that is looked at again later."""
        step = self._flow.busy.get(path)
        if step is not None and step.bundle is not None:
            for member in self._flow.unbundle(step):
                if member != path:
                    self._put_off(member)
                    self._lookout.retry(member, now, self._pace.unrest)
        self._put_off(path)

    def _put_off(self, path: str) -> None:
        """It is not under way any more, and as unsent as before."""
        unsent = self.unsent.get(path)
        self.release(path)
        if unsent is not None:
            self.unsent[path] = unsent

    def failed(self, path: str, error: HoldallError, now: float) -> None:
        self.give_up(path, now)
        if isinstance(error, Moved):
            self.moved(path, now)
        else:
            self._lookout.retry(path, now, self._pace.backoff)
        if not is_the_stores(error):
            self.left[path] = left_by(error)
            self._barriers.failed(path, error)

    def moved(self, path: str, now: float) -> None:
        """Somebody is at it. A program that keeps it open for writing may be so for hours.

        What a database waits for may be another of its files, which waits for it: each alone would be refused for ever. And what
        the path lies in may be no directory any more.
        """
        self._lookout.retry(path, now, self._pace.unrest, along=members_of(database_of(path)))
        self._lookout.paths(parents(path), self._flow.busy)
        self.unsent.setdefault(path, Unsent(0))

    def look_again(self) -> None:
        """Something is gone from the head: what waited for that may go now."""
        self._lookout.paths(self.later, self._flow.busy)
        self.later.clear()

    def forget(self) -> None:
        """The survey came to nothing."""
        self._named = set()

    def close(self, survey: Survey) -> None:
        """What the survey, in all its parts, looked at and had nothing to say of is in order."""
        named, self._named = self._named, set()
        stale = self._stale(survey)
        for path in named.intersection(stale):
            # It is no deletion any more, and what it is has been said.
            self._removals.drop(path)
        for path in self._in_order(survey, named, stale):
            # What was under way meanwhile was left out of the look, or may have moved since.
            if path in self._flow.busy or self._lookout.unsettled(path):
                self._lookout.paths((path,), self._flow.busy)
                continue
            self._removals.drop(path)
            self.left.pop(path, None)
            self._lookout.went_well(path)
            self._barriers.settled(survey.number, path)
        for path in _outdated(self.special, survey):
            del self.special[path]
        for path in _outdated(self.unsent, survey):
            if path not in self._flow.busy and not self._lookout.unsettled(path):
                del self.unsent[path]

    def _stale(self, survey: Survey) -> list[str]:
        """Deletions that wait, and that a look everywhere did not find again."""
        if survey.scope is not Scope.FULL:
            return []
        return [path for path, step in self._removals.waiting.items() if step.survey < survey.number]

    def _in_order(self, survey: Survey, named: set[str], stale: list[str]) -> list[str]:
        waiting = self._removals.waiting
        if survey.scope is Scope.FULL:
            return [path for path in (*stale, *self.left, *self._barriers.expected()) if path not in named]
        found = [path for path in survey.paths if path not in named]
        if survey.scope is Scope.TREES:
            below = tuple(f"{path}/" for path in survey.paths)
            expected = (*waiting, *self.left, *self._barriers.expected())
            found += [path for path in expected if path.startswith(below) and path not in named]
        return found


def _unsent(step: Step) -> Unsent:
    local = step.local
    if local is None or local.kind is Kind.DIR:
        return Unsent(step.survey, is_file=False)
    return Unsent(step.survey, local.size)


def _outdated(noted: Mapping[str, tuple[Any, ...]], survey: Survey) -> list[str]:
    """Of what earlier surveys saw, by their numbers, what this one looked at and did not see again."""
    match survey.scope:
        case Scope.FULL:
            covered = list(noted)
        case Scope.TREES:
            tops = set(survey.paths)
            covered = [path for path in noted if not tops.isdisjoint((path, *parents(path)))]
        case Scope.PATHS:
            covered = [path for path in survey.paths if path in noted]
    return [path for path in covered if noted[path][0] < survey.number]
