"""Who asks while something is under way."""

import random

import pytest

from holdall.engine import words
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
        return [one for one in mount.handle(event, 10.0) if not isinstance(one, words.Wake)]

    tell(words.Tick())
    tell(words.Recovered())
    (survey,) = tell(words.Refreshed(0))
    step = Step("q", Verdict.PUSH, survey.number, Seen("q", SeenAs.FILE), FILE, None, None)
    (push,) = tell(words.Surveyed(survey.number, (step,)))
    assert push.steps == (step,)
    assert tell(words.Ask(1, Until.DURABLE)) == [words.Refresh()]
    (survey,) = tell(words.Refreshed(0))
    assert survey.busy == {"q"}
    assert not tell(words.Surveyed(survey.number, total=1))
    (commit,) = tell(words.PushDone((Pushed(step, FILE, None),)))
    (look,) = tell(words.Committed(1, commit.items))
    (answer,) = tell(words.Surveyed(look.number, total=1))
    assert answer.receipt.outcome is Outcome.COMPLETE
