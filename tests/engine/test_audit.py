"""What a listing of the store brings to light, and whose it is."""

import pytest
from blake3 import blake3
from tests.engine.entries import theirs

from holdall.engine.effects import Commit
from holdall.engine.view import is_durable
from holdall.engine.words import Outcome, Until
from holdall.log.codec import Change, Commit as LogCommit
from holdall.log.layout import file_key
from holdall.log.objects import Body, Objects
from holdall.store.memory import MemoryStore

A_MOMENT_S, A_MINUTE_S = 1, 60


def place(store, path, data, head=None):
    """An upload whose sender is gone before its commit."""
    body = Body(len(data), blake3(data).hexdigest(), 0o644, 1, data)
    return Objects(store).place(path, body, "sender", head, lambda _: False)


def place_unseen(store, path, data):
    """It arrives late, over something that its sender has not seen."""
    elsewhere = MemoryStore()
    place(elsewhere, path, data)
    store.put(file_key(path), data, meta=elsewhere.head(file_key(path)).meta)


def audited(machine, after_s=A_MINUTE_S):
    machine.world.now += after_s
    return machine.hands.auditor.audit()


def adopted(found):
    return {item.step.path: (item.entry.uid, item.entry.flag) for item in found.adopted}


def test_what_is_as_the_head_says_is_nobodys_business(one):
    found = audited(one)
    assert (found.adopted, found.mend, found.later) == ((), (), None)


def test_what_the_head_names_and_is_not_listed_is_put_right(world, one):
    world.store.delete("files/f")
    assert audited(one).mend == ("f",)


def test_another_tools_file_is_kept_and_adopted(world, one):
    world.store.put("files/g", b"by hand")
    ((path, (uid, flag)),) = adopted(audited(one)).items()
    assert (path, flag) == ("g", "foreign")
    assert world.store.get(f"trash/{uid}/g") == b"by hand"


class TestAnUploadThatNoCommitNames:
    def test_is_left_to_its_sender_for_a_while(self, world, one):
        place(world.store, "g", b"new")
        found = audited(one, A_MOMENT_S)
        assert (found.adopted, found.mend) == ((), ())
        assert found.later is not None

    def test_is_adopted_when_the_sender_does_not_come_back(self, world, one):
        place(world.store, "g", b"new")
        assert adopted(audited(one)) == {"g": ("sender", "")}

    def test_also_over_what_was_kept_for_it(self, world, one):
        place(world.store, "f", b"new", head=one.ledger.remote("f"))
        assert adopted(audited(one)) == {"f": ("sender", "")}

    def test_not_over_what_was_never_kept(self, world, one):
        """Its sender has not seen what the head names, and finds a conflict when it comes back."""
        place_unseen(world.store, "f", b"new")
        found = audited(one)
        assert (found.adopted, found.mend) == ((), ("f",))
        one.flush(Until.SYNCED, thorough=True)
        assert world.store.get("files/f") == b"first"
        assert world.store.get("trash/sender/f") == b"new"

    def test_is_not_adopted_where_it_came_to_nothing_since(self, world, one):
        """As its sender says in the log, between the listing and the commit."""
        place(world.store, "g", b"new")
        found = audited(one)
        void = LogCommit("x", 2, 0, "sender", (Change("g", None, void=(("sender", ""),)),))
        one.ledger.apply(void)
        committed = one.hands.uploads.commit(Commit(found.adopted))
        assert (committed.seq, [item.step.path for item in committed.stale]) == (-1, ["g"])

    def test_is_a_leftover_where_the_log_left_it_behind(self, world, one):
        place(world.store, "g", b"new")
        entry = audited(one).adopted[0].entry
        one.ledger.apply(theirs(2, ("g", entry)))
        one.ledger.apply(theirs(3, ("g", entry._replace(uid="another", vid=3, size=9))))
        assert audited(one).mend == ("g",)


class TestAnObjectThatNoTreeCanHold:
    """Named, neither adopted nor kept: at every listing it would be kept once more."""

    @pytest.fixture(autouse=True)
    def more(self, one):
        one.disk.symlink("link", "f")
        one.disk.mkdir("d")
        one.disk.write("d/g", b"in a directory")
        one.flush()

    @pytest.mark.parametrize("key", ["f/below", "f/far/below", "link/below", "d"])
    def test_stays_as_it_is(self, world, one, key):
        world.store.put(f"files/{key}", b"by hand")
        found = audited(one)
        assert (found.adopted, found.mend, found.later) == ((), (), None)
        assert [left.path for left in found.unfit] == [key]
        assert not world.keys("trash/")

    def test_is_shown_until_it_is_gone(self, world, one):
        world.store.put("files/f/below", b"by hand")
        assert one.flush(Until.SYNCED, thorough=True).outcome is Outcome.COMPLETE
        assert "the file f is here" in one.mount.findings.named()["f/below"].reason
        assert is_durable(one.mount)
        world.store.delete("files/f/below")
        one.flush(Until.SYNCED, thorough=True)
        assert not one.mount.findings.named()

    def test_is_adopted_once_there_is_room(self, world, one):
        world.store.put("files/f/below", b"by hand")
        one.disk.delete("f")
        one.flush()
        assert list(adopted(audited(one))) == ["f/below"]
