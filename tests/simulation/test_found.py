"""What the simulator has found, step by step. Each was a version lost, a deleted file that came back, or a mount that never rested."""

import pytest
from tests.simulation.by_hand import ByHand, copies_of
from tests.simulation.chronicle import contents

from holdall.engine.events import Touched
from holdall.engine.words import Outcome, Until
from holdall.keys import STAGED_PREFIX
from holdall.rules.directions import SyncType

A, B, C, X, Y = (f"content {name}".encode() for name in "ABCXY")
GRACE_S = 20.0


@pytest.fixture
def world():
    """Two machines that agree on p = A and on another file."""
    return ByHand(2, {"p": A, "other": C})


def rest(tree):
    """Without the other file, which is there so that a deletion is never one of everything."""
    return {path: content for path, content in tree.items() if path != "other"}


class TestAFileThatBecomesSomethingElse:
    def test_a_directory_with_something_in_it(self, world):
        m1, m2 = world.machines
        world.chronicle.delete(m1, "p")
        world.chronicle.write(m1, "p/x", B)
        world.sync(m1, m2)
        assert rest(world.settled()) == {"p/x": B}

    def test_an_empty_directory(self, world):
        m1, m2 = world.machines
        world.chronicle.delete(m1, "p")
        world.chronicle.mkdir(m1, "p")
        world.sync(m1, m2)
        assert rest(world.settled()) == {}
        assert "p" in m2.disk.tree.nodes

    def test_a_symlink_and_then_a_directory(self, world):
        m1, m2 = world.machines
        world.chronicle.link(m1, "p", "target")
        world.sync(m1, m2)
        assert rest(contents(m2.disk)) == {"p": b"target"}
        world.chronicle.delete(m1, "p")
        world.chronicle.write(m1, "p/x", B)
        world.sync(m1, m2)
        assert rest(world.settled()) == {"p/x": B}

    def test_sends_nothing_below_before_the_file_is_gone_from_the_head(self, world):
        """Two machines that did lost every race for a number to each other's removals of it."""
        m1, m2 = world.machines
        for machine, content in (m1, B), (m2, X):
            world.chronicle.delete(machine, "p")
            world.chronicle.write(machine, "p/x/y", content)
        world.pass_time(GRACE_S)
        assert not {B, X} & world.store.retained
        tree = rest(world.settled())
        assert {tree["p/x/y"], *copies_of("p/x/y", tree)} == {B, X}

    def test_while_the_guard_keeps_deletions_back(self):
        """What became a directory is not gone, and its new content is an edit like any other."""
        world = ByHand(1, {f"f{n}": f"{n}".encode() for n in range(20)})
        (m1,) = world.machines
        for n in range(1, 20):
            world.chronicle.delete(m1, f"f{n}")
        world.run(until=lambda: m1.mount.removals.tripped)
        world.chronicle.delete(m1, "f0")
        world.chronicle.write(m1, "f0/x", B)
        promise = m1.ask(Until.DURABLE, timeout_s=60)
        world.run(until=lambda: promise.receipt is not None)
        assert promise.receipt.held == 19
        assert m1.mount.removals.tripped
        assert "f0/x" in world.oracle.head()
        assert "f1" in world.oracle.head()

    def test_a_directory_becomes_a_file(self):
        world = ByHand(2, {"d/e/x": A, "other": C})
        m1, m2 = world.machines
        world.chronicle.delete(m1, "d")
        world.chronicle.write(m1, "d", B)
        world.sync(m1, m2)
        assert rest(world.settled()) == {"d": B}

    def test_a_directory_in_which_something_is_new_is_kept_as_a_copy(self):
        world = ByHand(2, {"d/x": A, "other": C})
        m1, m2 = world.machines
        world.chronicle.delete(m1, "d")
        world.chronicle.write(m1, "d", B)
        world.chronicle.write(m2, "d/new", X)
        world.sync(m1, m2)
        tree = rest(world.settled())
        assert tree.pop("d") == B
        assert list(tree.values()) == [X]

    @pytest.mark.parametrize("sync", [SyncType.AUTO, SyncType.ARCH])
    def test_on_an_archive_it_is_an_edit_like_any_other(self, sync):
        world = ByHand(1, {"p": A, "other": C})
        mirror, archive = world.machines[0], world.add_machine(sync=SyncType.ARCH)
        world.sync(archive)
        actor = mirror if sync is SyncType.AUTO else archive
        world.chronicle.delete(actor, "p")
        world.chronicle.write(actor, "p/x", B)
        world.sync(actor, mirror, archive)
        assert rest(contents(mirror.disk)) == {"p/x": B}
        assert rest(contents(archive.disk)) == {"p/x": B}

    def test_no_conflict_where_only_the_file_above_was_looked_at(self):
        """d/e/x is being committed while a file takes the place of its directories: the watch tells of d alone."""
        world = ByHand(1, {"other": C})
        m1 = world.machines[0]
        world.chronicle.write(m1, "d/e/x", A)
        trap = m1.set_trap("freeze", "put", "log/")
        world.run(until=lambda: trap.sprung)
        world.chronicle.delete(m1, "d")
        world.chronicle.write(m1, "d", B)
        m1.asleep = False
        m1.inbox.append(Touched("d"))
        world.pass_time(30.0)
        assert rest(contents(m1.disk)) == {"d": B}
        assert rest(world.settled()) == {"d": B}


