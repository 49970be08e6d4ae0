"""The counterexamples of the store protocol, each as it was found: they lose a version, or bring a deleted file back.

M1, M2 are machines, F is another tool that knows nothing of conditions; A, B, C are contents, T is a tombstone. Those about packs
are in test_counterexamples_packs.py.
"""

import pytest
from tests.simulation.by_hand import ByHand, copies_of
from tests.simulation.chronicle import contents

from holdall.engine.words import Outcome
from holdall.log.commits import CommitLog
from holdall.log.pruning import prune
from holdall.model import Recycling

A, B, C, X = b"content A", b"content B", b"content C", b"content X"
GRACE_S = 20.0


@pytest.fixture
def world():
    """Two machines that agree on p = A."""
    return ByHand(2, {"p": A})


def test_1_what_the_head_names_can_be_read_while_an_overwrite_is_unfinished(world):
    """The head names A; M1 puts B If-Match A and dies. A newcomer still gets A; M1 comes back and B is everywhere."""
    m1, _ = world.machines
    world.chronicle.write(m1, "p", B)
    world.goes_on(m1, m1.set_trap("kill after", "put", "files/p"))
    assert world.store.get("files/p") == B

    newcomer = world.newcomer()

    assert contents(newcomer.disk) == {"p": A}
    assert world.settled() == {"p": B}


def test_2_a_version_committed_without_an_answer_does_not_come_back(world):
    """M1 commits B and dies before the answer; M2 takes B, its user deletes it and commits T. M1 restarts with base A, local B."""
    m1, m2 = world.machines
    world.chronicle.write(m1, "p", B)
    world.goes_on(m1, m1.set_trap("kill after", "put", "log/"))
    world.sync(m2)
    assert contents(m2.disk) == {"p": B}
    world.chronicle.delete(m2, "p")
    world.sync(m2)

    world.restarts(m1)
    world.sync(m1)

    assert contents(m1.disk) == {}
    assert world.settled() == {}


@pytest.mark.parametrize("newer", [pytest.param(None, id="deleted"), pytest.param(A, id="reverted")])
def test_3_an_unfinished_upload_that_was_adopted_does_not_undo_what_its_user_did_since(world, newer):
    """M1 puts B and dies; its user deletes it, or goes back to A. M2 adopts B. M1 comes back: its user's state is newer."""
    m1, m2 = world.machines
    world.chronicle.write(m1, "p", B)
    world.goes_on(m1, m1.set_trap("kill after", "put", "files/p"))
    if newer is None:
        world.chronicle.delete(m1, "p")
    else:
        world.chronicle.write(m1, "p", newer)
    world.pass_time(GRACE_S)
    world.sync(m2)
    assert contents(m2.disk) == {"p": B}

    world.restarts(m1)
    world.sync(m1)

    assert world.settled() == ({} if newer is None else {"p": newer})


def test_4_what_was_deleted_between_its_arrival_and_the_note_of_it_stays_deleted(world):
    """M2 exchanges B in, its user deletes it, M2 dies before the base is written. The restart must not read `edited there`."""
    m1, m2 = world.machines
    world.chronicle.write(m1, "p", B)
    world.sync(m1)
    world.goes_on(m2, m2.set_trap("freeze", "agree"))
    assert contents(m2.disk) == {"p": B}
    world.chronicle.delete(m2, "p")

    world.restarts(m2)
    world.sync(m2)

    assert world.settled() == {}


def test_5_an_upload_that_was_not_there_when_looked_for_is_still_expected(world):
    """M1 puts B at a new path and is not answered; its user deletes it, and a HEAD finds nothing. Then the PUT arrives."""
    m1, m2 = world.machines
    world.chronicle.write(m1, "q", B)
    late = m1.set_trap("late", "put", "files/q")
    world.goes_on(m1, late)
    world.chronicle.delete(m1, "q")
    world.restarts(m1)
    world.sync(m1)

    late.deliver()
    assert world.store.get("files/q") == B
    world.pass_time(GRACE_S)
    world.sync(m2)

    assert world.settled() == {"p": A}


def test_5_an_upload_is_still_expected_after_the_next_plan_for_its_path(world):
    """M1 puts B at a new path and is not answered; its user writes C, which is committed, and deletes it. Then B arrives."""
    m1, m2 = world.machines
    world.chronicle.write(m1, "q", B)
    late = m1.set_trap("late", "put", "files/q")
    world.goes_on(m1, late)
    world.chronicle.write(m1, "q", C)
    world.sync(m1)
    world.chronicle.delete(m1, "q")
    world.sync(m1)

    late.deliver()
    world.pass_time(GRACE_S)
    world.sync(m2)

    assert world.settled() == {"p": A}


