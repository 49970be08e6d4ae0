"""When a barrier is through, and what its receipt says."""

import pytest
from tests.tables import cases

from holdall.engine.barriers import Barriers
from holdall.engine.effects import Audit, Refresh
from holdall.engine.events import Ask
from holdall.engine.words import LeftPath, Outcome, Step, Until
from holdall.errors import Denied
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.reconcile import Verdict


def through(barriers, *asks):
    """Asked, and everything found in order."""
    for ask in asks:
        barriers.add(ask, 0.0)
    barriers.begins(Refresh())
    barriers.refreshed()
    barriers.survey_begins(1, {})
    barriers.surveyed(1)


def answers(barriers, removing=(), now=1.0, *, held=(), damaged=(), blocked=None, untidy=False):
    how = {"held": held, "removing": set(removing), "untidy": untidy, "damaged": damaged, "blocked": blocked}
    done = barriers.answers(now, 7, **how)
    return {one.ticket: one.receipt for one in done}


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
        found.begins(Refresh())
        found.refreshed()
        found.survey_begins(1, {})
        return found

    @pytest.mark.parametrize("above", ["dir", "dir/sub", "dir/sub/file"])
    def test_an_unread_directory_leaves_it(self, barriers, above):
        barriers.found_left(1, LeftPath(above, "permission denied", 7))
        barriers.surveyed(1)
        receipt = answers(barriers, ())[1]
        assert (receipt.outcome, receipt.left) == (
            Outcome.PARTIAL,
            (LeftPath(above, "permission denied", 7),),
        )

    @pytest.mark.parametrize("beside", ["di", "dir/su", "dir/sub/other", "other"])
    def test_one_beside_it_does_not(self, barriers, beside):
        barriers.found_left(1, LeftPath(beside, "permission denied"))
        barriers.surveyed(1)
        assert answers(barriers, ())[1].outcome is Outcome.COMPLETE

    def test_a_directory_at_work_is_waited_for(self, barriers):
        barriers.expects(1, "dir/")
        barriers.surveyed(1)
        assert answers(barriers, ()) == {}
        barriers.settled(2, "dir/")
        assert answers(barriers, ())[1].outcome is Outcome.COMPLETE

    def test_a_directory_that_can_be_read_again_is_in_order(self, barriers):
        barriers.found_left(1, LeftPath("dir", "permission denied"))
        barriers.settled(2, "dir")
        barriers.surveyed(1)
        assert answers(barriers, ())[1].outcome is Outcome.COMPLETE


class TestALookThatBeganBefore:
    """What is asked meanwhile waits for the next one."""

    @pytest.fixture
    def barriers(self):
        return Barriers()

    def surveyed(self, barriers, number):
        barriers.survey_begins(number, {})
        barriers.surveyed(number)

    def test_at_the_head(self, barriers):
        barriers.begins(Refresh())
        barriers.add(Ask(1, Until.RESTORED), 0.0)
        barriers.refreshed()
        self.surveyed(barriers, 1)
        assert barriers.unrefreshed
        assert answers(barriers) == {}
        barriers.begins(Refresh())
        barriers.refreshed()
        assert answers(barriers) == {}
        self.surveyed(barriers, 2)
        assert answers(barriers)[1].outcome is Outcome.COMPLETE

    def test_at_the_store(self, barriers):
        through(barriers, Ask(1, Until.SYNCED, thorough=True))
        barriers.begins(Audit())
        through(barriers, Ask(2, Until.SYNCED, thorough=True))
        barriers.was_audited()
        assert answers(barriers) == {}
        self.surveyed(barriers, 2)
        assert answers(barriers).keys() == {1}
        assert barriers.unaudited
        barriers.begins(Audit())
        barriers.was_audited()
        self.surveyed(barriers, 3)
        assert answers(barriers).keys() == {2}

    def test_before_the_machine_slept(self, barriers):
        through(barriers, Ask(1, Until.RESTORED))
        barriers.begins(Refresh())
        barriers.restart(head_too=True)
        barriers.refreshed()
        self.surveyed(barriers, 2)
        assert answers(barriers) == {}


