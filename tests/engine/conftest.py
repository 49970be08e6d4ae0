"""Ledgers in memory, and machines over a store in memory that honours conditions."""

import pytest
from tests.engine.by_clock import World
from tests.engine.entries import A, stamp, theirs

from holdall.engine.ledger import Agreed, Ledger
from holdall.store.base import Capabilities


@pytest.fixture
def ledger():
    with_nothing = Ledger(":memory:")
    yield with_nothing
    with_nothing.close()


@pytest.fixture
def agreed(ledger):
    """p = A on both sides, at commit 1."""
    ledger.apply(theirs(1, ("p", A)))
    ledger.agree([Agreed("p", A, stamp())])
    return ledger


@pytest.fixture
def world():
    return World(Capabilities())


@pytest.fixture
def one(world):
    """It has `f` in commit 1."""
    found = world.machine("one")
    found.disk.write("f", b"first")
    found.flush()
    return found