def test_5_an_upload_is_over_when_a_conflict_took_its_place(world):
    """M1 puts B at a new path and is not answered, M2 commits C there; B is kept as a copy. C is deleted. Then B arrives."""
    m1, m2 = world.machines
    world.chronicle.write(m1, "q", B)
    late = m1.set_trap("late", "put", "files/q")
    world.goes_on(m1, late)
    world.dies(m1)
    world.chronicle.write(m2, "q", C)
    world.sync(m2)
    world.restarts(m1)
    world.sync(m1, m2)
    world.chronicle.delete(m1, "q")
    world.sync(m1)

    late.deliver()
    world.pass_time(GRACE_S)
    world.sync(m2)

    tree = world.settled()
    assert "q" not in tree
    assert copies_of("q", tree) == [B]


def test_6_a_late_removal_does_not_take_the_edit_that_won(world):
    """M2 commits T(A) and stops before its DELETE; M1's edit B wins and is told complete. The DELETE goes on."""
    m1, m2 = world.machines
    world.chronicle.delete(m2, "p")
    world.goes_on(m2, m2.set_trap("freeze", "delete", "files/p"))
    world.chronicle.write(m1, "p", B)
    assert world.sync(m1).outcome is Outcome.COMPLETE

    m2.wake()
    world.sync(m2)

    assert world.store.get("files/p") == B
    assert world.settled() == {"p": B}


def test_7_identical_bytes_that_a_late_removal_took_are_healed(world):
    """M1 commits T(A), its DELETE If-Match A is late. M2's user makes identical A again and commits it. The DELETE passes.

    M2 is gone by then, so nobody has A but the trash. A newcomer brings it back to its key inside the store, and sends nothing.
    """
    m1, m2 = world.machines
    world.chronicle.delete(m1, "p")
    late = m1.set_trap("late", "delete", "files/p")
    world.goes_on(m1, late)
    world.dies(m1)
    world.hears(m2)
    assert contents(m2.disk) == {}
    world.chronicle.write(m2, "p", A)
    world.hears(m2)

    late.deliver()
    assert world.store.head("files/p") is None
    world.dies(m2)
    newcomer = world.add_machine()
    sends = newcomer.set_trap("lose reply", "put", "files/p")
    world.sync(newcomer)

    assert contents(newcomer.disk) == {"p": A}
    assert world.store.get("files/p") == A
    assert not sends.sprung
    assert world.settled() == {"p": A}


def test_7_identical_bytes_of_an_upload_of_their_own_are_put_back(world):
    """As above, but M2 has cleaned A away before its user makes it again: the new object was never retained. M2 has its bytes."""
    m1, m2 = world.machines
    world.chronicle.delete(m1, "p")
    late = m1.set_trap("late", "delete", "files/p")
    world.goes_on(m1, late)
    world.dies(m1)
    world.sync(m2)
    assert contents(m2.disk) == {}
    assert world.store.head("files/p") is None
    world.chronicle.write(m2, "p", A)
    world.sync(m2)

    late.deliver()
    assert world.store.head("files/p") is None

    assert world.settled() == {"p": A}
    assert world.store.get("files/p") == A


def test_7_identical_bytes_of_an_upload_of_their_own_are_healed_from_those_of_the_other(world):
    """As above, and M2 is gone when the DELETE passes: the bytes are in the trash still, as what M1 deleted."""
    m1, m2 = world.machines
    world.chronicle.delete(m1, "p")
    late = m1.set_trap("late", "delete", "files/p")
    world.goes_on(m1, late)
    world.dies(m1)
    world.sync(m2)
    world.chronicle.write(m2, "p", A)
    world.sync(m2)

    late.deliver()
    world.dies(m2)

    assert contents(world.newcomer().disk) == {"p": A}
    assert world.store.get("files/p") == A
    assert world.settled() == {"p": A}


@pytest.mark.parametrize("removal", ["seen", "not sent yet"])
def test_8_identical_bytes_by_another_tool_are_no_leftover(world, removal):
    """F uploads identical A after T(A): it is a new file, not what the tombstone is about."""
    m1, m2 = world.machines
    world.chronicle.delete(m1, "p")
    if removal == "seen":
        world.sync(m1, m2)
    else:
        world.goes_on(m1, m1.set_trap("kill", "head", "files/p"))
    world.chronicle.put("p", A)

    world.restarts(m1)
    world.sync(m1, m2)

    assert world.settled() == {"p": A}


def test_9_a_listing_is_not_compared_with_a_head_that_is_newer(world):
    """M2 lists the store; M1 puts and commits B at a new path; M2 reads that head and compares. B is no deletion."""
    m1, m2 = world.machines
    world.goes_on(m2, m2.set_trap("freeze after", "list", "files/"))
    world.chronicle.write(m1, "q", B)
    world.sync(m1)

    m2.wake()
    world.sync(m2)

    assert world.settled() == {"p": A, "q": B}


