import pytest
from hypothesis import given, strategies as st

from holdall.rules.debounce import AGAIN_MAX_S, GATHER_S, OPEN_MAX_S, QUIET_S, Debounce


def replay(touches: str) -> list[str]:
    """Touches `c12.5` (closed) and `o3` (open) of one path, as the times when it goes."""
    waiting = Debounce()
    went = []

    def until(end: float) -> None:
        while (at := waiting.next_at()) is not None and at <= end:
            assert waiting.due(at) == ["f"]
            went.append(f"{at:.2f}".rstrip("0").rstrip("."))

    for touch in touches.split():
        now = float(touch[1:])
        until(now)
        waiting.touch("f", now, closed=touch[0] == "c")
    until(1e9)
    return went


@pytest.mark.parametrize(
    ("touches", "goes"),
    [
        ("c0", "0.01"),
        ("c0 c0.005 c0.009", "0.01"),
        ("c0 c0.1", "0.01 2.01"),
        ("c0 c0.1 c1 c1.9", "0.01 2.01"),
        ("c0 c3", "0.01 3.01"),
        ("c0 c3 c6 c14", "0.01 3.01 7.01 15.01"),  # pauses of 2, 4, 8
        ("c0 c4.5", "0.01 4.51"),
        ("c0 c4.5 c5", "0.01 4.51 6.51"),  # at rest for the pause once more: it begins anew
        ("o0", "2"),
        ("o0 o1 o2 o3", "5"),
        ("o0 o1 c1.5", "1.51"),
        ("c0 o0.005", "0.01"),
        ("c0 o0.1", "0.01 2.1"),
        ("c0 o0.1 o1.9", "0.01 3.9"),
        (" ".join(f"o{n}" for n in range(100)), "60 101"),
        (" ".join(f"o{n}" for n in range(200)), "60 120 180 201"),
        (" ".join(f"c{n}" for n in range(100)), "0.01 2.01 6.01 14.01 30.01 60.01 90.01 120.01"),
    ],
)
def test_when_one_path_goes(touches, goes):
    assert replay(touches) == goes.split()


def test_paths_do_not_wait_for_each_other():
    waiting = Debounce()
    waiting.touch("open", 0, closed=False)
    waiting.touch("b", 0.004, closed=True)
    waiting.touch("a", 0, closed=True)
    assert len(waiting) == 3
    assert waiting.due(0.009) == []
    assert waiting.due(1) == ["a", "b"]
    assert waiting.next_at() == QUIET_S
    assert waiting.due(2) == ["open"]
    assert waiting.next_at() is None


def test_what_a_scan_sent_is_not_due_again():
    waiting = Debounce()
    waiting.touch("a", 0, closed=True)
    waiting.sent("a", 0.001)
    assert waiting.due(1) == []
    waiting.touch("a", 1, closed=True)
    assert waiting.next_at() == 2.001


def test_a_flush_takes_all():
    waiting = Debounce()
    for path, closed in (("b", True), ("a", False), ("c", True)):
        waiting.touch(path, 0, closed=closed)
    assert waiting.drain(0) == ["a", "b", "c"]
    assert len(waiting) == 0
    assert waiting.next_at() is None


def test_paths_at_rest_are_forgotten():
    waiting = Debounce()
    for n in range(1000):
        waiting.touch(str(n), 0, closed=True)
    waiting.due(1)
    for n in range(1000):
        waiting.touch("busy", 10 + n, closed=False)
    assert set(waiting._sent) <= {"busy"}
    assert len(waiting._due) <= 2
    assert len(waiting._forgotten) <= 1


steps = st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(0, 20)), max_size=60)


@given(steps)
def test_every_touch_goes_in_time_and_no_path_too_often(steps):
    waiting = Debounce()
    owed: dict[str, float] = {}  # path -> its first touch that has not gone
    went: dict[str, float] = {}
    now = 0.0

    def check(until: float) -> None:
        while (at := waiting.next_at()) is not None and at <= until:
            paths = waiting.due(at)
            assert paths
            for path in paths:
                assert at <= owed.pop(path) + OPEN_MAX_S + AGAIN_MAX_S
                assert at >= went.get(path, -9) + 2 - GATHER_S
                went[path] = at

    for path, closed, pause in steps:
        check(now + pause)
        now += pause
        waiting.touch(path, now, closed=closed)
        owed.setdefault(path, now)
        assert len(waiting) == len(owed)
    check(1e9)
    assert not owed
    assert len(waiting) == 0