FILE = Entry(Kind.FILE, 7, 2, 0o644, "d" * 64)


def push(path):
    return Step(path, Verdict.PUSH, 1, Seen(path, SeenAs.FILE), FILE, None, None)


class TestWhatIsFound:
    @pytest.fixture
    def barriers(self):
        """`d` waits, for five seconds at most; its own survey is through."""
        found = Barriers()
        found.add(Ask(1, Until.DURABLE, deadline=5.0), 0.0)
        found.begins(Refresh())
        found.refreshed()
        found.survey_begins(1, {})
        found.found(1, push("d"))
        found.surveyed(1)
        return found

    def test_later_is_not_waited_for(self, barriers):
        barriers.found(2, push("new"))
        barriers.settled(1, "d")
        assert answers(barriers)[1].outcome is Outcome.COMPLETE

    def test_later_is_waited_for_where_it_lies_in_what_is(self, barriers):
        barriers.expects(1, "d/")
        barriers.found(2, push("d/new"))
        barriers.settled(1, "d")
        barriers.settled(1, "d/")
        assert answers(barriers) == {}

    def test_and_fails_is_left_with_its_bytes(self, barriers):
        barriers.failed("d", Denied("no"))
        ((path, reason, size, *_),) = answers(barriers)[1].left
        assert (path, reason, size) == ("d", "no", 7)

    def test_and_is_lost_in_the_store_besides_is_left_once(self, barriers):
        assert [one.path for one in answers(barriers, now=5.0, damaged={"d"})[1].left] == ["d"]

    def test_unreadable_by_then_is_left(self, barriers):
        barriers.found_left(2, LeftPath("d", "permission denied"))
        receipt = answers(barriers)[1]
        assert (receipt.outcome, receipt.left) == (Outcome.PARTIAL, (LeftPath("d", "permission denied"),))


def test_deletions_that_are_held_make_it_partial():
    barriers = Barriers()
    barriers.add(Ask(1, Until.DURABLE), 0.0)
    barriers.begins(Refresh())
    barriers.refreshed()
    barriers.survey_begins(1, {})
    barriers.found(1, push("gone"))
    barriers.found(1, push("new"))
    barriers.surveyed(1)
    assert answers(barriers, held={"gone", "other"}) == {}
    barriers.settled(1, "new")
    receipt = answers(barriers, held={"gone", "other"})[1]
    assert (receipt.outcome, receipt.held, receipt.left) == (Outcome.PARTIAL, 1, ())


def test_who_could_not_even_look_has_failed():
    barriers = Barriers()
    barriers.add(Ask(1, Until.DURABLE, deadline=5.0), 0.0)
    receipt = answers(barriers, now=5.0)[1]
    assert (receipt.outcome, receipt.overdue) == (Outcome.FAILED, True)


def test_who_is_refused_has_failed():
    barriers = Barriers()
    through(barriers, Ask(1, Until.DURABLE))
    assert answers(barriers, blocked=Denied("no"))[1].outcome is Outcome.FAILED


@cases("""
                                       until     path  left
    who goes by the store              durable   -     yes
    in both directions                 synced    -     yes
    of that very path                  durable   d/f   yes
    of what it lies in                 durable   d     yes
    of another path                    durable   e     no
    who only goes by this disk         restored  -     no
""")
def test_bytes_that_nobody_has_are_told_to(until, path, left):
    barriers = Barriers()
    through(barriers, Ask(1, Until(until), path=None if path == "-" else path))
    receipt = answers(barriers, damaged={"d/f"})[1]
    why = LeftPath("d/f", "its bytes are not in the store, and not here")
    assert receipt.left == ((why,) if left == "yes" else ())
    assert receipt.outcome is (Outcome.PARTIAL if left == "yes" else Outcome.COMPLETE)
