"""What another tool overwrote in the store, unseen, is only on this disk: it is kept before anything takes its place."""

import pytest
from tests.engine.by_clock import World

from holdall.engine.words import Until
from holdall.errors import Unreadable
from holdall.store.base import Capabilities


@pytest.fixture
def world():
    """`f` was "first", another tool put "second" in its place, and a machine that came later adopted that."""
    world = World(Capabilities())
    two = world.machine("two")
    for path in ("f", "other"):
        two.disk.write(path, b"first")
    two.flush()
    two.kill()
    world.store.put("files/f", b"second")
    newcomer = world.machine("newcomer")
    newcomer.flush(Until.SYNCED, thorough=True)
    assert newcomer.disk.files()["f"] == b"second"
    return world


@pytest.fixture
def newcomer(world):
    return world.machines[1]


@pytest.fixture
def two(world):
    """It was away all the time."""
    return world.machines[0]


@pytest.fixture
def kept(world, two):
    """What the store holds of its version by now, if anything."""
    uid = two.ledger.row("f").base.entry.uid
    return lambda: world.store.get(f"trash/{uid}/f") if f"{uid}/f" in world.keys("trash/") else None


def test_it_waits_until_it_can_be_kept(two, kept, monkeypatch):
    def unreadable(path):
        raise Unreadable("input/output error", path=path)

    two.boot()
    with monkeypatch.context() as broken:
        broken.setattr(two.disk, "open", unreadable)
        two.flush(Until.SYNCED)
        assert two.disk.files()["f"] == b"first"
    two.flush(Until.SYNCED, within_s=120)
    assert two.disk.files()["f"] == b"second"
    assert kept() == b"first"


def test_it_is_kept_before_a_deletion_takes_it(two, newcomer, kept):
    newcomer.disk.delete("f")
    newcomer.flush()
    assert kept() is None
    two.boot()
    two.flush(Until.SYNCED)
    assert two.disk.files() == {"other": b"first"}
    assert kept() == b"first"


def test_an_edit_of_it_is_not_kept_under_its_name(two, kept):
    two.disk.write("f", b"edited")
    two.boot()
    two.flush(Until.SYNCED)
    assert sorted(two.disk.files().values()) == [b"edited", b"first", b"second"]
    assert kept() is None
