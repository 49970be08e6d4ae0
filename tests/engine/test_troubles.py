"""What a mount does about what goes wrong, and how often."""

import itertools
import random

import pytest

from holdall.engine import effects, events
from holdall.engine.events import Ask
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.words import Fetched, Outcome, Step, Until
from holdall.errors import BadFormat, Denied, LocalError, NoBucket, RootLost, Unavailable
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.directions import SyncType
from holdall.rules.reconcile import Verdict


class Clocked:
    """A mount that is at rest at time 0. `looks`: what comes of a survey; `finds`: and what the next one finds."""

    def __init__(self):
        self.mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=0)
        self.now = 0.0
        self.wake_at = None
        self.surveyed_at = []
        self.looks = None
        self.finds = ()
        for event in events.Tick(), events.Recovered(), events.Refreshed(0):
            self.tell(event)

    def tell(self, event):
        """What has to be carried out because of it, surveys left out."""
        left = []
        for effect in self.mount.handle(event, self.now):
            match effect:
                case effects.Wake(at):
                    self.wake_at = at
                case effects.Survey(number):
                    self.surveyed_at.append(self.now)
                    found, self.finds = self.finds, ()
                    left += self.tell(events.Surveyed(number, found, error=self.looks))
                case _:
                    left.append(effect)
        return left

    def next(self):
        """What it begins when it wakes up next."""
        while True:
            self.now = self.wake_at
            if asked := self.tell(events.Tick()):
                return asked


@pytest.fixture
def clocked():
    return Clocked()


def test_a_survey_that_fails_is_begun_again_later_and_later(clocked):
    clocked.looks = LocalError("the state cannot be read")
    clocked.tell(events.Lost(""))
    while clocked.now < 60:
        assert clocked.next() == [effects.Refresh()]
        clocked.tell(events.Refreshed(0))
    tries = clocked.surveyed_at[1:]
    waits = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert waits == sorted(waits)
    assert 3 <= len(tries) <= 10


@pytest.mark.parametrize("error", [Denied("no"), NoBucket("no"), BadFormat("no")])
class TestWhatAPersonHasToMend:
    @pytest.fixture
    def blocked(self, clocked, error):
        assert clocked.tell(events.Ask(1, Until.DURABLE)) == [effects.Refresh(sure=True)]
        (answer,) = clocked.tell(events.Refreshed(error=error))
        assert answer.receipt.outcome is Outcome.FAILED
        return clocked

    def test_is_asked_for_again_every_five_minutes(self, blocked):
        assert blocked.next() == [effects.Refresh()]
        assert blocked.now == pytest.approx(300, abs=30)
        assert not [one for one in blocked.tell(events.Refreshed(0)) if isinstance(one, effects.Answer)]
        assert blocked.mount.health.blocked is None

    def test_is_asked_for_once_more_when_somebody_waits(self, blocked, error):
        assert blocked.tell(Ask(2, Until.DURABLE)) == [effects.Refresh(sure=True)]
        (answer,) = blocked.tell(events.Refreshed(error=error))
        assert (answer.ticket, answer.receipt.outcome) == (2, Outcome.FAILED)
        assert answer.receipt.problems == (error,)

    def test_and_is_shown_meanwhile(self, blocked, error):
        blocked.tell(Ask(2, Until.DURABLE))
        assert blocked.mount.problems == {error.code: error}

    def test_while_only_the_network_fails_now(self, blocked):
        """That it was mended is not known: the wait is for the deadline."""
        blocked.tell(Ask(2, Until.DURABLE, deadline=30.0))
        assert not blocked.tell(events.Refreshed(error=Unavailable("no answer")))
        while (found := blocked.next()) == [effects.Refresh(sure=True)]:
            blocked.tell(events.Refreshed(error=Unavailable("no answer")))
        assert blocked.now == 30.0
        assert found[-1].receipt.overdue


class TestWhatComesDown:
    @pytest.fixture
    def fetch(self, clocked):
        """It is on its way."""
        file = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64, vid=1)
        clocked.finds = (Step("p", Verdict.PULL, 1, Seen("p", SeenAs.ABSENT), None, None, file),)
        (effect,) = clocked.tell(events.Lost(""))
        return effect

    def fetched(self, fetch):
        return events.FetchDone((Fetched(fetch.steps[0], ".~holdall-1", 1),))

    def lose_root(self, clocked):
        clocked.looks = RootLost("the directory is missing")
        clocked.tell(events.Lost(""))

    def test_is_put_in_place(self, clocked, fetch):
        (land,) = clocked.tell(self.fetched(fetch))
        assert [one.step.path for one in land.fetched] == ["p"]

    def test_is_settled_before_anything_else_where_that_failed_midway(self, clocked, fetch):
        clocked.tell(self.fetched(fetch))
        assert clocked.tell(events.Landed(error=LocalError("input/output error"), paths=("p",))) == []
        assert clocked.next() == [effects.Recover()]

    def test_is_not_put_into_a_directory_that_is_missing(self, clocked, fetch):
        self.lose_root(clocked)
        assert clocked.tell(self.fetched(fetch)) == []

    def test_is_not_even_fetched_for_one(self, clocked, fetch):
        self.lose_root(clocked)
        waiting = fetch.steps[0]._replace(path="q")
        clocked.mount.flow.add(waiting)
        assert clocked.tell(events.Tick()) == []
