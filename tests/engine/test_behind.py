"""A directory that became a file waits for what was below it to be deleted, as far as that is going to be."""

import pytest

from holdall.engine.events import Approve
from holdall.engine.words import Outcome


@pytest.fixture
def one(world):
    """All of its files but one are gone, and a file is where their directory was."""
    found = world.machine("one")
    found.disk.write("keep", b"1")
    for number in range(20):
        found.disk.write(f"d/{number}", b"%d" % number)
    assert found.flush().outcome is Outcome.COMPLETE
    found.disk.delete("d")
    found.disk.write("d", b"now a file")
    return found


def test_a_receipt_says_that_they_are_held_back_and_does_not_wait(world, one):
    receipt = one.flush()
    assert (receipt.outcome, receipt.held, receipt.overdue) == (Outcome.PARTIAL, 20, False)
    ((path, reason, *_),) = receipt.left
    assert path == "d"
    assert "held back" in reason
    assert world.keys().isdisjoint({"d"})
    one.inbox.append(Approve())
    assert one.flush().outcome is Outcome.COMPLETE
    assert world.keys() == {"d", "keep"}
