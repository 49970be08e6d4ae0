"""A mount that is paused begins nothing, and takes up what it missed when it goes on."""

import pytest

from holdall.engine import events
from holdall.engine.words import Outcome, Until

HOUR_S = 3600


@pytest.fixture
def paused(world, one):
    found = world.machine("two")
    found.flush(Until.SYNCED)
    found.inbox.append(events.Pause())
    found.work()
    return found


def test_nothing_goes_up(world, paused):
    paused.disk.write("f", b"while it is paused")
    world.pass_time(HOUR_S)
    assert world.store.get("files/f") == b"first"
    paused.inbox.append(events.Resume())
    world.pass_time(60)
    assert world.store.get("files/f") == b"while it is paused"


def test_nothing_comes_down(world, one, paused):
    one.disk.write("f", b"second")
    one.flush()
    world.pass_time(HOUR_S)
    assert paused.disk.files() == {"f": b"first"}
    paused.inbox.append(events.Resume())
    world.pass_time(60)
    assert paused.disk.files() == {"f": b"second"}


def test_who_waits_is_told_at_the_deadline(world, paused):
    receipt = paused.flush(within_s=10)
    assert (receipt.outcome, receipt.overdue) == (Outcome.FAILED, True)
