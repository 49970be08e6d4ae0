"""A store whose log went back, lost a commit, or went with its context: nobody takes what is left for the head."""

import pytest

from holdall.engine.ledger import Ledger
from holdall.engine.words import Until
from holdall.errors import BadFormat
from holdall.log import layout
from holdall.log.codec import Checkpoint
from holdall.log.pruning import prune
from holdall.store.counted import Counted
from holdall.store.passing import Passing

MINUTE = 60.0


@pytest.fixture
def one(world):
    return world.machine("one", Counted)


def save(machine, *numbers):
    """A commit for each."""
    for number in numbers:
        machine.disk.write(f"{machine.name}{number}", b"%d" % number)
        assert machine.flush().outcome == "complete"


def log(world):
    return sorted(int(number) for number in world.keys(layout.LOG))


def lose(world, *numbers):
    for number in numbers:
        world.store.delete(layout.log_key(number))


def why(receipt):
    """What a barrier that failed says."""
    assert receipt.outcome == "failed"
    (problem,) = receipt.problems
    assert problem.code == "format"
    return problem.message


class TestALogThatWasPutBack:
    @pytest.fixture
    def backup(self, world, one):
        """As the store was at commit 3; `one` stands at 6."""
        save(one, 1, 2, 3)
        found = dict(world.store._objects)
        save(one, 4, 5, 6)
        return found

    @pytest.fixture
    def put_back(self, world, backup):
        world.store._objects = dict(backup)

    @pytest.mark.usefixtures("put_back")
    def test_is_noticed_by_whoever_asks(self, one):
        assert "commit 6, which was read here, is not in the store" in why(one.flush())
        assert "commit 6" in why(one.flush(Until.RESTORED))

    @pytest.mark.usefixtures("put_back")
    def test_is_noticed_by_the_next_process(self, world, one):
        one.kill()
        one.boot()
        world.pass_time(1)
        assert one.problems == {"format"}

    @pytest.mark.usefixtures("put_back")
    def test_is_noticed_by_a_listing(self, world, one):
        world.pass_time(31 * MINUTE)
        assert one.problems == {"format"}

    @pytest.mark.usefixtures("put_back")
    def test_is_not_forgotten_with_time_and_nothing_is_committed_on_it(self, world, one):
        one.flush()
        one.disk.write("later", b"later")
        world.pass_time(31 * MINUTE)
        assert one.problems == {"format"}
        assert log(world) == [1, 2, 3]

    @pytest.mark.usefixtures("put_back")
    def test_is_noticed_after_a_commit_of_our_own(self, world, one):
        one.disk.write("later", b"later")
        world.pass_time(3)
        assert log(world) == [1, 2, 3, 7]
        assert "commit 4 is not in the store" in why(one.flush())

    @pytest.mark.usefixtures("put_back")
    def test_is_noticed_where_another_machine_took_the_same_numbers(self, world, one):
        save(world.machine("two"), 4, 5, 6)
        assert log(world) == [1, 2, 3, 4, 5, 6]
        assert "in the store is not the one that was read here" in why(one.flush())

    def test_is_noticed_when_what_that_one_wrote_since_was_read(self, world, one, backup):
        one.flush()
        world.store._objects = dict(backup)
        save(world.machine("two"), 4, 5, 6, 7)
        world.pass_time(MINUTE)
        assert one.mount.commit == 7
        assert "in the store is not the one that was read here" in why(one.flush())

    @pytest.mark.usefixtures("put_back")
    def test_has_both_sides_after_a_first_attach(self, world, one):
        one.kill()
        one.ledger = Ledger(":memory:")
        one.boot()
        assert one.flush(Until.SYNCED).outcome == "complete"
        two = world.machine("two")
        assert two.flush(Until.RESTORED).outcome == "complete"
        assert two.disk.files() == one.disk.files() == {f"one{n}": b"%d" % n for n in range(1, 7)}

    def test_that_comes_forward_again_is_gone_on_with(self, world, one, backup):
        whole = world.store._objects
        world.store._objects = dict(backup)
        one.flush()
        world.store._objects = whole
        world.pass_time(6 * MINUTE)
        assert one.problems == set()
        save(one, 7)
        assert log(world) == list(range(1, 8))


