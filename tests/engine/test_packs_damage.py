"""Packs that are gone, cut off, or hold other bytes than the log says."""

import pytest

from holdall.engine.pace import Pace
from holdall.engine.words import Outcome, Until
from holdall.log import layout, reading
from holdall.log.findings import Found
from holdall.log.history import History
from holdall.log.packs import Filling
from holdall.log.pruning import prune
from holdall.log.verify import verify
from holdall.rules.conflict import is_copy
from holdall.rules.packing import Packing

ARCHIVE = Packing(archive=True)
FILES = {f"d/{number}": f"contents of {number}".encode() for number in range(4)}


@pytest.fixture(params=[True, False], ids=["for good", "for a while"])
def machine(world, request):
    """It has FILES in one pack."""
    found = world.machine("one")
    found.packing = Packing(archive=request.param)
    found.kill()
    for path, data in FILES.items():
        found.disk.write(path, data)
    found.pace = Pace(burst_files=1, lay_s=3600.0)
    found.boot()
    assert found.flush().outcome is Outcome.COMPLETE
    assert len(world.keys(layout.PACKS)) == 1
    return found


def pack_of(world):
    (name,) = world.keys(layout.PACKS)
    return layout.PACKS + name


def lost(world):
    world.store.delete(pack_of(world))


def cut_off(world):
    key = pack_of(world)
    world.store.put(key, world.store.get(key)[:150])


def replaced(world):
    """By frames of the same places and lengths, which are all that a pack's frames should be but for their bytes."""
    key = pack_of(world)
    filling = Filling()
    for path, data in FILES.items():
        filling.add(path, data.replace(b"contents", b"CONTENTS"), mode=0o644, mtime_ns=1_700_000_000 * 10**9)
    other = filling.seal().data
    assert len(other) == len(world.store.get(key))
    world.store.put(key, other)


def flipped(world):
    key = pack_of(world)
    data = bytearray(world.store.get(key))
    data[60] ^= 1
    world.store.put(key, bytes(data))


def stranger(world, name="stranger", lay_s=3600.0):
    found = world.machine(name)
    found.kill()
    found.pace = Pace(lay_s=lay_s)
    found.boot()
    return found, found.flush(Until.RESTORED)


@pytest.mark.parametrize("damage", [lost, cut_off])
class TestWhoeverHasTheBytes:
    def test_puts_them_back(self, world, machine, damage):
        damage(world)
        receipt = machine.flush(thorough=True)
        assert receipt.outcome is Outcome.COMPLETE
        assert not machine.mount.damaged
        assert stranger(world)[0].disk.files() == FILES

    def test_and_one_that_has_changed_since(self, world, machine, damage):
        damage(world)
        machine.disk.write("d/1", b"changed")
        machine.flush(thorough=True)
        assert stranger(world)[0].disk.files() == FILES | {"d/1": b"changed"}

    def test_leaves_others_what_only_they_have(self, world, machine, damage):
        """One machine has one half of them, the other the other."""
        other, _ = stranger(world, "other")
        machine.asleep = other.asleep = True
        damage(world)
        for here, gone in ((machine, ("d/0", "d/1")), (other, ("d/2", "d/3"))):
            here.disk.on_event = None
            for path in gone:
                here.disk.tree.nodes[path].data = b"torn by a bad disk"[: len(FILES[path])]
        machine.asleep = other.asleep = False
        machine.flush(thorough=True)
        assert "d/1" in machine.mount.damaged
        assert machine.mount.damaged.keys() <= {"d/0", "d/1"}
        other.flush(thorough=True)
        assert stranger(world)[0].disk.files() == FILES


