"""Archives that come down are extracted: what appears, what goes up of it, what lasts, and what is never touched."""

import pytest
from tests.engine.by_clock import Machine, World
from tests.local.extract.making import info, tar, zipped

from holdall.engine.words import Outcome, Until
from holdall.model import Entry, SeenAs, Tombstone
from holdall.policies.effective import Extract
from holdall.store.base import Capabilities

PACK = zipped(("m.json", b"{}"), ("d/n.txt", b"n"))
KEPT = Extract(delete_src_file=False)
HERE = Extract(extract_current_folder=True)


@pytest.fixture
def world():
    return World(Capabilities())


@pytest.fixture
def maker(world):
    """It made an archive, and extracts none."""
    found = world.machine("maker")
    found.disk.write("a/pack.zip", PACK)
    found.flush()
    return found


def machine(world, name, extraction):
    return world.machine(name, kind=type("Extracting", (Machine,), {"extraction": extraction}))


def synced(machine, **how):
    receipt = machine.flush(Until.SYNCED, **how)
    assert receipt.outcome is Outcome.COMPLETE, (receipt, machine.mount.findings.left)
    return machine.disk.files()


def fresh(world, name="fresh", extraction=KEPT):
    return synced(machine(world, name, extraction))


@pytest.fixture
def one(world, maker):
    found = machine(world, "one", Extract())
    synced(found)
    return found


# -- what the policy says