class TestACommitThatIsMissing:
    def test_the_newest_under_a_process_that_goes_on(self, world, one):
        save(one, 1, 2)
        lose(world, 2)
        assert "commit 2, which was read here, is not in the store" in why(one.flush())

    @pytest.mark.parametrize("asked", [False, True])
    def test_the_newest_with_one_of_our_own_behind_it(self, world, one, asked):
        save(one, 1, 2)
        if asked:
            one.flush()
        lose(world, 2)
        one.disk.write("one3", b"3")
        world.pass_time(3)
        assert log(world) == [1, 3]
        assert "commit 2 is not in the store" in why(one.flush())

    def test_one_of_the_middle_for_a_fresh_machine(self, world, one):
        save(one, 1, 2, 3, 4)
        lose(world, 2)
        two = world.machine("two")
        two.disk.write("two", b"two")
        receipt = two.flush(Until.RESTORED)
        assert why(receipt) == "commit 2 is not in the store, and what came after it is"
        assert "holdall verify" in receipt.problems[0].hint
        assert two.disk.files() == {"two": b"two"}
        assert log(world) == [1, 3, 4]

    @pytest.mark.parametrize("restarts", [True, False])
    def test_for_a_machine_that_had_not_come_to_it(self, world, one, restarts):
        save(one, 1)
        two = world.machine("two")
        two.flush()
        two.asleep = True
        save(one, 2, 3)
        lose(world, 2)
        two.asleep = False
        if restarts:
            two.kill()
            two.boot()
        assert "commit 2 is not in the store" in why(two.flush(thorough=True))
        assert "one3" not in two.disk.files()

    def test_what_was_read_up_to_it_is_told_when_it_is_back(self, world, one):
        two = world.machine("two")
        two.flush()
        two.kill()
        save(one, 1, 2, 3)
        kept = world.store.get(layout.log_key(2))
        lose(world, 2)
        two.boot()
        with pytest.raises(BadFormat):
            two.hands.upkeep.refresh()
        world.store.put(layout.log_key(2), kept)
        assert two.hands.upkeep.refresh().paths == ("one1", "one2", "one3")
        assert two.hands.upkeep.refresh().paths == ()

    def test_for_one_that_is_past_it(self, world, one):
        save(one, 1, 2, 3, 4)
        lose(world, 2)
        assert "commit 2 is not in the store" in why(one.flush(thorough=True))

    def test_a_checkpoint_behind_it_makes_up_for_it(self, world, one):
        save(one, 1, 2, 3, 4)
        lose(world, 2)
        one.hands.upkeep.checkpoint()
        assert one.flush(thorough=True).outcome == "complete"
        two = world.machine("two")
        assert two.flush(Until.SYNCED, thorough=True).outcome == "complete"
        assert two.disk.files() == one.disk.files()

    def test_a_checkpoint_of_one_that_is_not_there(self, world, one):
        save(one, 1, 2)
        one.hands.log.write_checkpoint(Checkpoint(3, ()))
        assert "commit 3 is not in the store" in why(world.machine("two").flush(Until.RESTORED))

    @pytest.mark.parametrize("ahead", [1, 500])
    def test_before_a_number_that_is_further_on(self, world, one, ahead):
        save(one, 1)
        world.store.put(layout.log_key(2 + ahead), world.store.get(layout.log_key(1)))
        assert "commit 2 is not in the store" in why(one.flush(thorough=True))

    def test_what_a_listing_passes_by_is_asked_for(self, world):
        class Late(Passing):
            def list(self, prefix):
                return (one for one in self.inner.list(prefix) if one.key != layout.log_key(2))

        two = world.machine("two", Late)
        save(two, 1, 2, 3)
        assert two.flush(thorough=True).outcome == "complete"

    def test_what_was_pruned_is_not_missing(self, world, one):
        save(one, 1, 2, 3)
        one.hands.upkeep.checkpoint()
        two = world.machine("two")
        two.flush(Until.SYNCED)
        save(one, 4)
        one.hands.upkeep.checkpoint()
        prune(one.hands.log, world.now + MINUTE, keep_s=0.0)
        assert one.hands.log.owner(3) == ""
        for machine in (one, two):
            machine.kill()
            machine.boot()
            assert machine.flush(Until.SYNCED, thorough=True).outcome == "complete"
        assert two.disk.files() == one.disk.files()


class TestAContextThatIsGone:
    @pytest.fixture(autouse=True)
    def _gone(self, world, one):
        save(one, 1, 2)
        for info in list(world.store.list("")):
            world.store.delete(info.key)

    def test_is_told_to_whoever_asks(self, one):
        assert why(one.flush()) == "the context is not in the store any more"

    def test_is_noticed_by_a_listing(self, world, one):
        world.pass_time(31 * MINUTE)
        assert one.problems == {"format"}
        assert not world.keys("")

    def test_is_not_made_anew_by_the_next_process(self, world, one):
        one.kill()
        one.boot()
        assert why(one.flush()) == "the context is not in the store any more"
        assert not world.keys("")

    def test_another_one_of_its_name_is_another_one(self, world, one):
        save(world.machine("two"), 1, 2)
        world.pass_time(31 * MINUTE)
        assert one.problems == {"format"}
        assert world.keys() == {"two1", "two2"}


class TestWhatItCosts:
    @pytest.fixture(autouse=True)
    def _quiet(self, world, one):
        save(one, 1, 2)
        world.pass_time(10 * MINUTE)
        one.store.reset()

    def test_nothing_at_a_poll(self, world, one):
        world.pass_time(2 * MINUTE)
        assert set(one.store.requests) == {"get"}
        assert one.store.requests["get"] <= 3

    def test_nothing_at_a_save(self, world, one):
        one.disk.write("a", b"a")
        world.pass_time(3)
        assert one.store.requests["put"] == 2
        assert set(one.store.requests) <= {"put", "get"}
        assert one.store.requests["get"] <= 1  # a poll that came due

    @pytest.mark.parametrize("gets", [3, 2], ids=["after a commit", "without one"])
    def test_a_request_or_two_where_somebody_waits(self, one, gets):
        if gets == 2:
            one.flush()
            one.store.reset()
        assert one.flush(within_s=1.0).outcome == "complete"
        assert one.store.requests == {"get": gets}


class TestWhatALedgerKnowsOfItsCommit:
    def test_of_one_without_an_id_it_learns_it(self, one):
        save(one, 1, 2)
        seq, known = one.ledger.tip
        one.ledger.set_note("tip", "1 an earlier one's")
        assert one.ledger.tip == (2, "")
        one.kill()
        one.boot()
        assert one.flush().outcome == "complete"
        assert one.ledger.tip == (seq, known)

    def test_where_a_checkpoint_was_read_as_well(self, world, one):
        save(one, 1, 2)
        one.hands.upkeep.checkpoint()
        two = world.machine("two")
        two.flush()
        two.flush()
        assert two.ledger.tip == one.ledger.tip
