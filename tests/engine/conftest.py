"""Ledgers in memory."""

import pytest
from tests.engine.entries import A, stamp, theirs

from holdall.engine.ledger import Agreed, Ledger


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
