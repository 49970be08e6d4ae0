"""The store protocol's counterexamples 13 and 14, as far as they are about packs (see test_counterexamples.py)."""

import pytest
from tests.simulation.by_hand import ByHand, packs
from tests.simulation.chronicle import contents

from holdall.log import layout
from holdall.log.commits import CommitLog
from holdall.log.pruning import prune

A, B, C, X = b"content A", b"content B", b"content C", b"content X"
GRACE_S = 20.0
DAY_S = 86_400.0


def in_packs(world, *machines, for_good):
    """What goes up from them travels in packs: `for_good` by their policy, else until it is laid out."""
    for machine in machines:
        packs(machine, for_good=for_good)
        world.restarts(machine)
        world.sync(machine)


@pytest.mark.parametrize("for_good", [True, False], ids=["archive", "burst"])
@pytest.mark.parametrize("first", ["ours", "another tool's"])
class Test13:
    """The head has B in a pack."""

    @pytest.fixture
    def world(self, first):
        world = ByHand(2, {"p": A if first == "ours" else X, "other": C})
        if first != "ours":
            world.chronicle.put("p", A)
            world.sync(*world.machines)
        return world

    def packed(self, world, machine, for_good, trap="put"):
        """And its machine died before anything was done about files/p."""
        in_packs(world, machine, for_good=for_good)
        world.chronicle.write(machine, "p", B)
        world.goes_on(machine, machine.set_trap("kill after", "put", "log/"))
        assert world.store.get("files/p") == A

    def in_the_end(self, world, **there):
        return world.settled() == {"other": C, **there}

    def test_what_it_hides_is_not_adopted(self, world, for_good):
        """files/p still holds A: a listing must not take that for news."""
        m1, m2 = world.machines
        self.packed(world, m1, for_good)
        world.sync(m2)
        assert contents(m2.disk) == {"p": B, "other": C}
        assert self.in_the_end(world, p=B)
        assert (world.store.head("files/p") is None) is for_good

    @pytest.mark.parametrize("again", [False, True], ids=["", "and made anew"])
    def test_what_it_hides_does_not_come_back_when_it_is_deleted(self, world, for_good, again):
        """M2 takes B, its user deletes it, and M2 dies before it removes anything: A is at the key when M1 lists it."""
        m1, m2 = world.machines
        self.packed(world, m1, for_good)
        world.hears(m2)
        world.chronicle.delete(m2, "p")
        world.goes_on(m2, m2.set_trap("kill after", "put", "log/"))
        assert world.store.get("files/p") == A
        if again:
            in_packs(world, m2, for_good=for_good)
            world.chronicle.write(m2, "p", C)
            world.goes_on(m2, m2.set_trap("kill after", "put", "log/"))
        world.restarts(m1)
        world.sync(m1)
        assert self.in_the_end(world, **({"p": C} if again else {}))

    def test_nor_does_what_was_deleted_before_it_came(self, world, for_good):
        """M2 commits T(A) and dies before the removal; M1 puts B into a pack and dies. A is at the key when M2 lists it."""
        m1, m2 = world.machines
        in_packs(world, m1, for_good=for_good)
        world.chronicle.delete(m2, "p")
        world.goes_on(m2, m2.set_trap("kill after", "put", "log/"))
        world.chronicle.write(m1, "p", B)
        world.goes_on(m1, m1.set_trap("kill after", "put", "log/"))
        assert world.store.get("files/p") == A
        world.restarts(m2)
        world.sync(m2)
        assert self.in_the_end(world, p=B)