def test_10_an_object_that_another_tool_deletes_is_put_back(world):
    """F deletes A, which was never retained. A missing object is damage, not a deletion."""
    m1, m2 = world.machines
    world.chronicle.destroy("p")

    world.sync(m1, m2)

    assert world.store.get("files/p") == A
    assert world.settled() == {"p": A}


def test_10_what_another_tool_overwrites_is_kept_before_its_last_copy_is_replaced(world):
    """F overwrites A, which was never retained, with X. X is adopted; A can still be had."""
    m1, m2 = world.machines
    world.chronicle.put("p", X)

    world.sync(m1, m2)

    assert world.settled() == {"p": X}
    assert A in [world.store.get(info.key) for info in world.store.list("trash/")]


def test_10_what_another_tool_puts_is_kept_before_it_is_adopted(world):
    """F puts B at a new path, M1 adopts it and dies. F overwrites B with X before anybody has read it. B can still be had."""
    m1, m2 = world.machines
    world.chronicle.put("q", B)
    world.goes_on(m1, m1.set_trap("kill after", "put", "log/"))
    world.chronicle.put("q", X)

    world.sync(m2)

    assert world.settled() == {"p": A, "q": X}
    assert B in [world.store.get(info.key) for info in world.store.list("trash/")]


def test_11_cleaning_up_an_unfinished_overwrite_leaves_the_key_to_the_head(world):
    """M1 puts B over A and dies; its user goes back to A. What is cleaned away is B; A is at the key again."""
    m1, _ = world.machines
    world.chronicle.write(m1, "p", B)
    world.goes_on(m1, m1.set_trap("kill after", "put", "files/p"))
    world.chronicle.write(m1, "p", A)

    world.restarts(m1)
    world.sync(m1)

    assert world.store.get("files/p") == A
    assert contents(world.newcomer().disk) == {"p": A}
    assert world.settled() == {"p": A}


def test_12_an_adopted_upload_stays_readable_while_its_owner_goes_on(world):
    """M2 adopts M1's unfinished B while M1 puts C If-Match B: M2's commit names B, whose key holds C by then."""
    m1, m2 = world.machines
    world.chronicle.write(m1, "p", B)
    world.goes_on(m1, m1.set_trap("kill after", "put", "files/p"))
    world.pass_time(GRACE_S)
    world.goes_on(m2, m2.set_trap("freeze", "put", "log/"))
    world.chronicle.write(m1, "p", C)
    world.restarts(m1)
    world.goes_on(m1, m1.set_trap("freeze", "put", "log/"))
    assert world.store.get("files/p") == C

    m2.wake()
    world.sync(m2)
    assert contents(m2.disk) == {"p": B}
    m1.wake()
    world.sync(m1)

    assert world.settled() == {"p": C}


def test_14_a_sleeper_does_not_take_a_number_that_was_pruned():
    """M2 falls asleep before its commit; M1 commits on, and the log is pruned past that number. M2 wakes up."""
    world = ByHand(2, {"p": A}, checkpoint_every=1)
    m1, m2 = world.machines
    world.chronicle.write(m2, "q", B)
    number = m2.ledger.seq + 1
    world.goes_on(m2, m2.set_trap("freeze", "put", "log/"))
    for n in range(6):
        world.chronicle.write(m1, "p", b"content %d" % n)
        world.sync(m1)
        world.run(until=lambda: m1.mount.flow.idle, only=[m1])
        world.now += 60.0
    assert prune(CommitLog(world.store), world.now, keep_s=100.0).oldest > number

    m2.wake()
    world.sync(m2)

    assert CommitLog(world.store).owner(number) == ""
    assert world.settled() == {"p": b"content 5", "q": B}


def test_15_the_tree_never_holds_a_path_below_a_file():
    """M2 commits {T(a), a/b}, while M1's user edits a: the edit becomes a conflict copy. The oracle looks at every commit."""
    world = ByHand(2, {"a": A})
    m1, m2 = world.machines
    world.chronicle.delete(m2, "a")
    world.chronicle.write(m2, "a/b", B)
    world.chronicle.write(m1, "a", C)
    world.sync(m2)
    world.sync(m1)

    tree = world.settled()

    assert tree["a/b"] == B
    assert "a" not in tree
    assert copies_of("a", tree) == [C]


