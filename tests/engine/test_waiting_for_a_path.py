"""Whoever waits for one path waits for that path: not for the rest of a large tree, nor for what is queued of it."""

import random

import pytest

from holdall.engine import effects, events
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.words import Fetched, Outcome, Step, Until
from holdall.errors import LocalError
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.directions import Flags, SyncType
from holdall.rules.reconcile import Verdict

LARGE = Entry(Kind.FILE, 2**20, 1, 0o644, "d" * 64)


class Restoring:
    """A mount whose first survey has found these; with `more`, that was not all of it."""

    def __init__(self, paths, *, more=False):
        self.mount = Mount(SyncType.AUTO, Pace(transfers=2), random.Random(1), seq=0)
        for event in (events.Tick(), events.Recovered()):
            self.tell(event)
        (self.survey,) = self.tell(events.Refreshed(0))
        self.fetching = self.tell(
            events.Surveyed(self.survey.number, tuple(map(self.step, paths)), more=more)
        )

    def tell(self, event, now=0.0):
        return [one for one in self.mount.handle(event, now) if not isinstance(one, effects.Wake)]

    def step(self, path, verdict=Verdict.PULL, local=None):
        return Step(path, verdict, self.survey.number, Seen(path, SeenAs.ABSENT), local, None, LARGE)

    def ask(self, until=Until.RESTORED, path="deep/wanted"):
        assert [type(one) for one in self.tell(events.Ask(1, until, path=path))] == [effects.Refresh]
        return self.tell(events.Refreshed(0))


@pytest.fixture
def restoring():
    """More than it takes at a time."""
    found = Restoring([f"f{number}" for number in range(4000)], more=True)
    assert {type(one) for one in found.fetching} == {effects.Fetch}  # and no SurveyMore
    return found


def test_it_is_looked_for_at_once_and_comes_first(restoring):
    (restoring.survey,) = restoring.ask()
    assert (restoring.survey.scope, restoring.survey.paths) == ("trees", ("deep/wanted",))
    assert (restoring.survey.up, restoring.survey.down) == (frozenset(), {"deep/wanted"})
    restoring.tell(events.Surveyed(restoring.survey.number, (restoring.step("deep/wanted"),)))
    first = restoring.fetching[0].steps[0]
    next_ = restoring.tell(events.FetchDone((Fetched(first, "staged"),)))
    assert [step.path for one in next_ if isinstance(one, effects.Fetch) for step in one.steps] == [
        "deep/wanted"
    ]


def test_the_rest_is_looked_at_anew_afterwards(restoring):
    (restoring.survey,) = restoring.ask()
    found = restoring.tell(events.Surveyed(restoring.survey.number, (restoring.step("deep/wanted"),)))
    (again,) = [one for one in found if isinstance(one, effects.Survey)]
    assert again.scope == "full"
    assert {f"f{number}" for number in range(4000)} <= again.busy


def test_its_answer_waits_for_nothing_else(restoring):
    (survey,) = restoring.ask()
    found = restoring.tell(events.Surveyed(survey.number, ()))
    (answer,) = [one for one in found if isinstance(one, effects.Answer)]
    assert answer.receipt.outcome is Outcome.COMPLETE


def test_a_flush_of_a_path_still_looks_everywhere(restoring):
    """What is renamed into it may lie anywhere."""
    assert restoring.ask(Until.DURABLE) == []


def test_what_is_asked_for_does_not_wait_behind_uploads(restoring):
    (restoring.survey,) = restoring.ask()
    uploads = [restoring.step(f"u{number}", Verdict.PUSH, LARGE) for number in range(9)]
    restoring.tell(events.Surveyed(restoring.survey.number, (*uploads, restoring.step("deep/wanted"))))
    (fetch,) = [
        one
        for one in restoring.tell(events.FetchDone((Fetched(restoring.fetching[0].steps[0], "staged"),)))
        if isinstance(one, effects.Fetch | effects.Push)
    ]
    assert [step.path for step in fetch.steps] == ["deep/wanted"]


@pytest.mark.parametrize("path", [None, "deep/wanted"])
def test_a_look_that_failed_is_made_again_for_those_who_wait(path):
    """That a database was locked for a moment keeps nobody waiting for ever."""
    found = Restoring(())
    (first,) = found.ask(path=path)
    found.tell(events.Surveyed(first.number, error=LocalError("the disk is full")))
    asked = found.tell(events.Tick(), 1.5)
    while not any(isinstance(one, effects.Survey) for one in asked):
        asked = found.tell(events.Refreshed(0), 1.5)
    (again,) = asked
    answered = found.tell(events.Surveyed(again.number), 1.5)
    assert [one.receipt.outcome for one in answered if isinstance(one, effects.Answer)] == [Outcome.COMPLETE]


@pytest.mark.parametrize("size", [1, 100])
def test_only_that_path_comes_where_downloads_wait_to_be_asked_for(world, one, size):
    """With the directories that it lies in, as they are in the store."""
    for path in ("a/b/wanted", "a/b/other", "x"):
        one.disk.write(path, b"1" * size)
    one.disk.chmod("a/b", 0o700)
    one.flush()
    other = world.machine("other")
    other.flags = Flags(auto_download=False)
    other.disk.write("mine", b"2")
    assert other.flush(Until.RESTORED, path="a/b/wanted").outcome is Outcome.COMPLETE
    assert {seen.path for seen in other.disk.scan()} == {"a", "a/b", "a/b/wanted", "mine"}
    other.flush(Until.RESTORED, path="a")
    assert {seen.path for seen in other.disk.scan()} == {"a", "a/b", "a/b/wanted", "a/b/other", "mine"}
    assert other.disk.tree.nodes["a/b"].mode == 0o700