class Test13WhatIsLaidOut:
    @pytest.fixture
    def world(self):
        """Three machines; the first one's files go up in packs for a while."""
        world = ByHand(3, {"p": A, "other": C}, checkpoint_every=1)
        in_packs(world, world.machines[0], for_good=False)
        return world

    def test_a_leftover_of_it_does_not_come_back(self, world):
        """M1 lays B out and dies before it says so; M2, who only knows of A, deletes p and dies. The log is pruned behind that,
        and a newcomer, who knows what the checkpoint says, finds B at the key.
        """
        m1, m2, m3 = world.machines
        world.chronicle.write(m1, "p", B)
        world.goes_on(m1, m1.set_trap("kill after", "put", "files/p"))
        world.hears(m2)
        world.chronicle.delete(m2, "p")
        world.goes_on(m2, m2.set_trap("kill after", "put", "log/"))
        assert world.store.get("files/p") == B
        for n in range(3):
            world.now += DAY_S
            world.chronicle.write(m3, "q", b"content %d" % n)
            world.hears(m3)
            world.run(until=lambda: m3.mount.flow.idle, only=[m3])
        assert prune(CommitLog(world.store), world.now, keep_s=DAY_S).commits
        assert world.store.get("files/p") == B

        newcomer = world.newcomer()

        assert "p" not in contents(newcomer.disk)
        assert world.settled() == {"other": C, "q": b"content 2"}

    @pytest.mark.parametrize("stops", ["put", "retain"])
    @pytest.mark.parametrize("finished", [True, False], ids=["committed", "begun"])
    def test_a_newer_edit_is_not_overwritten(self, world, stops, finished):
        """M1 stops before it lays B out over A; M2 edits B, and puts C at the key."""
        m1, m2, _ = world.machines
        world.chronicle.write(m1, "p", B)
        world.goes_on(
            m1, m1.set_trap("freeze", *(("put", "files/p") if stops == "put" else ("copy", "files/p")))
        )
        world.hears(m2)
        world.chronicle.write(m2, "p", X)
        if finished:
            world.hears(m2)
        else:
            world.goes_on(m2, m2.set_trap("kill after", "put", "files/p"))
        assert world.store.get("files/p") == X
        m1.wake()
        world.sync(m1)
        assert world.settled() == {"p": X, "other": C}

    def test_a_late_one_neither(self, world):
        """M1's request to lay B out is late; another process lays it out, M2 edits that. Then the request arrives."""
        m1, m2, _ = world.machines
        world.chronicle.write(m1, "p", B)
        late = m1.set_trap("late", "put", "files/p")
        world.goes_on(m1, late)
        world.restarts(m1)
        world.sync(m1, m2)
        world.pass_time(GRACE_S)
        world.chronicle.write(m2, "p", X)
        world.sync(m2)
        late.deliver()
        assert world.settled() == {"p": X, "other": C}

    def test_two_machines_at_once(self, world):
        m1, m2, _ = world.machines
        world.chronicle.write(m1, "p", B)
        world.goes_on(m1, m1.set_trap("freeze after", "put", "files/p"))
        world.sync(m2)
        world.pass_time(GRACE_S)
        m1.wake()
        world.sync(m1)
        assert world.settled() == {"p": B, "other": C}
        assert world.store.get("files/p") == B
        assert not list(world.store.list(layout.PACKS))


class Test14:
    """M1 puts a pack and falls asleep; a day later M2 finds that no commit names it."""

    @pytest.fixture
    def world(self):
        world = ByHand(2, {"p": A}, checkpoint_every=1)
        m1, m2 = world.machines
        in_packs(world, m1, for_good=True)
        world.chronicle.write(m1, "q", B)
        world.goes_on(m1, m1.set_trap("freeze", "put", "log/"))
        world.now += 2 * DAY_S
        m2.mount.chores.is_untidy(world.now)
        return world

    def collected(self, world):
        m2 = world.machines[1]
        world.run(until=lambda: not list(world.store.list(layout.PACKS)), only=[m2])

    def test_m1_wakes_up_when_it_is_gone(self, world):
        m1, _ = world.machines
        self.collected(world)
        m1.wake()
        world.sync(m1)
        assert world.settled() == {"p": A, "q": B}

    def test_m1_wakes_up_between_that_and_the_word_of_it(self, world):
        """M2 is about to condemn the pack; M1 commits what is in it."""
        m1, m2 = world.machines
        world.goes_on(m2, m2.set_trap("freeze", "put", "log/"))
        m1.wake()
        world.hears(m1)
        m2.wake()
        world.sync(m2)
        assert len(list(world.store.list(layout.PACKS))) == 1
        assert world.settled() == {"p": A, "q": B}

    def test_m1_wakes_up_when_nothing_tells_of_that_any_more(self, world):
        """M2 goes on, and the log is pruned behind it: what was condemned there, M1 never hears."""
        m1, m2 = world.machines
        self.collected(world)
        for n in range(3):
            world.now += DAY_S
            world.chronicle.write(m2, "p", b"content %d" % n)
            world.sync(m2)
            world.run(until=lambda: m2.mount.flow.idle, only=[m2])
        world.now += DAY_S
        prune(CommitLog(world.store), world.now, keep_s=DAY_S)
        assert not list(world.store.list(layout.PACKS))
        assert CommitLog(world.store).owner(m1.ledger.seq + 1) == ""
        m1.wake()
        world.hears(m1)
        assert contents(world.newcomer().disk) == {"p": b"content 2", "q": B}
        assert world.settled() == {"p": b"content 2", "q": B}
