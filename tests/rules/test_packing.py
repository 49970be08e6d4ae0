"""Which files travel in packs, and which packs are packed anew."""

import pytest
from hypothesis import given, strategies as st

from holdall.rules.packing import LIVE_LEAST, LIVE_THEN, SMALL_BYTES, SMALL_MOST, Packing, Weight, to_empty

weights = st.tuples(st.integers(1, 40 << 20), st.floats(0, 1)).map(
    lambda one: Weight(one[0], int(one[0] * one[1]))
)
stores = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), weights, max_size=30)


@pytest.mark.parametrize(
    ("exclude", "path", "packs"),
    [
        ((), "a", True),
        (("a",), "a", False),
        (("a",), "a/b", False),
        (("a",), "ab", True),
        (("a",), "b/a", True),
        (("a/b",), "a", True),
        (("x", "a/b"), "a/b/c", False),
        (("",), "a", False),
    ],
)
def test_what_is_left_out_of_packs_is_meant_by_whole_parts(exclude, path, packs):
    assert Packing(archive=True, exclude=exclude).packs(path) is packs
    assert not Packing(archive=False, exclude=exclude).packs(path)


@given(stores)
def test_what_is_live_is_enough_of_the_whole_afterwards(packs):
    chosen = to_empty(packs)
    assert len(set(chosen)) == len(chosen)
    held = sum(one.bytes for one in packs.values())
    live = sum(one.live for one in packs.values())
    after = held - sum(packs[one].bytes - packs[one].live for one in chosen)
    assert live >= LIVE_LEAST * held or live >= LIVE_THEN * after or not live


@given(stores)
def test_nothing_is_moved_without_need(packs):
    held = sum(one.bytes for one in packs.values())
    live = sum(one.live for one in packs.values())
    few_small = sum(one.bytes < SMALL_BYTES for one in packs.values()) < SMALL_MOST
    if live >= LIVE_LEAST * held and few_small:
        assert to_empty(packs) == []


def test_the_emptiest_go_first():
    packs = {"a": Weight(100, 90), "b": Weight(100, 10), "c": Weight(100, 50), "d": Weight(100, 0)}
    assert to_empty(packs) == ["d", "b", "c"]


def test_too_many_small_ones_are_put_together():
    small = {f"{n:02}": Weight(1000, 1000) for n in range(SMALL_MOST)}
    large = {"large": Weight(16 << 20, 16 << 20)}
    assert to_empty(small | large) == sorted(small)
    assert to_empty(dict(list(small.items())[1:]) | large) == []