class TestAnotherTool:
    def test_what_it_put_stays_deleted_when_a_user_deletes_it(self, world):
        """It has no uid of its own by which a removal could know it."""
        m1, m2 = world.machines
        world.chronicle.put("f", X)
        world.sync(m1, m2)
        world.chronicle.delete(m2, "f")
        world.sync(m2, m1)
        assert world.store.head("files/f") is None
        assert rest(world.settled()) == {"p": A}

    def test_what_another_machine_adopted_and_deleted_is_not_adopted_again(self, world):
        """M2 is about to adopt it, too; by the time it knows that the number is taken, the head has nothing there again."""
        m1, m2 = world.machines
        world.chronicle.put("f", X)
        world.goes_on(m2, m2.set_trap("freeze", "put", "log/"))
        world.sync(m1)
        world.chronicle.delete(m1, "f")
        world.sync(m1)
        m2.wake()
        world.sync(m2)
        assert rest(world.settled()) == {"p": A}

    def test_what_it_put_can_be_made_again_after_its_deletion(self, world):
        m1, m2 = world.machines
        world.chronicle.put("f", X)
        world.sync(m1, m2)
        world.chronicle.delete(m2, "f")
        world.chronicle.write(m2, "f", B)
        world.sync(m2, m1)
        assert rest(world.settled()) == {"p": A, "f": B}

    def test_what_it_put_beside_an_unfinished_upload_becomes_a_conflict(self, world):
        """M1 is about to put B where F has just put X: neither waits for the other for ever."""
        m1, _ = world.machines
        world.chronicle.write(m1, "q", B)
        world.goes_on(m1, m1.set_trap("kill", "put", "files/q"))
        world.chronicle.put("q", X)
        world.restarts(m1)
        world.sync(m1)
        tree = world.settled()
        assert tree["q"] == X
        assert copies_of("q", tree) == [B]

    def test_the_mode_that_its_file_was_given_here_is_no_edit(self, world):
        """M2 dies between the exchange and the note of it; M1's user has deleted the file meanwhile."""
        m1, m2 = world.machines
        world.chronicle.put("q", X)
        world.sync(m1)
        world.goes_on(m2, m2.set_trap("kill", "agree"))
        world.chronicle.delete(m1, "q")
        world.restarts(m2)
        world.sync(m2)
        world.sync(m1)
        assert rest(world.settled()) == {"p": A}

    def test_a_mode_that_a_user_gave_its_file_is(self, world):
        m1, m2 = world.machines
        world.chronicle.put("q", X)
        world.sync(m1)
        world.chronicle.chmod(m1, "q", 0o755)
        world.sync(m1, m2)
        assert m2.disk.tree.nodes["q"].mode == 0o755

    def test_what_it_overwrote_may_be_deleted_here_already(self, world):
        m1, m2 = world.machines
        world.chronicle.put("p", X)
        world.sync(m2)
        world.chronicle.delete(m1, "p")
        world.sync(m1)
        assert rest(world.settled()) == {"p": X}

    def test_what_it_overwrote_before_a_commit_named_it_outlives_what_was_put_in_its_place(self, world):
        """To all but its writer it is news, so the deletion of the other gives way to it."""
        m1, m2 = world.machines
        world.chronicle.write(m1, "q", B)
        world.goes_on(m1, m1.set_trap("kill after", "put", "files/q"))
        world.chronicle.put("q", X)
        world.sync(m2)
        world.chronicle.delete(m2, "q")
        world.sync(m2)
        world.restarts(m1)
        world.sync(m1)
        assert rest(world.settled()) == {"p": A, "q": B}
        world.oracle.check()

    @pytest.mark.parametrize("by_itself", [False, True])
    def test_what_it_destroyed_is_not_replaced_by_an_upload_that_has_not_seen_it(self, world, by_itself):
        """M1 commits X at q, F deletes its object; M2, which has not read that, finds the key free for B, and dies.

        Where X was F's own, it was kept when it was adopted, which says nothing of who overwrote it.
        """
        m1, m2 = world.machines
        world.chronicle.write(m2, "q", B)
        world.goes_on(m2, m2.set_trap("freeze", "put", "files/q"))
        if by_itself:
            world.chronicle.put("q", X)
        else:
            world.chronicle.write(m1, "q", X)
        world.sync(m1)
        world.chronicle.destroy("q")
        m2.wake()
        world.goes_on(m2, m2.set_trap("kill after", "put", "files/q"))
        world.pass_time(GRACE_S)
        world.sync(m1)
        assert world.store.get("files/q") == X
        world.restarts(m2)
        world.sync(m2)
        tree = world.settled()
        assert tree["q"] == X
        assert copies_of("q", tree) == [B]


