"""When a barrier is through, and what its receipt says."""

import pytest

from holdall.engine.barriers import Barriers
from holdall.engine.words import Ask, LeftPath, Outcome, Until


def through(barriers, *asks):
    """Asked, and everything found in order."""
    for ask in asks:
        barriers.add(ask, 0.0)
    barriers.refreshed()
    barriers.survey_begins(1, {})
    barriers.surveyed(1)


def answers(barriers, removing, now=1.0):
    return {one.ticket: one.receipt for one in barriers.answers(now, 7, {}, set(removing), None)}


class TestObjectsOfWhatWasDeleted:
    """The deletion is in the log; its object is still in the store."""

    @pytest.fixture
    def barriers(self):
        return Barriers()

    def test_a_flush_does_not_wait_for_them(self, barriers):
        through(barriers, Ask(1, Until.DURABLE))
        assert answers(barriers, {"gone"})[1].outcome is Outcome.COMPLETE

    def test_who_leaves_does(self, barriers):
        through(barriers, Ask(1, Until.DURABLE, tidy=True))
        assert answers(barriers, {"gone", "other"}) == {}
        assert answers(barriers, {"gone"}) == {}
        assert answers(barriers, ())[1].outcome is Outcome.COMPLETE

    def test_but_not_for_what_was_deleted_since(self, barriers):
        through(barriers, Ask(1, Until.DURABLE, tidy=True))
        assert answers(barriers, {"gone"}) == {}
        assert 1 in answers(barriers, {"later"})

    def test_nor_for_another_path(self, barriers):
        through(barriers, Ask(1, Until.DURABLE, path="here", tidy=True))
        assert 1 in answers(barriers, {"there", "hereafter"})

    def test_nor_beyond_its_time_and_it_is_complete_all_the_same(self, barriers):
        through(barriers, Ask(1, Until.DURABLE, deadline=5.0, tidy=True))
        assert answers(barriers, {"gone"}, now=4.0) == {}
        receipt = answers(barriers, {"gone"}, now=5.0)[1]
        assert (receipt.outcome, receipt.overdue, receipt.left) == (Outcome.COMPLETE, False, ())


def test_two_that_wait_side_by_side_tell_the_same_and_the_next_one_what_came_after():
    barriers = Barriers()
    barriers.tally.uploaded_files = 1
    through(barriers, Ask(1, Until.DURABLE), Ask(2, Until.DURABLE))
    barriers.tally.uploaded_files = 3
    assert [one.uploaded_files for one in answers(barriers, ()).values()] == [3, 3]
    through(barriers, Ask(3, Until.DURABLE))
    barriers.tally.uploaded_files = 4
    assert answers(barriers, ())[3].uploaded_files == 1


def test_what_nobody_waits_for_is_not_answered():
    barriers = Barriers()
    through(barriers, Ask(1, Until.DURABLE), Ask(2, Until.DURABLE))
    barriers.withdraw(1)
    assert answers(barriers, ()).keys() == {2}
    assert not barriers


class TestOnePath:
    """What is not known of a directory is not known of what lies in it."""

    @pytest.fixture
    def barriers(self):
        found = Barriers()
        found.add(Ask(1, Until.DURABLE, path="dir/sub/file"), 0.0)
        found.refreshed()
        found.survey_begins(1, {})
        return found

    @pytest.mark.parametrize("above", ["dir", "dir/sub", "dir/sub/file"])
    def test_an_unread_directory_leaves_it(self, barriers, above):
        barriers.found_left(1, above, "permission denied")
        barriers.surveyed(1)
        receipt = answers(barriers, ())[1]
        assert (receipt.outcome, receipt.left) == (Outcome.PARTIAL, (LeftPath(above, "permission denied"),))

    @pytest.mark.parametrize("beside", ["di", "dir/su", "dir/sub/other", "other"])
    def test_one_beside_it_does_not(self, barriers, beside):
        barriers.found_left(1, beside, "permission denied")
        barriers.surveyed(1)
        assert answers(barriers, ())[1].outcome is Outcome.COMPLETE

    def test_a_directory_at_work_is_waited_for(self, barriers):
        barriers.expects(1, "dir/")
        barriers.surveyed(1)
        assert answers(barriers, ()) == {}
        barriers.settled(2, "dir/")
        assert answers(barriers, ())[1].outcome is Outcome.COMPLETE

    def test_a_directory_that_can_be_read_again_is_in_order(self, barriers):
        barriers.found_left(1, "dir", "permission denied")
        barriers.settled(2, "dir")
        barriers.surveyed(1)
        assert answers(barriers, ())[1].outcome is Outcome.COMPLETE
