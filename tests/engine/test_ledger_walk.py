"""The remote tree is the base, overlaid with what the head says otherwise: walked page by page, in the order of the paths."""

import pytest
from tests.engine.entries import DIR, A, B, C, stamp, theirs, tombstone

from holdall.engine.ledger import Agreed
from holdall.model import Tombstone

PAGE = 2000
NAMES = ("a", "a!", "a/b", "a/b/c", "a/d", "a0", "b", "ä", "\U0001f600")


@pytest.fixture
def walked(ledger):
    """Every other path in the base, the others in the head alone."""
    ledger.apply(theirs(1, *((path, A) for path in NAMES)))
    ledger.agree([Agreed(path, A, stamp()) for path in NAMES[::2]])
    return ledger


def test_everything_in_the_order_of_the_paths(walked):
    assert [row.path for row in walked.walk()] == sorted(NAMES)


def test_one_subtree_without_its_root_and_its_neighbours(walked):
    assert [row.path for row in walked.walk("a")] == ["a/b", "a/b/c", "a/d"]
    assert [row.path for row in walked.walk("b")] == []


def test_both_sides_of_a_row(agreed):
    agreed.apply(theirs(2, ("p", B), ("q", C)))
    found = {row.path: (row.base and row.base.entry, row.remote) for row in agreed.walk()}
    assert found == {"p": (A, B), "q": (None, C)}


@pytest.mark.parametrize("count", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1])
def test_page_after_page(ledger, count):
    names = [f"d/{n:05}" for n in range(count)]
    ledger.apply(theirs(1, *((path, A) for path in names)))
    ledger.agree([Agreed(path, A, stamp()) for path in names[::3]])
    assert [row.path for row in ledger.walk()] == names
    assert [row.path for row in ledger.walk("d")] == names


def test_while_the_base_moves(ledger):
    names = [f"{n:05}" for n in range(PAGE + 10)]
    ledger.apply(theirs(1, *((path, A) for path in names)))
    seen = []
    for row in ledger.walk():
        seen.append(row.path)
        ledger.agree([Agreed(row.path, A, stamp())])
    assert seen == names


def test_what_a_checkpoint_holds(agreed):
    gone, swept, expired = (
        tombstone(B, 2),
        Tombstone(2, swept=True),
        Tombstone(2, "x", expired=True, swept=True),
    )
    agreed.apply(theirs(2, ("q", gone), ("r", swept), ("s", expired), ("t", C)))
    assert list(agreed.tree()) == [("p", A), ("q", gone), ("s", expired), ("t", C)]


def test_whether_anything_lives_below(walked):
    assert walked.live_below("a")
    assert not walked.live_below("b")
    walked.apply(theirs(2, *((path, Tombstone(2)) for path in ("a/b", "a/b/c", "a/d"))))
    assert not walked.live_below("a")


def test_counts_files_of_the_base(walked):
    walked.agree([Agreed("dir", DIR, stamp())])
    assert walked.count() == len(NAMES[::2])
