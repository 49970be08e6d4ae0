"""Files that travel together: filled into packs, found again, laid out, packed anew."""

import io
import random
import tarfile

import pytest
import zstandard
from tests.engine.by_clock import World

from holdall.engine.events import Approve
from holdall.engine.pace import Pace
from holdall.engine.words import Outcome, Until
from holdall.errors import Unavailable
from holdall.log import layout
from holdall.log.objects import Body
from holdall.log.packs import Packs
from holdall.model import Packed, Plain
from holdall.rules.packing import Packing
from holdall.store.base import Capabilities
from holdall.store.passing import Passing

ARCHIVE = Packing(archive=True)
FILES = {f"d/{number}": f"contents of {number}".encode() for number in range(30)}


@pytest.fixture
def machine(world):
    found = world.machine("one")
    found.packing = ARCHIVE
    return found


def write(machine, files):
    for path, data in files.items():
        machine.disk.write(path, data)


def complete(machine, **how):
    receipt = machine.flush(**how)
    assert receipt.outcome is Outcome.COMPLETE, receipt
    return receipt


def restored(world, name="stranger"):
    """What a machine that comes anew finds in the store."""
    stranger = world.machine(name)
    assert stranger.flush(Until.RESTORED).outcome is Outcome.COMPLETE
    stranger.kill()
    return dict(stranger.disk.files())


def packs(world):
    return world.keys(layout.PACKS)


def members(world):
    found = {}
    for key in packs(world):
        plain = zstandard.ZstdDecompressor().stream_reader(
            io.BytesIO(world.store.get(layout.PACKS + key)), read_across_frames=True
        )
        with tarfile.open(fileobj=io.BytesIO(plain.read())) as tar:
            found.update({one.name: tar.extractfile(one).read() for one in tar})
    return found


def test_many_files_are_one_object(world, machine):
    write(machine, FILES)
    receipt = complete(machine)
    assert receipt.uploaded_files == len(FILES)
    assert len(packs(world)) == 1
    assert members(world) == FILES
    assert world.keys() == set()
    assert restored(world) == FILES


def test_a_change_sends_itself_alone(world, machine):
    write(machine, FILES)
    complete(machine)
    before = packs(world)
    machine.disk.write("d/3", b"changed")
    receipt = complete(machine)
    assert receipt.uploaded_files == 1
    (fresh,) = packs(world) - before
    assert len(world.store.get(layout.PACKS + fresh)) < 1024
    assert restored(world) == FILES | {"d/3": b"changed"}


def test_a_rename_sends_nothing(world, machine):
    write(machine, FILES)
    complete(machine)
    before = packs(world)
    machine.disk.rename("d", "e")
    complete(machine)
    assert packs(world) == before
    assert restored(world) == {path.replace("d/", "e/"): data for path, data in FILES.items()}


class TestWhatNothingNames:
    def test_a_pack_that_is_overwritten_goes_to_the_trash(self, world, machine):
        for number in range(5):
            machine.disk.write("f", f"version {number}".encode())
            complete(machine)
        world.pass_time(60)
        assert len(packs(world)) == 1
        assert len(world.keys(layout.TRASH)) == 4
        assert restored(world) == {"f": b"version 4"}

    def test_and_is_read_there(self, world, machine):
        write(machine, {"f": b"old"})
        complete(machine)
        old = machine.ledger.remote("f")
        write(machine, {"f": b"new"})
        complete(machine)
        world.pass_time(60)
        assert Packs(world.store).fetch("f", old) == b"old"

    @pytest.mark.parametrize("tidy", [True, False], ids=["when somebody leaves", "after a while"])
    def test_what_is_live_is_packed_anew(self, world, machine, tidy):
        dice = random.Random(3)
        files = {path: dice.randbytes(3000) for path in FILES}
        write(machine, files)
        complete(machine)
        for path in list(files)[:20]:
            files[path] = dice.randbytes(3000)
            machine.disk.write(path, files[path])
            complete(machine, tidy=tidy)
        if not tidy:
            world.pass_time(120)
        held = sum(len(world.store.get(layout.PACKS + key)) for key in packs(world))
        assert sum(machine.ledger.packs.live().values()) > 0.6 * held
        assert restored(world) == files

    def test_copies_do_not_pass_for_what_is_live(self, world, machine):
        """A thousand of one file are no more in a pack than one of it."""
        dice = random.Random(3)
        files = {path: dice.randbytes(3000) for path in FILES} | {"first": b""}
        copies = dict.fromkeys([*list(FILES)[:25], *map(str, range(1000))], b"")
        for some in (files, copies):
            write(machine, some)
            complete(machine)
        world.pass_time(60)
        held = sum(len(world.store.get(layout.PACKS + key)) for key in packs(world))
        assert held < 5 * 3000 / 0.6
        assert restored(world) == files | copies

    def test_many_small_packs_are_put_together(self, world, machine):
        files = {}
        for number in range(70):
            files[f"f{number}"] = f"contents of {number}".encode()
            machine.disk.write(f"f{number}", files[f"f{number}"])
            complete(machine)
        machine.mount.chores.is_untidy(world.now)
        world.pass_time(120)
        assert len(packs(world)) == 1
        assert restored(world) == files

    def test_a_pack_that_no_commit_ever_named(self, world, machine):
        write(machine, {"f": b"1"})
        complete(machine)
        world.store.put(layout.pack_key("deadbeef"), b"left by a machine that died")
        world.pass_time(25 * 3600)
        machine.mount.chores.is_untidy(world.now)
        world.pass_time(120)
        assert layout.pack_key("deadbeef").removeprefix(layout.PACKS) not in packs(world)
        assert restored(world) == {"f": b"1"}

    def test_a_deleted_file_leaves_nothing(self, world, machine):
        write(machine, FILES)
        complete(machine)
        for path in FILES:
            machine.disk.delete(path)
        machine.flush()
        machine.inbox.append(Approve())
        complete(machine, tidy=True)
        assert packs(world) == set()
        assert restored(world) == {}


