"""Directories that their owner may not write to, as a module cache has them."""

import json
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from tests.engine.power import with_power
from tests.local.hands import NOBODY, as_nobody

from holdall.engine.shut import shut_again
from holdall.engine.words import Until
from holdall.local.disk import RealDisk
from holdall.model import SeenAs

SHUT = 0o555


@pytest.fixture
def one(world):
    """With a shut directory in a shut one."""
    found = world.machine("one")
    for path in ("mod/go", "mod/v1/go"):
        found.disk.write(path, b"package")
    for folder in ("mod/v1", "mod"):
        found.disk.chmod(folder, SHUT)
    found.flush()
    return found


def with_root(machine, root):
    machine.disk = RealDisk(root)
    machine.boot()
    return machine


def tree(root):
    """path -> bytes, of a directory its mode."""
    return {
        str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode) if path.is_dir() else path.read_bytes()
        for path in root.rglob("*")
    }


class TestForWhomPermissionsMeanSomething:
    @pytest.fixture
    def root(self):
        path = Path(tempfile.mkdtemp(prefix="holdall-test-"))
        path.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        yield path
        for folder in [path, *path.rglob("*")]:
            if folder.is_dir():
                folder.chmod(0o755)
        shutil.rmtree(path)

    def test_they_arrive_with_what_is_in_them(self, world, one, root):
        def arrive():
            return with_root(world.machine("two"), root).flush(Until.RESTORED).left

        assert as_nobody(arrive) == ()
        assert tree(root) == {"mod": SHUT, "mod/go": b"package", "mod/v1": SHUT, "mod/v1/go": b"package"}

    def test_what_comes_later_arrives_too(self, world, one, root):
        def arrive():
            two = with_root(world.machine("two"), root)
            two.flush(Until.RESTORED)
            one.disk.write("mod/go", b"edited")
            one.disk.write("mod/new/go", b"added")
            one.disk.chmod("mod/new", SHUT)
            one.disk.symlink("mod/link", "go")
            one.disk.delete("mod/v1")
            one.flush()
            return two.flush(Until.RESTORED).left

        assert as_nobody(arrive) == ()
        assert tree(root) == {
            "mod": SHUT, "mod/go": b"edited", "mod/link": b"edited", "mod/new": SHUT, "mod/new/go": b"added",
        }  # fmt: skip

    def test_what_is_deleted_there_leaves_nothing_behind(self, world, one, root):
        def arrive():
            two = with_root(world.machine("two"), root)
            two.flush(Until.RESTORED)
            one.disk.delete("mod/v1/go")
            errors = []
            land = two.hands.downloads.land

            def landed(effect):
                found = land(effect)
                errors.append(found.error)
                return found

            two.hands.downloads.land = landed
            one.flush()
            two.flush(Until.RESTORED)
            return errors

        assert as_nobody(arrive) == [None]
        assert tree(root) == {"mod": SHUT, "mod/go": b"package", "mod/v1": SHUT}

    def test_where_they_are_somebody_elses_nothing_is_fetched_for_them(self, world, one, root):
        if os.geteuid() != 0:
            pytest.skip("needs a second user")
        (root / "mod").mkdir()
        (root / "mod").chmod(SHUT)

        def arrive():
            two = with_root(world.machine("two"), root)
            receipt = two.flush(Until.RESTORED)
            return receipt.downloaded_files, [one.path for one in receipt.left]

        fetched, left = as_nobody(arrive)
        assert fetched == 0
        assert {"mod/go"} <= set(left)
        assert tree(root) == {"mod": SHUT}


@pytest.fixture
def two(world, one):
    found = with_power(world.machine("two"))
    found.flush(Until.RESTORED)
    return found


def test_only_their_owner_can_write_to_them_meanwhile(world, one, two):
    modes = set()
    publish = two.disk.publish

    def published(*how):
        modes.add(two.disk.tree.nodes["mod/v1"].mode)
        return publish(*how)

    two.disk.publish = published
    one.disk.write("mod/v1/go", b"edited")
    world.pass_time(30)
    assert modes == {SHUT | 0o700}
    assert two.disk.tree.nodes["mod/v1"].mode == SHUT


@pytest.mark.parametrize("how", ["edit", "delete"])
def test_what_a_power_cut_leaves_open_is_no_edit(one, two, how):
    two.kill()
    one.disk.write("mod/go", b"edited")
    if how == "edit":
        one.disk.write("mod/v1/go", b"edited")
    else:
        one.disk.delete("mod/v1/go")
    one.flush()
    two.boot()
    with two.disk.power_cut(after="publish"):
        two.flush(Until.RESTORED)
    assert two.disk.tree.nodes["mod"].mode == SHUT | 0o700
    two.boot()
    two.flush(Until.SYNCED)
    one.flush(Until.RESTORED)
    for machine in (one, two):
        assert machine.disk.files() == one.disk.files()
        folders = {
            path: node.mode for path, node in machine.disk.tree.nodes.items() if node.what is SeenAs.DIR
        }
        assert folders == {"mod": SHUT, "mod/v1": SHUT}


@pytest.fixture
def left_open(two):
    """As a crash leaves it."""
    two.ledger.set_note("opened", json.dumps({"mod": SHUT, "mod/v1": SHUT}))
    two.disk.chmod("mod", SHUT | 0o700)
    two.disk.chmod("mod/v1", SHUT | 0o700)
    return two


def test_a_mode_that_its_user_gave_it_meanwhile_stays(left_open):
    left_open.disk.chmod("mod", 0o770)
    shut_again(left_open.disk, left_open.ledger)
    assert left_open.disk.tree.nodes["mod"].mode == 0o770
    assert left_open.disk.tree.nodes["mod/v1"].mode == SHUT


def test_it_is_known_to_be_open_until_the_disk_has_it_shut(left_open):
    done = []
    left_open.disk.sync = lambda: done.append(
        (left_open.disk.tree.nodes["mod"].mode, "mod" in left_open.ledger.note("opened"))
    )
    shut_again(left_open.disk, left_open.ledger)
    assert done == [(SHUT, True)]
    assert left_open.ledger.note("opened") == "{}"


def test_a_mode_that_changes_with_what_is_in_them_is_the_new_one(one, two):
    two.kill()
    one.disk.chmod("mod", 0o750)
    one.disk.write("mod/go", b"edited")
    one.flush()
    two.boot()
    two.flush(Until.SYNCED)
    assert two.disk.tree.nodes["mod"].mode == 0o750
    assert two.disk.files() == one.disk.files()