@pytest.mark.parametrize("damage", [lost, cut_off, replaced, flipped])
class TestWhoeverHasNot:
    def test_is_told_and_gets_nothing_wrong(self, world, machine, damage):
        machine.asleep = True
        damage(world)
        found, receipt = stranger(world)
        assert receipt.outcome is Outcome.PARTIAL
        broken = {"d/0", "d/1", "d/2", "d/3"} - set(found.disk.files())
        assert broken
        assert broken == set(found.mount.damaged) == {one.path for one in receipt.left}
        assert found.disk.files() == {path: FILES[path] for path in FILES.keys() - broken}

    def test_lays_nothing_wrong_out(self, world, machine, damage):
        machine.asleep = True
        damage(world)
        found, _ = stranger(world, lay_s=3.0)
        world.pass_time(60.0)
        laid_out = world.keys("files/")
        assert all(world.store.get(f"files/{path}") == FILES[path] for path in laid_out)
        assert found.mount.damaged

    def test_can_put_something_in_its_place(self, world, machine, damage):
        """And the bytes that were there are kept by whoever still has them, and can be restored."""
        machine.asleep = True
        damage(world)
        found, _ = stranger(world)
        path = min(found.mount.damaged)
        was = machine.ledger.remote(path)
        found.disk.write(path, b"made anew")
        found.flush()
        machine.asleep = False
        machine.flush(Until.SYNCED)
        assert machine.disk.files()[path] == b"made anew"
        assert not any(map(is_copy, machine.disk.files()))
        entry = dict(History(machine.hands.log).tree(was.vid))[path]
        if damage in (lost, cut_off):
            assert b"".join(reading.pieces(world.store, path, entry)) == FILES[path]


def test_what_is_damaged_stays_where_it_is_when_the_rest_is_packed_anew(world):
    machine = world.machine("one")
    machine.packing = ARCHIVE
    machine.kill()
    for path, data in FILES.items():
        machine.disk.write(path, data)
        machine.disk.write(f"{path}+", data[::-1])
    machine.boot()
    machine.flush()
    flipped(world)
    before = {path: machine.ledger.remote(path).where for path in FILES}
    for path in list(machine.disk.files())[3:]:
        machine.disk.write(path, f"changed {path}".encode())
        machine.flush()
    world.pass_time(60)
    after = {path: machine.ledger.remote(path).where for path in FILES}
    assert before["d/0"] == after["d/0"]
    assert before["d/1"] != after["d/1"]
    assert machine.hands.objects.packs.fetch("d/1", machine.ledger.remote("d/1")) == FILES["d/1"]


class TestVerification:
    def found(self, machine, *, data=False):
        report = verify(machine.hands.log, data=data)
        return {one.path: one.found for one in report.findings}

    def test_of_a_sound_one(self, machine):
        assert self.found(machine, data=True) == {}

    def test_names_what_is_missing(self, world, machine):
        lost(world)
        assert self.found(machine) == dict.fromkeys(FILES, Found.MISSING)

    def test_names_what_is_cut_off(self, world, machine):
        cut_off(world)
        assert self.found(machine) == dict.fromkeys(FILES.keys() - {"d/0"}, Found.DAMAGED)

    @pytest.mark.parametrize("damage", [replaced, flipped])
    def test_that_reads_names_what_is_damaged(self, world, machine, damage):
        damage(world)
        assert self.found(machine) == {}
        broken = self.found(machine, data=True)
        assert broken
        assert set(broken.values()) == {Found.DAMAGED}

    def test_says_what_only_the_trash_has(self, world, machine):
        machine.hands.objects.packs.discard(layout.pack_of(pack_of(world)))
        assert self.found(machine) == dict.fromkeys(FILES, Found.RETAINED)
        assert machine.flush(thorough=True).outcome is Outcome.COMPLETE
        machine.disk.write("d/1", b"changed")
        machine.flush(thorough=True)
        assert stranger(world)[0].disk.files() == FILES | {"d/1": b"changed"}

    def test_names_a_pack_that_no_commit_names(self, world, machine):
        world.store.put(layout.pack_key("deadbeef"), b"under way")
        assert self.found(machine) == {layout.pack_key("deadbeef"): Found.UNFINISHED}


def test_what_a_tree_of_the_retention_names_is_not_pruned(world):
    """A pack that was packed anew long ago is gone from the trash; one that yesterday's tree names is not."""
    machine = world.machine("one")
    machine.packing = ARCHIVE
    seqs = []
    for day in range(12):
        machine.disk.write("f", b"day %d" % day)
        machine.flush()
        seqs.append(machine.ledger.seq)
        machine.hands.upkeep.checkpoint()
        world.pass_time(60)
        world.now += 86_400.0
    assert prune(machine.hands.log, world.now).trash
    history = History(machine.hands.log)
    for day in (5, 8, 11):
        entry = dict(history.tree(seqs[day]))["f"]
        assert b"".join(reading.pieces(world.store, "f", entry)) == b"day %d" % day