def test_its_members_appear_beside_it(world, maker):
    assert fresh(world) == {"a/pack.zip": PACK, "a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}


def test_in_its_own_directory(world, maker):
    found = fresh(world, extraction=HERE._replace(delete_src_file=False))
    assert found == {"a/pack.zip": PACK, "a/m.json": b"{}", "a/d/n.txt": b"n"}


def test_the_archive_goes(world, maker):
    assert fresh(world, extraction=Extract()) == {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}


def test_no_policy_no_extraction(world, maker):
    assert fresh(world, extraction=None) == {"a/pack.zip": PACK}


def test_at_the_top(world):
    maker = world.machine("maker")
    maker.disk.write("pack.tar", tar(("x/y", b"1")))
    maker.flush()
    assert fresh(world, "one", Extract()) == {"pack/x/y": b"1"}
    assert fresh(world, "two", HERE) == {"x/y": b"1"}


def test_an_archive_in_an_archive_is_a_file(world):
    maker = world.machine("maker")
    maker.disk.write("out.zip", zipped(("in.zip", PACK)))
    maker.flush()
    assert fresh(world) == {"out.zip": maker.disk.read("out.zip"), "out/in.zip": PACK}


def test_what_was_made_here_stays_as_it_is(world):
    maker = machine(world, "maker", Extract())
    maker.disk.write("a/pack.zip", PACK)
    assert synced(maker) == {"a/pack.zip": PACK}


def test_empty_directories_and_modes(world):
    maker = world.machine("maker")
    maker.disk.write("p.zip", zipped(("empty/", b""), ("run", b"#!")))
    maker.flush()
    found = machine(world, "one", KEPT)
    synced(found)
    assert found.disk.tree.nodes["p/empty"].what is SeenAs.DIR


# -- what goes up


def test_nothing_of_it_goes_up(world, one):
    before = world.keys(), world.keys("log/")
    synced(one, thorough=True)
    assert (world.keys(), world.keys("log/")) == before == ({"a/pack.zip"}, world.keys("log/"))
    assert synced(world.machines[0]) == {"a/pack.zip": PACK}


def test_our_own_removal_is_no_deletion(world, one):
    one.kill()
    one.boot()
    synced(one, thorough=True)
    world.pass_time(7200)
    assert world.keys() == {"a/pack.zip"}
    assert fresh(world, extraction=None) == {"a/pack.zip": PACK}


def test_what_its_user_changes_adds_and_deletes_is_there_on_a_fresh_mount(world, one):
    one.disk.write("a/pack/m.json", b"edited")
    one.disk.write("a/pack/new", b"new")
    one.disk.delete("a/pack/d/n.txt")
    left = synced(one)
    assert left == {"a/pack/m.json": b"edited", "a/pack/new": b"new"}
    assert world.keys() == {"a/pack.zip", "a/pack/m.json", "a/pack/new"}
    assert fresh(world, "two", Extract()) == left
    assert fresh(world, "three", KEPT) == left | {"a/pack.zip": PACK}
    assert synced(world.machines[0]) == {"a/pack.zip": PACK, "a/pack/m.json": b"edited", "a/pack/new": b"new"}


def test_a_deletion_lasts_in_a_checkpoint(world, one):
    one.disk.delete("a/pack/m.json")
    synced(one)
    assert isinstance(one.ledger.remote("a/pack/m.json"), Tombstone)
    one.hands.upkeep.checkpoint()
    found = machine(world, "two", Extract())
    assert synced(found) == {"a/pack/d/n.txt": b"n"}
    assert found.ledger.remote("a/pack/m.json").kept


@pytest.mark.parametrize("whose", ["one", "maker"])
def test_what_was_edited_and_then_deleted_stays_deleted(world, one, whose):
    one.disk.write("a/pack/m.json", b"edited")
    synced(one)
    other = next(machine for machine in world.machines if machine.name == whose)
    synced(other)
    other.disk.delete("a/pack/m.json")
    synced(other)
    other.hands.upkeep.checkpoint()
    assert fresh(world, extraction=Extract()) == {"a/pack/d/n.txt": b"n"}
    assert synced(one) == {"a/pack/d/n.txt": b"n"}


def test_a_deletion_reaches_machines_that_have_it_extracted(world, one):
    two = machine(world, "two", KEPT)
    synced(two)
    one.disk.delete("a/pack/m.json")
    synced(one)
    assert synced(two) == {"a/pack.zip": PACK, "a/pack/d/n.txt": b"n"}


def test_an_edit_reaches_machines_that_have_it_extracted(world, one):
    two = machine(world, "two", KEPT)
    synced(two)
    one.disk.write("a/pack/m.json", b"edited")
    synced(one)
    assert synced(two)["a/pack/m.json"] == b"edited"


def test_the_directory_that_was_deleted_stays_deleted(world, one):
    one.disk.delete("a/pack")
    synced(one)
    assert fresh(world, extraction=Extract()) == {}
    assert fresh(world, "two", None) == {"a/pack.zip": PACK}


def test_the_directory_that_was_renamed(world, one):
    one.disk.move("a/pack", "a/other")
    left = synced(one)
    assert left == {"a/other/m.json": b"{}", "a/other/d/n.txt": b"n"}
    assert fresh(world, extraction=Extract()) == left


def test_what_was_deleted_and_made_again(world, one):
    one.disk.delete("a/pack/m.json")
    synced(one)
    one.disk.write("a/pack/m.json", b"again")
    synced(one)
    one.disk.delete("a/pack/m.json")
    synced(one)
    one.hands.upkeep.checkpoint()
    assert fresh(world, extraction=Extract()) == {"a/pack/d/n.txt": b"n"}


# -- what is never touched


def test_a_file_that_is_there_is_not_overwritten(world, maker):
    two = machine(world, "two", Extract())
    two.disk.write("a/pack/m.json", b"mine")
    left = synced(two)
    assert left == {"a/pack/m.json": b"mine", "a/pack/d/n.txt": b"n"}
    assert fresh(world, extraction=Extract()) == left


def test_what_the_store_has_there_counts(world, maker):
    maker.disk.write("a/pack/m.json", b"by hand")
    maker.flush()
    assert fresh(world, extraction=Extract()) == {"a/pack/m.json": b"by hand", "a/pack/d/n.txt": b"n"}


def test_a_file_where_its_directory_would_be(world, maker):
    maker.disk.write("a/pack", b"a file")
    maker.flush()
    found = machine(world, "one", Extract())
    receipt = found.flush(Until.RESTORED)
    assert receipt.outcome is Outcome.PARTIAL
    assert found.disk.files() == {"a/pack": b"a file", "a/pack.zip": PACK}
    assert "would have to be a directory" in found.mount.findings.left["a/pack.zip"].reason
    maker.disk.delete("a/pack")
    maker.flush()
    assert synced(found, within_s=4000) == {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}


def test_a_repository_is_not_mixed_with_another(world):
    maker = world.machine("maker")
    maker.disk.write("p/.git/config", b"mine")
    maker.disk.write("p.zip", zipped((".git/hooks/post-checkout", b"evil"), ("x", b"1")))
    maker.flush()
    found = machine(world, "one", Extract())
    assert found.flush(Until.RESTORED).outcome is Outcome.PARTIAL
    assert "p/.git/hooks/post-checkout" not in found.disk.files()
    assert "repository" in found.mount.findings.left["p.zip"].reason


def test_a_repository_in_an_archive_may_be_extracted(world):
    maker = world.machine("maker")
    maker.disk.write("p.zip", zipped((".git/config", b"theirs"), ("x", b"1")))
    maker.flush()
    assert fresh(world, extraction=Extract()) == {"p/.git/config": b"theirs", "p/x": b"1"}


# -- what is refused


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a/bad.zip", zipped(("ok", b"1"), ("../evil", b"2")), "../evil: its name leads outside, by `..`"),
        ("a/bad.tar", tar(("ok", b"1"), info("l", type=b"2", linkname="x")), "l: it is a symlink"),
        ("a/bad.tar.gz", b"nothing of that kind", "it is damaged: incorrect header check"),
        ("a/bad.zip", PACK[:-5], "it is no zip archive, or is cut off"),
    ],
)
def test_a_hostile_or_damaged_archive_is_refused_whole(world, name, data, reason):
    maker = world.machine("maker")
    maker.disk.write(name, data)
    maker.flush()
    found = machine(world, "one", Extract())
    assert synced(found) == {name: data}
    assert set(found.disk.tree.nodes) == {"a", name}
    assert reason in found.mount.findings.refused[name].reason
    found.kill()
    found.boot()
    assert synced(found) == {name: data}
    assert reason in found.mount.findings.refused[name].reason
    maker.disk.write(name, zipped(("x", b"1")) if name.endswith("zip") else tar(("x", b"1")))
    if not name.endswith("gz"):
        maker.flush()
        assert synced(found) == {"a/bad/x": b"1"}
        assert found.mount.findings.refused == {}


