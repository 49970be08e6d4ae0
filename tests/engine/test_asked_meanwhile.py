"""Who asks while something is under way."""

import random

import pytest

from holdall.engine import effects, events
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.words import Outcome, Pushed, Step, Until
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.directions import SyncType
from holdall.rules.reconcile import Verdict

FILE = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64)


@pytest.mark.parametrize("most_paths", [0, 5000])
def test_is_answered_when_that_is_through(monkeypatch, most_paths):
    """It is looked at once more: where very many paths wait for that, by a look everywhere."""
    monkeypatch.setattr("holdall.engine.lookout._MOST_PATHS", most_paths)
    mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=0)

    def tell(event):
        return [one for one in mount.handle(event, 10.0) if not isinstance(one, effects.Wake)]

    tell(events.Tick())
    tell(events.Recovered())
    (survey,) = tell(events.Refreshed(0))
    step = Step("q", Verdict.PUSH, survey.number, Seen("q", SeenAs.FILE), FILE, None, None)
    (push,) = tell(events.Surveyed(survey.number, (step,)))
    assert push.steps == (step,)
    assert tell(events.Ask(1, Until.DURABLE)) == [effects.Refresh(sure=True)]
    (survey,) = tell(events.Refreshed(0))
    assert survey.busy == {"q"}
    assert not tell(events.Surveyed(survey.number, total=1))
    (commit,) = tell(events.PushDone((Pushed(step, FILE, None),)))
    (look,) = tell(events.Committed(1, commit.items))
    (answer,) = tell(events.Surveyed(look.number, total=1))
    assert answer.receipt.outcome is Outcome.COMPLETE


class TestALookAtTheStoreThatIsUnderWay:
    """What it says may be older than the question."""

    @pytest.fixture
    def mount(self):
        return Mount(SyncType.AUTO, Pace(), random.Random(1), seq=7)

    @pytest.fixture
    def tell(self, mount):
        def tell(event):
            return [one for one in mount.handle(event, 10.0) if not isinstance(one, effects.Wake)]

        tell(events.Tick())
        return tell

    def test_is_followed_by_another_one_at_the_head(self, tell):
        assert tell(events.Recovered()) == [effects.Refresh()]
        assert not tell(events.Ask(1, Until.RESTORED))
        assert tell(events.Refreshed(7)) == [effects.Refresh(sure=True)]
        (survey,) = tell(events.Refreshed(8, ("p",)))
        (answer,) = tell(events.Surveyed(survey.number))
        assert answer.receipt.commit == 8

    def test_is_followed_by_another_listing(self, tell):
        tell(events.Recovered())
        (survey,) = tell(events.Refreshed(7))
        tell(events.Surveyed(survey.number))
        assert tell(events.Ask(1, Until.SYNCED, thorough=True)) == [effects.Refresh(sure=True)]
        (survey,) = tell(events.Refreshed(7))
        assert tell(events.Surveyed(survey.number)) == [effects.Audit()]
        assert not tell(events.Ask(2, Until.SYNCED, thorough=True))
        assert tell(events.Audited()) == [effects.Refresh(sure=True)]
        (survey,) = tell(events.Refreshed(7))
        audit, answer = tell(events.Surveyed(survey.number))
        assert (audit, answer.ticket) == (effects.Audit(), 1)


def test_news_of_a_path_that_waits_to_go_up_is_heeded_first():
    """It is planned anew: what was planned before the news would only be refused."""
    mount = Mount(SyncType.AUTO, Pace(transfers=1), random.Random(1), seq=0)

    def tell(event, now=10.0):
        return [one for one in mount.handle(event, now) if not isinstance(one, effects.Wake)]

    tell(events.Tick())
    tell(events.Recovered())
    (survey,) = tell(events.Refreshed(0))
    large = FILE._replace(size=1 << 30)
    steps = tuple(
        Step(path, Verdict.PUSH, survey.number, Seen(path, SeenAs.FILE), large, None, None) for path in "pq"
    )
    (push,) = tell(events.Surveyed(survey.number, steps))
    assert push.steps == steps[:1]
    assert tell(events.Tick(), 20.0) == [effects.Refresh()]
    (again,) = tell(events.Refreshed(1, ("q",)), 20.0)
    assert (again.paths, again.busy) == (("q",), {"p"})
