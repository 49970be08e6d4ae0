"""What travels together, and what waits for what."""

import pytest

from holdall.engine.inflight import Inflight
from holdall.engine.words import Fetched, Pushed, Step
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.reconcile import Verdict

FILE = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64)
OBJECT, REF = ".git/objects/ab/cd", ".git/refs/heads/main"


def step(path, survey=1, bundle=".git", verdict=Verdict.PUSH, **how):
    return Step(path, verdict, survey, Seen(path, SeenAs.FILE), FILE, None, None, bundle=bundle, **how)


@pytest.fixture
def flow():
    """A repository's object and ref, both on their way up."""
    flow = Inflight(transfers=4)
    for path in (OBJECT, REF):
        flow.add(step(path))
    flow.dispatch()
    return flow


def arrives(flow, one):
    flow.pushing = 0
    if flow.arrived(one):
        flow.pushed(Pushed(one, FILE, None), 0.0)
        return True
    return False


def taken(flow):
    return {item.step.path for item in flow.take_pushed()}


class TestABundle:
    def test_is_committed_as_a_whole(self, flow):
        assert arrives(flow, step(OBJECT))
        assert flow.commit_at(mending=False) is None
        assert arrives(flow, step(REF))
        assert flow.commit_at(mending=False) == 0.0
        assert taken(flow) == {OBJECT, REF}

    def test_is_left_out_of_a_commit_as_a_whole(self, flow):
        flow.add(step("other", bundle=None))
        flow.dispatch()
        arrives(flow, step("other", bundle=None))
        arrives(flow, step(OBJECT))
        assert flow.commit_at(mending=False) == 0.0
        assert taken(flow) == {"other"}

    def test_does_not_count_what_an_earlier_survey_planned(self, flow):
        """It was given up, and is on its way anew: what arrives of the first one is no part of it."""
        flow.unbundle(step(OBJECT))
        for path in (OBJECT, REF):
            flow.release(path)
            flow.add(step(path, survey=2))
        assert not arrives(flow, step(OBJECT))
        assert arrives(flow, step(REF, survey=2))
        assert flow.commit_at(mending=False) is None
        assert arrives(flow, step(OBJECT, survey=2))
        assert taken(flow) == {OBJECT, REF}


def test_what_is_erased_goes_last():
    """With the last of what comes down, which may be copied from it. What is in the way of that does not wait."""
    flow = Inflight(transfers=1)
    arriving = step("new", bundle=None, verdict=Verdict.PULL)
    flow.add(arriving)
    flow.add(step("old", bundle=None, verdict=Verdict.PULL_DELETE))
    flow.add(step("in the way", bundle=None, verdict=Verdict.ASIDE, keep_as="copy"))
    flow.dispatch()
    assert [one.path for one in flow.take_landing().others] == ["in the way"]
    flow.fetching = 0
    flow.fetched((Fetched(arriving, None),), 0.0)
    landing = flow.take_landing()
    assert [one.step for one in landing.fetched] == [arriving]
    assert [one.path for one in landing.others] == ["old"]


KIB = 1024


def arriving(path, size, used):
    remote = Entry(Kind.FILE, size, used, 0o644, "d" * 64)
    return Step(path, Verdict.PULL, 1, Seen(path, SeenAs.ABSENT), None, None, remote)


def fetched(flow):
    """All the paths, in their order."""
    found = []
    while fetches := flow.dispatch():
        flow.fetching = 0
        found += [step.path for fetch in fetches for step in fetch.steps]
    return found


@pytest.fixture
def coming():
    """By name, neither by size nor by time."""
    flow = Inflight(transfers=1)
    for path, size, used in [
        ("a huge", 100 * KIB * KIB, 9),
        ("b old", 60 * KIB, 1),
        ("c new", 64 * KIB - 1, 8),
        ("d tiny", 1, 2),
        ("e large and old", 700 * KIB, 3),
        ("f large and new", 900 * KIB, 4),
    ]:
        flow.add(arriving(path, size, used))
    return flow


ORDER = ["c new", "d tiny", "b old", "f large and new", "e large and old", "a huge"]


def test_the_small_and_the_last_used_come_down_first(coming):
    assert fetched(coming) == ORDER


def test_what_is_asked_for_comes_before_all_others_and_alone(coming):
    coming.add(arriving("z", 500 * KIB * KIB, 0), urgent=True)
    coming.hurry(["e large and old"])
    first, second, *others = fetched(coming)
    assert (first, second) == ("e large and old", "z")
    assert others == [path for path in ORDER if path != first]


def test_a_small_file_that_is_asked_for_does_not_wait_for_those_beside_it(coming):
    coming.hurry(["d tiny"])
    (fetch,) = coming.dispatch()
    assert [step.path for step in fetch.steps] == ["d tiny"]