def test_its_rules_do_not_say_what_takes_part_beside_it(world):
    maker = world.machine("maker")
    maker.disk.write("a/p.zip", zipped((".holdallignore", b"*")))
    maker.flush()
    found = machine(world, "one", HERE)
    synced(found)
    assert ".holdallignore" in found.mount.findings.refused["a/p.zip"].reason


# -- newer versions


NEWER = zipped(("m.json", b"{2}"), ("more", b"more"))


@pytest.mark.parametrize("extraction", [Extract(), KEPT])
def test_a_newer_version_takes_the_place_of_what_nobody_changed(world, maker, extraction):
    one = machine(world, "one", extraction)
    synced(one)
    maker.disk.write("a/pack.zip", NEWER)
    maker.flush()
    found = synced(one)
    found.pop("a/pack.zip", None)
    assert found == {"a/pack/m.json": b"{2}", "a/pack/more": b"more"}
    assert "a/pack/d" not in one.disk.tree.nodes
    assert world.keys() == {"a/pack.zip"}


def test_a_newer_version_leaves_what_its_user_changed(world, maker, one):
    one.disk.write("a/pack/m.json", b"edited")
    one.disk.write("a/pack/d/mine", b"mine")
    synced(one)
    maker.disk.write("a/pack.zip", NEWER)
    maker.flush()
    left = synced(one)
    assert left == {"a/pack/m.json": b"edited", "a/pack/d/mine": b"mine", "a/pack/more": b"more"}
    assert fresh(world, extraction=Extract()) == left


def test_a_newer_version_brings_back_only_what_is_new_in_it(world, maker, one):
    one.disk.delete("a/pack/m.json")
    one.disk.delete("a/pack/d/n.txt")
    synced(one)
    maker.disk.write("a/pack.zip", zipped(("m.json", b"{2}"), ("d/n.txt", b"n")))
    maker.flush()
    assert synced(one) == {"a/pack/m.json": b"{2}"} == fresh(world, extraction=Extract())


def test_what_was_a_file_is_a_directory_in_a_newer_version(world, maker, one):
    maker.disk.write("a/pack.zip", zipped(("m.json/x", b"1"), ("d", b"2")))
    maker.flush()
    assert synced(one) == {"a/pack/m.json/x": b"1", "a/pack/d": b"2"}


def test_a_deletion_that_meets_a_newer_version(world, maker, one):
    one.kill()
    one.disk.delete("a/pack/m.json")
    synced(maker)
    maker.disk.write("a/pack.zip", NEWER)
    maker.flush()
    one.boot()
    assert synced(one) == {"a/pack/m.json": b"{2}", "a/pack/more": b"more"}
    assert fresh(world, extraction=Extract()) == one.disk.files()


