"""The context in the store is another one by now, or part of its log is gone."""

import logging

import pytest

from holdall.engine import upkeep
from holdall.errors import BadFormat, NotThere
from holdall.log.codec import Checkpoint, Pruned, encode_pruned
from holdall.log.layout import log_key
from holdall.log.pruning import Report


@pytest.fixture
def one(world):
    """A machine that has read up to commit 3."""
    found = world.machine("one")
    for number in range(1, 4):
        found.disk.write("a", b"%d" % number)
        found.flush()
    return found


def test_a_context_that_was_made_anew_is_not_the_one_that_was_mounted(world, one):
    one.kill()
    for info in list(world.store.list("")):
        world.store.delete(info.key)
    two = world.machine("two")
    two.disk.write("b", b"theirs")
    two.flush()
    one.boot()
    assert one.flush().outcome == "failed"
    assert "format" in one.problems
    assert one.disk.files() == {"a": b"3"}
    assert world.keys() == {"b"}


def test_a_marker_with_no_checkpoint_behind_it_is_no_head(world, one):
    one.hands.log.write_checkpoint(Checkpoint(2, ()))
    world.store.put(log_key(4), encode_pruned(Pruned(4, 5)))
    with pytest.raises(BadFormat, match="commit 4 was pruned"):
        one.hands.upkeep.refresh()
    assert one.ledger.seq == 3


class TestPrune:
    def test_forgets_what_commits_said_that_are_gone(self, one, monkeypatch):
        one.ledger.remember([("old", "b", 1, ""), ("kept", "b", 2, "")])
        monkeypatch.setattr(upkeep, "prune_daily", lambda _log, _now_s: Report(oldest=2))
        one.hands.upkeep.prune()
        assert not one.ledger.knows_uid("old", "b")
        assert one.ledger.knows_uid("kept", "b")

    def test_says_what_it_did_not_find(self, one, monkeypatch, caplog):
        def pruned_by_another(_log, _now_s):
            raise NotThere("no object", path="checkpoints/2")

        monkeypatch.setattr(upkeep, "prune_daily", pruned_by_another)
        caplog.set_level(logging.DEBUG)
        assert one.hands.upkeep.prune().error is None
        assert "checkpoints/2: no object" in caplog.text