class TestSymlinksAndDirectories:
    def test_are_not_replaced_by_an_upload_that_their_committer_has_not_seen(self, world):
        """M1 puts a file at q and dies; M2 commits a symlink q. After the grace, q is the symlink still."""
        m1, m2 = world.machines
        world.chronicle.write(m1, "q", B)
        world.goes_on(m1, m1.set_trap("kill after", "put", "files/q"))
        world.chronicle.link(m2, "q", "target")
        world.sync(m2)
        world.pass_time(GRACE_S)
        world.sync(m2)
        assert rest(contents(m2.disk)) == {"p": A, "q": b"target"}
        world.restarts(m1)
        world.sync(m1)
        tree = world.settled()
        assert tree["q"] == b"target"
        assert copies_of("q", tree) == [B]

    def test_what_another_tool_put_under_one_is_in_the_way_of_a_file_no_longer_than_of_another(self, world):
        """q is a symlink, F puts X at its key; it is left alone. Then a user makes a file of q: both are kept."""
        m1, m2 = world.machines
        world.chronicle.link(m1, "q", "target")
        world.sync(m1, m2)
        world.chronicle.put("q", X)
        assert rest(world.settled()) == {"p": A, "q": b"target"}
        world.chronicle.delete(m1, "q")
        world.chronicle.write(m1, "q", B)
        world.sync(m1)
        tree = world.settled()
        assert tree["q"] == X
        assert copies_of("q", tree) == [B]

    def test_stay_deleted_when_their_commit_was_not_answered(self, world):
        """As counterexample 2, for what has no upload to be known by."""
        m1, m2 = world.machines
        world.chronicle.link(m1, "q", "target")
        world.chronicle.mkdir(m1, "d")
        world.goes_on(m1, m1.set_trap("kill after", "put", "log/"))
        world.chronicle.delete(m1, "q")
        world.chronicle.delete(m1, "d")
        world.restarts(m1)
        world.sync(m1, m2)
        assert rest(world.settled()) == {"p": A}
        assert "d" not in m2.disk.tree.nodes

    def test_a_directory_that_is_filled_again_before_its_removal_is_known_to_be_committed_is_in_the_tree(
        self,
    ):
        """M1 commits T(d) and is not answered; its user makes d/y. d is deleted in the head, and here it is not empty."""
        world = ByHand(1, {"d/x": A, "other": C})
        m1 = world.machines[0]
        world.chronicle.delete(m1, "d")
        late = m1.set_trap("late", "put", "log/")
        world.goes_on(m1, late)
        world.chronicle.write(m1, "d/y", B)
        late.deliver()
        world.sync(m1)
        assert rest(world.settled()) == {"d/y": B}

    def test_a_file_does_not_take_the_place_of_one_that_was_filled_again_meanwhile(self):
        """M2 makes a file of the empty directory d, and loses the number to M1, which has put d/y there."""
        world = ByHand(2, {"d/x": A, "other": C})
        m1, m2 = world.machines
        world.chronicle.delete(m2, "d/x")
        world.sync(m2, m1)
        world.chronicle.delete(m2, "d")
        world.chronicle.write(m2, "d", X)
        world.goes_on(m2, m2.set_trap("freeze", "put", "log/"))
        world.chronicle.write(m1, "d/y", B)
        world.sync(m1)
        m2.wake()
        world.sync(m2)
        tree = world.settled()
        assert tree["d/y"] == B
        assert copies_of("d", tree) == [X]


