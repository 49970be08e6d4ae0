"""The judge on trial: each law of the oracle is broken, by hands that the chronicle does not see, and it has to say which.

What a machine does of its own accord cannot break them, or the schedules would fail; so a disk or the store is meddled with.
"""

import pytest
from tests.simulation.by_hand import ByHand
from tests.simulation.chronicle import Version, contents

from holdall.engine.words import Outcome, Until
from holdall.errors import Unavailable
from holdall.log.codec import Change, Commit, named_by
from holdall.log.commits import CommitLog
from holdall.model import Entry, Kind, Recycling, Tombstone
from holdall.rules.directions import SyncType

A, B, C, X = b"content A", b"content B", b"content C", b"content X"


@pytest.fixture
def world():
    """Two machines that agree on p = A and on another file."""
    return ByHand(2, {"p": A, "other": C})


def says(what):
    return pytest.raises(AssertionError, match=what)


def commit_link(world, path):
    """As no machine does."""
    change = Change(path, Entry(Kind.SYMLINK, target="target"))
    CommitLog(world.store).append(Commit("id", world.machines[0].ledger.seq + 1, 0, "someone", (change,)))


def test_it_says_nothing_where_all_is_well(world):
    m1, m2 = world.machines
    world.chronicle.write(m1, "p", B)
    world.chronicle.write(m1, "q", X)
    world.sync(m1, m2)
    world.chronicle.delete(m2, "q")
    world.chronicle.move(m2, "p", "moved")
    assert world.settled() == {"moved": B, "other": C}


def test_machines_that_never_come_to_rest(world, monkeypatch):
    """The store takes no file any more."""
    put = world.store.put

    def refuse(key, data, **how):
        if key.startswith("files/"):
            raise Unavailable("no answer")
        return put(key, data, **how)

    monkeypatch.setattr(world.store, "put", refuse)
    (m1, _) = world.machines
    world.restarts(m1)
    world.chronicle.write(m1, "q", B)
    with says("do not come to rest"):
        world.settle()


class TestTrees:
    def test_bytes_of_the_head_that_are_nowhere_in_the_store(self, world):
        world.store.delete("files/p")
        with says("the head's p is nowhere in the store"):
            world.check()

    @pytest.mark.parametrize("change", [("write", "p", B), ("write", "q", B), ("chmod", "p", 0o600)])
    def test_a_machine_that_has_something_else_than_another(self, world, change):
        what, *details = change
        getattr(world.machines[1].disk, what)(*details)
        with says("m1 and m0 differ"):
            world.check()

    def test_machines_that_have_something_else_than_the_head(self, world):
        for machine in world.machines:
            machine.disk.write("p", B)
        with says("the head is not what the machines hold"):
            world.check()

    def test_directories_that_the_head_does_not_have(self, world):
        for machine in world.machines:
            machine.disk.mkdir("d")
        with says("the head's tree is another one"):
            world.check()

    def test_a_path_that_is_committed_below_a_file(self, world):
        with says("p/l was committed below the file p"):
            commit_link(world, "p/l")

    def test_a_symlink_that_is_committed_above_a_file(self, world):
        (m1, _) = world.machines
        world.chronicle.write(m1, "d/e/x", B)
        world.sync(m1)
        with says("d/e was committed below the symlink d"):
            commit_link(world, "d")


def commit_expired(world, path):
    """As a machine does that sees an old upload there."""
    seq = world.machines[0].ledger.seq + 1
    before = world.machines[0].ledger.remote(path)
    gone = Tombstone(seq, before.digest, named_by(before), expired=True)
    CommitLog(world.store).append(Commit("id", seq, 0, "someone", (Change(path, gone),)))


class TestExpiry:
    def test_of_what_is_young(self, world):
        world.set_recycling(Recycling(10))
        world.now += 9 * world.day_s
        with says("p b'content A' is said to have expired, and is too young for that"):
            commit_expired(world, "p")

    def test_of_what_never_expires(self, world):
        world.set_recycling(Recycling(10, ("other",)))
        world.now += 11 * world.day_s
        with says("is too young for that"):
            commit_expired(world, "p")

    def test_that_takes_a_local_copy_with_it(self, world):
        world.set_recycling(Recycling(10))
        world.now += 11 * world.day_s
        commit_expired(world, "p")
        world.machines[1].disk.delete("p")
        world.settle()
        with says("m1 had p b'content A' when it expired, and has it no more"):
            world.check()

    def test_that_leaves_nothing_to_be_restored(self, world):
        world.set_recycling(Recycling(10))
        world.now += 11 * world.day_s
        commit_expired(world, "p")
        world.settle()
        world.store.retained.discard(A)
        for info in world.store.list("trash/"):
            world.store.delete(info.key)
        with says("'content A' is lost"):
            world.check()