def test_a_newer_version_that_is_refused_makes_the_earlier_its_users(world, maker, one):
    maker.disk.write("a/pack.zip", b"damaged")
    maker.flush()
    left = synced(one)
    assert left == {"a/pack.zip": b"damaged", "a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}
    assert fresh(world, extraction=Extract()) == left


def test_an_archive_that_was_only_touched_is_not_extracted_again(world, maker, one):
    maker.disk.chmod("a/pack.zip", 0o600)
    maker.flush()
    assert synced(one) == {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}
    one.disk.delete("a/pack/m.json")
    assert synced(one) == {"a/pack/d/n.txt": b"n"}


# -- the archive goes


@pytest.mark.parametrize("extraction", [Extract(), KEPT])
def test_what_came_out_of_a_deleted_archive_is_its_users(world, maker, extraction):
    one = machine(world, "one", extraction)
    synced(one)
    maker.disk.delete("a/pack.zip")
    maker.flush()
    left = {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}
    assert synced(one) == left
    assert synced(maker) == left
    assert fresh(world, extraction=None) == left


def test_its_user_deletes_the_archive_that_stayed(world, maker):
    one = machine(world, "one", KEPT)
    synced(one)
    one.disk.delete("a/pack.zip")
    left = {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}
    assert synced(one) == left
    assert synced(maker) == left


def test_its_user_puts_another_archive_in_its_place(world, maker, one):
    one.disk.write("a/pack.zip", NEWER)
    left = synced(one)
    assert left == {"a/pack.zip": NEWER, "a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}
    assert synced(maker) == left
    assert fresh(world, extraction=KEPT) == left | {"a/pack/more": b"more"}


def test_its_user_puts_the_archive_back_and_deletes_it(world, maker, one):
    one.disk.write("a/pack.zip", PACK)
    synced(one)
    one.disk.delete("a/pack.zip")
    synced(one)
    assert synced(maker) == {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}


def test_an_entry_says_what_it_covers(world, one):
    one.disk.write("a/pack/m.json", b"edited")
    synced(one)
    head = one.ledger.remote("a/pack/m.json")
    assert isinstance(head, Entry)
    assert head.flag == "derived"


# -- several machines


@pytest.fixture
def two(world, one):
    found = machine(world, "two", Extract())
    synced(found)
    return found


def meanwhile(one, two, here, there):
    """Both users are at work while nobody hears of the other."""
    for each, act in ((one, here), (two, there)):
        each.kill()
        act(each.disk)
    for each in (one, two):
        each.boot()
        each.flush(Until.SYNCED)
    return synced(one), synced(two), synced(one)


def test_both_edit_the_same_member(world, one, two):
    path = "a/pack/m.json"
    *_, found = meanwhile(
        one, two, lambda disk: disk.write(path, b"one"), lambda disk: disk.write(path, b"two")
    )
    assert sorted(found.values()) == [b"n", b"one", b"two"]
    assert found == two.disk.files()


def test_an_edit_meets_a_deletion_of_a_member(world, one, two):
    path = "a/pack/m.json"
    *_, found = meanwhile(one, two, lambda disk: disk.delete(path), lambda disk: disk.write(path, b"two"))
    assert found == {path: b"two", "a/pack/d/n.txt": b"n"} == two.disk.files()


def test_the_archive_is_deleted_while_a_member_is(world, maker, one, two):
    one.kill()
    one.disk.delete("a/pack/m.json")
    maker.disk.delete("a/pack.zip")
    maker.flush()
    synced(two)
    one.boot()
    left = synced(one)
    assert left == synced(two) == synced(maker)
    assert left["a/pack/d/n.txt"] == b"n"


def test_two_archives_with_the_same_member(world):
    maker = world.machine("maker")
    maker.disk.write("a/x.zip", zipped(("same", b"x"), ("x", b"1")))
    maker.disk.write("a/y.zip", zipped(("same", b"y"), ("y", b"2")))
    maker.flush()
    found = machine(world, "one", HERE)
    files = synced(found)
    assert files.keys() == {"a/same", "a/x", "a/y"}
    first = "x" if files["a/same"] == b"x" else "y"
    maker.disk.delete(f"a/{first}.zip")
    maker.flush()
    assert synced(found) == files
    assert world.keys() >= {"a/same", f"a/{first}"}


def test_a_deletion_that_is_not_carried_stays_here(world, maker):
    found = machine(world, "one", Extract())
    found.flags = found.flags._replace(sync_local_file=False)
    synced(found)
    found.disk.delete("a/pack/m.json")
    found.flush(Until.SYNCED)
    found.kill()
    found.boot()
    found.flush(Until.SYNCED)
    assert found.disk.files() == {"a/pack/d/n.txt": b"n"}
    maker.disk.write("a/pack.zip", NEWER)
    maker.flush()
    found.flush(Until.SYNCED)
    assert found.disk.read("a/pack/more") == b"more"
    assert fresh(world, extraction=Extract())["a/pack/m.json"] == b"{2}"