class TestWhatAUserDoesJustThen:
    def test_a_mode_that_is_set_right_after_an_exchange_is_not_taken_for_what_arrived(self, world):
        m1, m2 = world.machines
        world.chronicle.write(m1, "p", B)
        world.sync(m1)
        world.chronicle.write(m2, "p", X)
        world.goes_on(m2, m2.set_trap("freeze", "keep"))
        world.chronicle.chmod(m2, "p", 0o600)
        m2.wake()
        world.sync(m2)
        tree = world.settled()
        assert tree["p"] == B
        assert copies_of("p", tree) == [X]
        assert m1.disk.tree.nodes["p"].mode == 0o600


class TestAReceipt:
    def test_counts_a_file_that_waits_for_what_was_below_its_name(self):
        """d was deleted a moment ago, which waits for its turn; then a file is written there, and a flush asked for."""
        world = ByHand(1, {"d/x": A, "other": C})
        m1 = world.machines[0]
        world.chronicle.delete(m1, "d")
        world.pass_time(0.5)
        assert m1.mount.removals.waiting.keys() == {"d", "d/x"}
        world.chronicle.write(m1, "d", B)
        promise = m1.ask(Until.DURABLE, timeout_s=60)
        world.run(until=lambda: promise.receipt is not None)
        assert promise.receipt.outcome is Outcome.COMPLETE
        assert world.store.get("files/d") == B


class TestADirectoryThatIsMovedAway:
    def test_with_what_is_arriving_in_it_does_not_look_as_if_that_had_arrived(self):
        """M2's user moves d away, with the staged d/x in it, and makes another d/x. M2 dies before the exchange."""
        world = ByHand(2, {"d/y": A, "other": C})
        m1, m2 = world.machines
        world.chronicle.write(m1, "late", X)
        world.sync(m1)
        world.chronicle.write(m1, "d/x", B)
        world.sync(m1)
        world.goes_on(m2, m2.set_trap("freeze", "get", "files/late"))
        assert [path for path in m2.disk.tree.nodes if path.startswith(f"d/{STAGED_PREFIX}")]
        world.chronicle.move(m2, "d", "elsewhere")
        world.chronicle.write(m2, "d/x", Y)
        m2.wake()
        world.goes_on(m2, m2.set_trap("kill", "publish"))
        world.restarts(m2)
        world.sync(m2)
        tree = world.settled()
        assert tree["d/x"] == B
        assert copies_of("d/x", tree) == [Y]


class TestAnEmptyDirectory:
    def test_is_no_first_attach_when_all_was_deleted(self):
        """What a user puts back there is meant, although it was a version before."""
        world = ByHand(1)
        m1 = world.machines[0]
        world.chronicle.write(m1, "b", B)
        world.sync(m1)
        world.chronicle.delete(m1, "b")
        world.sync(m1)
        world.chronicle.put("b", X)
        world.chronicle.write(m1, "b", B)
        world.sync(m1)
        tree = world.settled()
        assert tree["b"] == X
        assert copies_of("b", tree) == [B]


