"""What is past a lifecycle, by paths, by age, and by clocks that may be wrong."""

import pytest

from holdall.model import Entry, Kind, Recycling, Tombstone
from holdall.policies.choices import Lifecycle
from holdall.rules.recycle import DAY_S, Time, believed, due, is_due

NOW_S = 1_700_000_000.0


def put(days):
    return Entry(Kind.FILE, 1, digest="d", uploaded_at=int((NOW_S - days * DAY_S) * 1000))


@pytest.mark.parametrize(
    ("paths", "path", "covered"),
    [
        pytest.param([""], "a/b", True, id="everything"),
        pytest.param(["cache"], "cache", True, id="itself"),
        pytest.param(["cache"], "cache/x/y", True, id="what is below"),
        pytest.param(["cache"], "cachex", False, id="whole parts only"),
        pytest.param(["cache/x"], "cache", False, id="not what is above"),
        pytest.param(["cache"], "Cache/x", False, id="exactly so"),
        pytest.param(["a", "b/c"], "b/c/d", True, id="one of several"),
        pytest.param(["a", "b/c"], "b/d", False, id="none of several"),
        pytest.param([], "a", False, id="no path at all"),
    ],
)
def test_paths(paths, path, covered):
    assert Recycling(1, tuple(paths)).covers(path) is covered


@pytest.mark.parametrize("lifecycle", Lifecycle)
def test_every_lifecycle(lifecycle):
    days = lifecycle.days
    before, after = ((days or 10_000) - 0.01), ((days or 10_000) + 0.01)
    assert not is_due(Recycling(days), "p", put(before).uploaded_at, NOW_S)
    assert is_due(Recycling(days), "p", put(after).uploaded_at, NOW_S) is (days is not None)


def test_of_what_nobody_knows_when_it_was_put_nothing_is_said():
    assert not is_due(Recycling(1), "p", 0, NOW_S)


def test_only_what_has_bytes():
    rows = [
        ("d", Entry(Kind.DIR)),
        ("f", put(9)),
        ("gone", Tombstone(1)),
        ("l", Entry(Kind.SYMLINK, target="x")),
    ]
    assert [path for path, _ in due(Recycling(1), lambda: rows, NOW_S)] == ["f"]


def test_what_travels_as_a_whole():
    rows = [
        ("a.db", put(9)), ("a.db-wal", put(0)), ("b.db", put(0)), ("b.db-journal", put(9)), ("c.db", put(9)), ("c.db-wal", put(8)),
        ("p/.git/HEAD", put(0)), ("p/.git/objects/1", put(9)), ("p/x", put(9)), ("q/.git/HEAD", put(9)),
    ]  # fmt: skip
    assert [path for path, _ in due(Recycling(1), lambda: rows, NOW_S)] == [
        "c.db",
        "c.db-wal",
        "p/x",
        "q/.git/HEAD",
    ]


class TestTime:
    def test_two_clocks_that_agree_are_right(self):
        assert believed(NOW_S, NOW_S + 3600, None, apart=True) == Time(NOW_S)

    @pytest.mark.parametrize(("ahead", "said"), [(365, "365 days ahead of"), (-2, "2 days behind")])
    def test_two_that_do_not_say_nothing(self, ahead, said):
        found = believed(NOW_S + ahead * DAY_S, NOW_S, NOW_S, apart=True)
        assert found == Time(None, f"the store's clock is {said} this machine's: nothing expires")

    def test_one_clock_is_only_noted_at_first(self):
        assert believed(NOW_S, NOW_S, None, apart=False) == Time(None)

    def test_one_clock_goes_on_by_two_days_at_most(self):
        assert believed(NOW_S, NOW_S, NOW_S - 365 * DAY_S, apart=False) == Time(NOW_S - 363 * DAY_S)
        assert believed(NOW_S, NOW_S, NOW_S - DAY_S, apart=False) == Time(NOW_S)

    def test_and_back_at_once(self):
        assert believed(NOW_S, NOW_S, NOW_S + 365 * DAY_S, apart=False) == Time(NOW_S)