class TestVersions:
    def test_one_that_is_lost(self, world):
        """It vanishes from its writer's disk before anybody has read it."""
        (m1, _) = world.machines
        world.chronicle.write(m1, "q", B)
        m1.disk.delete("q")
        world.settle()
        with says("'content B' is lost"):
            world.check()

    def test_one_that_another_tool_overwrote_and_nobody_kept(self, world):
        world.chronicle.put("p", X)
        world.settle()
        world.store.retained.discard(A)
        with says("'content A' is lost"):
            world.check()

    def test_a_deletion_that_was_nobodys(self, world):
        """Its bytes live on under another name, so nothing is lost."""
        (m1, _) = world.machines
        m1.disk.move("p", "elsewhere")
        world.settle()
        with says("'content A' was deleted at p, and nobody did"):
            world.check()

    def test_one_that_is_back(self, world):
        m1, m2 = world.machines
        world.chronicle.delete(m1, "p")
        world.sync(m1, m2)
        m1.disk.write("p", A)
        world.settle()
        with says("'content A' is back at p"):
            world.check()

    def test_a_conflict_where_nobody_else_is(self):
        world = ByHand(1, {"p": A})
        world.chronicle.write(world.machines[0], "p (conflict 2026-01-01 00-00-00 m0)", B)
        world.settle()
        with says("a conflict with nobody"):
            world.check()


class TestAnArchive:
    @pytest.fixture
    def archive(self, world):
        archive = world.add_machine(sync=SyncType.ARCH)
        world.sync(archive)
        assert contents(archive.disk) == {"p": A, "other": C}
        archive.look_around()
        world.check()
        return archive

    def test_that_lacks_something(self, world, archive):
        archive.disk.delete("p")
        with says("m2 lacks p"):
            world.check()

    def test_that_has_something_else(self, world, archive):
        archive.disk.write("p", B)
        with says("m2 has another p"):
            world.check()

    def test_that_has_something_of_its_own(self, world, archive):
        world.chronicle.versions[B] = Version(B)
        archive.disk.write("q", B)
        with says("m2 has q, and the head has not"):
            world.check()

    def test_to_which_a_deletion_was_carried(self, world, archive):
        world.chronicle.delete(world.machines[0], "p")
        world.settle()
        world.check()
        archive.disk.delete("p")
        with says("a deletion of p was carried to m2"):
            world.check()


class TestAReceipt:
    @pytest.fixture
    def told(self, world):
        """M1 is told complete, when it has B at q."""
        (m1, _) = world.machines
        world.chronicle.write(m1, "q", B)
        promise = m1.ask(Until.DURABLE, timeout_s=60)
        world.run(until=lambda: promise.receipt is not None, only=[m1])
        assert promise.receipt.outcome is Outcome.COMPLETE
        world.oracle.check_receipt(m1, promise)
        return promise

    def test_for_bytes_that_are_not_in_the_store(self, world, told):
        world.store.delete("files/q")
        with says("m0 was told complete, but q b'content B' is not in the store"):
            world.oracle.check_receipt(world.machines[0], told)

    def test_for_bytes_that_no_commit_names(self, world, told):
        (m1, _) = world.machines
        world.chronicle.write(m1, "q", X)
        told.files["q"] = X
        world.store.put("files/unnamed", X)
        with says("m0 was told complete, but q b'content X' is not in the store"):
            world.oracle.check_receipt(m1, told)

    def test_is_looked_at_when_it_is_given(self, world, monkeypatch):
        (m1, _) = world.machines
        given = []
        monkeypatch.setattr(world.oracle, "check_receipt", lambda *what: given.append(what))
        promise = m1.ask(Until.DURABLE, timeout_s=60)
        world.run(until=lambda: promise.receipt is not None, only=[m1])
        assert given == [(m1, promise)]