class TestBytesThatTheStoreLost:
    """M1 commits B, F destroys its object, and M1 is away."""

    @pytest.fixture
    def world(self, world):
        m1, _ = world.machines
        world.chronicle.write(m1, "p", B)
        world.sync(m1)
        world.chronicle.destroy("p")
        world.dies(m1)
        return world

    def test_do_not_keep_an_edit_from_becoming_durable(self, world):
        m1, m2 = world.machines
        world.chronicle.write(m2, "p", X)
        world.sync(m2)
        assert world.store.get("files/p") == X
        world.restarts(m1)
        world.sync(m1)
        assert rest(world.settled()) == {"p": X}
        assert B in world.store.retained  # by M1, which had the last copy

    def test_are_put_back_by_the_machine_that_has_them(self, world):
        m1, m2 = world.machines
        world.restarts(m1)
        world.sync(m1, m2)
        assert rest(world.settled()) == {"p": B}

    def test_become_a_conflict_where_they_are_put_back_in_time(self, world):
        m1, m2 = world.machines
        world.restarts(m1)
        world.sync(m1)
        world.chronicle.write(m2, "p", X)
        world.sync(m2)
        tree = world.settled()
        assert tree["p"] == B
        assert copies_of("p", tree) == [X]


class TestADownloadThatIsCutOff:
    def test_of_a_symlink_leaves_nothing(self, world):
        """M2 dies between staging it and noting where it goes: its target is in the log, so nobody has to be given it back."""
        m1, m2 = world.machines
        world.chronicle.link(m1, "l", "target")
        world.sync(m1)
        world.goes_on(m2, m2.set_trap("kill", "land"))
        world.restarts(m2)
        world.sync(m2)
        assert rest(world.settled()) == {"p": A, "l": b"target"}


class TestALostNumber:
    def test_an_adoption_is_over_when_its_owner_says_that_it_came_to_nothing(self, world):
        """M2 is about to adopt M1's unfinished B; M1 comes back, its user has deleted B, and its commit takes the number."""
        m1, m2 = world.machines
        world.chronicle.write(m1, "q", B)
        world.goes_on(m1, m1.set_trap("kill after", "put", "files/q"))
        world.chronicle.delete(m1, "q")
        world.pass_time(GRACE_S)
        world.goes_on(m2, m2.set_trap("freeze", "put", "log/"))
        world.restarts(m1)
        world.sync(m1)
        m2.wake()
        world.sync(m2)
        assert rest(world.settled()) == {"p": A}


class TestARootThatVanishes:
    def test_while_a_file_does_not_arrive_leaves_nothing_that_keeps_its_directory_from_going(self):
        """Its bytes are not in the store, and what was begun here cannot be taken away just then."""
        world = ByHand(2, {"p": A, "other": C})
        m1, m2 = world.machines
        world.chronicle.write(m1, "d/x", B)
        world.sync(m1)
        world.goes_on(m2, m2.set_trap("freeze", "get", "files/d/x"))
        world.chronicle.destroy("d/x")
        m2.disk.root = None
        m2.wake()
        world.pass_time(GRACE_S)
        m2.disk.root = (1, 1)
        world.pass_time(GRACE_S)
        world.chronicle.delete(m1, "d/x")
        world.chronicle.delete(m1, "d")
        world.sync(m1, m2)
        assert rest(world.settled()) == {"p": A}
        assert "d" not in m2.disk.tree.nodes

    def test_in_the_middle_of_an_exchange_costs_nothing(self, world):
        """A conflict's loser is displaced already, and not yet under its own name."""
        m1, m2 = world.machines
        world.chronicle.write(m1, "p", B)
        world.chronicle.write(m2, "p", X)
        world.sync(m1)
        world.goes_on(m2, m2.set_trap("freeze", "keep"))
        m2.disk.root = None
        m2.wake()
        world.pass_time(GRACE_S)
        m2.disk.root = (1, 1)
        world.pass_time(GRACE_S)
        world.sync(m2)
        tree = world.settled()
        assert tree["p"] == B
        assert copies_of("p", tree) == [X]

    def test_before_a_start_that_has_to_recover_is_waited_for(self, world):
        m1, m2 = world.machines
        world.chronicle.write(m1, "p", B)
        world.sync(m1)
        world.goes_on(m2, m2.set_trap("kill", "agree"))
        m2.disk.root = None
        world.restarts(m2)
        before = world.effects
        world.pass_time(60.0)
        assert world.effects - before < 100
        m2.disk.root = (1, 1)
        assert rest(world.settled()) == {"p": B}