class TestOfOtherMode:
    """The tree lives in both forms at once; what changes takes the form of the day."""

    def test_plain_objects_stay_and_give_way_when_they_change(self, world, machine):
        machine.packing = Packing()
        write(machine, FILES)
        complete(machine)
        assert len(world.keys()) == len(FILES)
        machine.packing = ARCHIVE
        machine.disk.write("d/3", b"changed")
        complete(machine, tidy=True)
        world.pass_time(10)
        assert world.keys() == FILES.keys() - {"d/3"}
        assert machine.ledger.packs.shadowing(9) == []
        assert restored(world) == FILES | {"d/3": b"changed"}

    def test_what_is_packed_stays_and_is_a_plain_object_when_it_changes(self, world, machine):
        write(machine, FILES)
        complete(machine)
        machine.packing = Packing()
        machine.disk.write("d/3", b"changed")
        complete(machine)
        assert world.keys() == {"d/3"}
        assert restored(world) == FILES | {"d/3": b"changed"}

    def test_paths_that_are_left_out_of_packs(self, world, machine):
        machine.packing = Packing(archive=True, exclude=("d/3", "e"))
        write(machine, FILES | {"e/x": b"plain", "ex": b"packed"})
        complete(machine)
        assert world.keys() == {"d/3", "e/x"}
        assert restored(world) == FILES | {"e/x": b"plain", "ex": b"packed"}


def found_at_once(machine, files):
    """All of them, by the first look of a process."""
    machine.kill()
    write(machine, files)
    machine.boot()


class TestBurst:
    @pytest.fixture
    def machine(self, world):
        found = world.machine("one")
        found.pace = Pace(burst_files=10, lay_s=20.0)
        found.boot()
        return found

    def test_is_durable_at_once_and_laid_out_later(self, world, machine):
        found_at_once(machine, FILES)
        complete(machine, within_s=2.0)
        assert isinstance(machine.ledger.remote("d/1").where, Packed)
        assert restored(world, "before") == FILES
        world.pass_time(60)
        assert world.keys() == FILES.keys()
        assert isinstance(machine.ledger.remote("d/1").where, Plain)
        assert packs(world) == set()
        assert restored(world, "after") == FILES

    def test_a_rename_of_plain_objects_copies_them(self, world, machine):
        found_at_once(machine, FILES | {"top": b"stays"})
        complete(machine, within_s=2.0)
        world.pass_time(60)
        machine.kill()
        machine.disk.rename("d", "e")
        machine.boot()
        assert complete(machine).uploaded_bytes == 0
        assert packs(world) == set()
        moved = {path.replace("d/", "e/"): data for path, data in FILES.items()}
        assert restored(world) == moved | {"top": b"stays"}

    def test_versions_stay_what_they_are(self, world, machine):
        found_at_once(machine, FILES)
        complete(machine, within_s=2.0)
        before = machine.ledger.remote("d/1")
        world.pass_time(60)
        after = machine.ledger.remote("d/1")
        assert (after.vid, after.uid, after.digest) == (before.vid, before.uid, before.digest)
        assert machine.ledger.row("d/1").ahead is None

    def test_a_few_files_do_not_wait(self, world, machine):
        write(machine, {path: FILES[path] for path in list(FILES)[:5]})
        complete(machine, within_s=2.0)
        assert packs(world) == set()

    def test_whoever_runs_next_lays_it_out(self, world, machine):
        found_at_once(machine, FILES)
        complete(machine, within_s=2.0)
        machine.kill()
        other = world.machine("other")
        complete(other, until=Until.RESTORED)
        world.pass_time(60)
        assert world.keys() == FILES.keys()
        assert dict(other.disk.files()) == FILES

    def test_over_plain_objects(self, world, machine):
        machine.pace = Pace(lay_s=20.0)
        found_at_once(machine, FILES)
        complete(machine)
        machine.pace = Pace(burst_files=10, lay_s=20.0)
        files = {path: data + b", changed" for path, data in FILES.items()}
        found_at_once(machine, files)
        complete(machine, within_s=2.0)
        assert world.store.get("files/d/1") == FILES["d/1"]
        assert restored(world, "before") == files
        world.pass_time(60)
        assert world.store.get("files/d/1") == files["d/1"]
        assert restored(world, "after") == files

    def test_an_edit_that_comes_before_that(self, world, machine):
        found_at_once(machine, FILES)
        complete(machine, within_s=2.0)
        machine.disk.write("d/1", b"edited")
        complete(machine, within_s=2.0)
        world.pass_time(60)
        assert world.store.get("files/d/1") == b"edited"
        assert restored(world) == FILES | {"d/1": b"edited"}

    def test_a_deletion_that_comes_before_that(self, world, machine):
        found_at_once(machine, FILES)
        complete(machine, within_s=2.0)
        machine.disk.delete("d/1")
        complete(machine)
        world.pass_time(60)
        assert world.keys() == FILES.keys() - {"d/1"}

    def test_another_tools_file_at_the_key_and_ours_are_both_kept(self, world, machine):
        found_at_once(machine, FILES)
        complete(machine, within_s=2.0)
        world.store.put("files/d/1", b"by another tool")
        world.pass_time(60)
        complete(machine, thorough=True)
        world.pass_time(60)
        tree = restored(world)
        assert tree.pop("d/1") == b"by another tool"
        (copy,) = [path for path in tree if "conflict" in path]
        assert tree[copy] == FILES["d/1"]
        assert tree == {path: FILES[path] for path in FILES if path != "d/1"} | {copy: FILES["d/1"]}