def test_15_nor_where_the_file_takes_the_number():
    """M1 is about to commit a/b, and loses the number to M2, whose user has made a file of a: the directory goes aside."""
    world = ByHand(2, {"p": A})
    m1, m2 = world.machines
    world.chronicle.write(m1, "a/b", B)
    world.goes_on(m1, m1.set_trap("freeze", "put", "log/"))
    world.chronicle.write(m2, "a", C)
    world.sync(m2)

    m1.wake()
    world.sync(m1)

    tree = world.settled()
    assert tree["a"] == C
    assert "a/b" not in tree
    assert B in tree.values()


def test_15_nor_where_no_directory_was_ever_committed():
    """F puts a/b, which is adopted. M1's user has made a file of a meanwhile: it becomes a conflict copy."""
    world = ByHand(2, {"p": A})
    m1, m2 = world.machines
    world.chronicle.put("a/b", B)
    world.sync(m2)
    world.chronicle.write(m1, "a", C)
    world.sync(m1)

    tree = world.settled()
    assert tree["a/b"] == B
    assert "a" not in tree
    assert copies_of("a", tree) == [C]


DAYS = Recycling(10)


def grows_old(world, days):
    world.now += days * world.day_s


def test_16_an_expiry_that_lost_its_number_is_weighed_anew():
    """M1 is about to commit that p has expired, and loses the number to a fresh upload of p by M2. B stays, also after a restart."""
    world = ByHand(2, {"p": A})
    m1, m2 = world.machines
    world.set_recycling(DAYS)
    grows_old(world, 11)
    world.restarts(m1)
    world.goes_on(m1, m1.set_trap("freeze", "put", "log/"))
    world.chronicle.write(m2, "p", B)
    world.sync(m2)

    m1.wake()
    world.sync(m1)

    assert world.store.expired == set()
    assert world.store.get("files/p") == B
    assert world.settled() == {"p": B}


def test_16_nor_does_it_take_an_upload_that_comes_before_the_removal():
    """M1 has committed that p has expired and stops before its DELETE; M2's user edits p, and is told complete. It goes on."""
    world = ByHand(2, {"p": A})
    m1, m2 = world.machines
    world.set_recycling(DAYS)
    grows_old(world, 11)
    world.restarts(m1)
    world.goes_on(m1, m1.set_trap("freeze", "delete", "files/p"))
    world.chronicle.write(m2, "p", B)
    assert world.sync(m2).outcome is Outcome.COMPLETE

    m1.wake()
    world.sync(m1)

    assert world.store.get("files/p") == B
    assert world.settled() == {"p": B}


def test_16_a_checkpoint_remembers_what_has_expired():
    """A machine that begins with a checkpoint, and has A in its directory: what has expired is not sent again."""
    world = ByHand(2, {"p": A}, checkpoint_every=1)
    m1, m2 = world.machines
    world.set_recycling(DAYS)
    grows_old(world, 11)
    world.restarts(m1)
    world.sync(m1, m2)
    for n in range(6):
        world.chronicle.write(m1, "q", b"content %d" % n)
        world.sync(m1)
        world.run(until=lambda: m1.mount.flow.idle, only=[m1])
    prune(CommitLog(world.store), world.now + 1000.0, keep_s=0.0)

    late = world.add_machine()
    late.disk.write("p", A)
    world.sync(late)

    assert world.store.expired == {"p"}
    assert world.store.head("files/p") is None
    assert contents(late.disk) == {"p": A, "q": b"content 5"}
    world.settled()


def test_16_a_first_attach_does_not_upload_what_has_expired():
    """A newcomer whose directory has A does not send it, does not lose it, and a stranger does not get it."""
    world = ByHand(1, {"p": A})
    (m1,) = world.machines
    world.set_recycling(DAYS)
    grows_old(world, 11)
    world.restarts(m1)
    world.sync(m1)
    assert world.store.expired == {"p"}

    late = world.add_machine()
    late.disk.write("p", A)
    world.sync(late)

    assert contents(late.disk) == contents(m1.disk) == {"p": A}
    assert contents(world.newcomer().disk) == {}
    assert world.store.head("files/p") is None
    world.settled()


def test_16_a_removal_of_what_expired_is_made_up_for_after_a_kill():
    """M1 commits that p has expired, the answer is lost, and it dies. Its next process knows the commit for its own."""
    world = ByHand(2, {"p": A})
    m1, m2 = world.machines
    world.set_recycling(DAYS)
    grows_old(world, 11)
    world.restarts(m1)
    world.goes_on(m1, m1.set_trap("kill after", "put", "log/"))
    assert world.store.head("files/p") is not None
    assert contents(m1.disk) == {"p": A}

    world.restarts(m1)
    world.sync(m1)

    assert world.store.head("files/p") is None
    assert contents(m1.disk) == {"p": A}
    assert contents(m2.disk) == {"p": A}
    world.settled()
