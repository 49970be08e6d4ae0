"""Which way the steps of a survey may go: as the policy says, but where somebody waits for them."""

from collections.abc import Callable
from itertools import product, starmap

from holdall.engine.effects import Survey
from holdall.engine.words import Step
from holdall.rules.bundles import database_of, git_dir
from holdall.rules.directions import EVERYTHING, Asked, Directions
from holdall.rules.reconcile import Verdict, parents


class Ways:
    """`begin` with each survey: what holds at its beginning holds for all of it. `away`: what is gone by no user's word."""

    def __init__(self, allowed: Callable[[Asked], Directions]) -> None:
        self._allowed = allowed
        self._ways: dict[Asked, Directions] = {}
        self._up: frozenset[str] = frozenset()
        self._down: frozenset[str] = frozenset()
        self._away: frozenset[str] = frozenset()

    def begin(self, survey: Survey, away: frozenset[str] = frozenset()) -> None:
        self._away = away
        self._up, self._down = survey.up, survey.down
        self._ways = {
            asked: self._allowed(asked) for asked in starmap(Asked, product((False, True), repeat=2))
        }

    @property
    def asked(self) -> Directions:
        """Were all of it asked for."""
        return self._ways[EVERYTHING]

    def of(self, step: Step) -> Directions:
        return self._ways[Asked(_is_about(self._up, step), _is_about(self._down, step))]

    def allow(self, step: Step, verdict: Verdict) -> bool:
        """`verdict`: the one by which the policy goes."""
        deleted_here = step.local is None and step.base is not None and step.path not in self._away
        return self.of(step).allow(verdict, deleted_here=deleted_here)


def _is_about(asked: frozenset[str], step: Step) -> bool:
    """Whether somebody waits for the step, or for what it has to travel together with."""
    if not asked or "" in asked:
        return bool(asked)
    bundle = step.bundle
    if bundle is not None and any(bundle in {one, database_of(one), git_dir(one)} for one in asked):
        return True
    return not asked.isdisjoint((step.path, *parents(step.path)))
