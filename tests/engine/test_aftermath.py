"""A power cut takes back what the local disk had not written; the store has it already."""

import pytest
from tests.engine.by_clock import World

from holdall.engine.words import Until
from holdall.rules.conflict import is_copy
from holdall.store.base import Capabilities

LONG_S = 1000.0


@pytest.fixture
def world():
    """`old` was there long before, `doc` has two versions since, `new` and `d/new` came last."""
    found = World(Capabilities())
    one = found.machine("one")
    one.disk.write("old", b"long ago")
    one.disk.write("doc", b"first")
    one.flush()
    found.pass_time(LONG_S)
    one.disk.write("doc", b"second")
    one.disk.write("new", b"written just now")
    one.disk.mkdir("d")
    one.disk.write("d/new", b"as well")
    one.flush()
    return found


ALL = {"old": b"long ago", "doc": b"second", "new": b"written just now", "d/new": b"as well"}


def after_a_cut(world, *losses, boots=1):
    """What the machine holds in the end, and the store, when the disk comes back without this."""
    (one,) = world.machines
    one.kill()
    for lose in losses:
        lose(one.disk)
    one.boots += boots
    one.boot()
    one.flush(Until.SYNCED)
    newcomer = world.machine("newcomer")
    newcomer.flush(Until.SYNCED)
    assert newcomer.disk.files() == one.disk.files()
    return one.disk.files()


def without(*paths):
    def lose(disk):
        for path in paths:
            disk.delete(path)

    return lose


def back_at(path, data):
    """As it was before the last save: with a time from before it, too."""

    def lose(disk):
        node = disk.tree.nodes[path]
        before_ns = node.mtime_ns - 10**9
        disk.write(path, data)
        disk.tree.nodes[path].mtime_ns = before_ns

    return lose


def test_new_files_that_are_gone_are_pulled_again(world, caplog):
    assert after_a_cut(world, without("new")) == ALL
    assert "at 1 paths ('new' is one): they are pulled again" in caplog.text


def test_and_their_directories(world):
    assert after_a_cut(world, without("d")) == ALL


def test_an_earlier_version_gives_way_to_the_head(world):
    assert after_a_cut(world, back_at("doc", b"first")) == ALL


def test_an_empty_file_gives_way_to_the_head(world):
    assert after_a_cut(world, back_at("doc", b"")) == ALL


def test_unknown_bytes_become_a_conflict(world):
    found = after_a_cut(world, back_at("doc", b"half of it"))
    (copy,) = (path for path in found if is_copy(path))
    assert found == {**ALL, copy: b"half of it"}


def test_what_was_saved_after_the_boot_is_an_edit(world):
    def save(disk):
        disk.write("doc", b"third")

    assert after_a_cut(world, save) == {**ALL, "doc": b"third"}


def test_what_was_agreed_long_before_and_is_gone_was_deleted(world):
    found = after_a_cut(world, without("old"))
    assert "old" not in found


def test_without_a_boot_what_is_gone_was_deleted(world):
    found = after_a_cut(world, without("new"), boots=0)
    assert "new" not in found


def test_it_counts_once(world):
    """After the first start since the boot, a deletion is one again."""
    (one,) = world.machines
    assert after_a_cut(world, without("new")) == ALL
    one.kill()
    one.disk.delete("new")
    one.boot()
    one.flush()
    assert not {"new"} & world.keys()