class TestLargeFiles:
    @pytest.fixture(autouse=True)
    def small_blocks(self, monkeypatch):
        for module in (
            "holdall.model",
            "holdall.engine.reads",
            "holdall.log.reading",
            "holdall.engine.downloads",
        ):
            monkeypatch.setattr(f"{module}.BLOCK_BYTES", 1000)

    def test_a_change_sends_its_blocks(self, world, machine):
        data = random.Random(1).randbytes(10_500)
        machine.disk.write("large", data)
        complete(machine)
        assert set(members(world)) == {f"large.~part-{number:04d}" for number in range(1, 12)}
        changed = data[:4200] + b"?" + data[4201:]
        machine.disk.write("large", changed)
        receipt = complete(machine)
        assert 1000 < receipt.uploaded_bytes < 1300
        assert restored(world) == {"large": changed}

    def test_it_grows_and_shrinks(self, world, machine):
        data = random.Random(1).randbytes(10_500)
        for size in (10_500, 8000, 8001, 900, 10_500):
            machine.disk.write("large", data[:size])
            complete(machine)
            assert restored(world, str(size)) == {"large": data[:size]}


class WithoutDeletes(Passing):
    """Takes no condition on DELETE; `late`: nor does it answer one."""

    late = True

    def delete(self, key, **how):
        if self.late and key.startswith(layout.FILES):
            raise Unavailable("no answer yet")
        self.inner.delete(key, **how)


def test_a_key_that_a_late_request_may_empty_is_not_filled_where_delete_takes_no_condition():
    """What a pack entry hides is being removed for longer than a signature lives; its user goes back to plain objects."""
    world = World(Capabilities(delete_when=False))
    machine = world.machine("one", over=WithoutDeletes)
    machine.disk.write("f", b"plain")
    complete(machine)
    machine.packing = ARCHIVE
    machine.disk.write("f", b"in a pack")
    complete(machine)
    world.pass_time(25 * 60)
    machine.packing = Packing()
    machine.disk.write("f", b"plain again")
    machine.flush()
    assert world.store.get("files/f") == b"plain"
    assert machine.ledger.remote("f").packed
    machine.store.late = False
    world.pass_time(10 * 60)
    complete(machine)
    assert world.store.get("files/f") == b"plain again"
    assert restored(world) == {"f": b"plain again"}


def test_what_another_tool_made_of_a_file_that_was_laid_out_is_its_own(world):
    """It keeps the label. The machine that laid it out died before it said so: both versions are kept."""
    machine = world.machine("one")
    machine.pace = Pace(burst_files=1, lay_s=10_000.0)
    machine.boot()
    machine.disk.write("f", b"ours")
    complete(machine)
    head = machine.ledger.remote("f")
    machine.hands.objects.place("f", Body(4, head.digest, 0o644, 0, b"ours"), head.uid, head, lambda _: False)
    meta = world.store.head("files/f").meta
    world.store.put("files/f", b"by another tool", meta=meta)
    machine.flush(thorough=True)
    machine.flush(Until.SYNCED)
    assert world.store.get("files/f") == b"by another tool"
    assert sorted(restored(world).values()) == [b"by another tool", b"ours"]
