import os
import shutil
import stat
import subprocess

import pytest
from blake3 import blake3
from tests import small_disks
from tests.local.asking import ABSENT, names, seen, staged
from tests.local.contract import DiskContract
from tests.local.hands import NOBODY, Hands, as_nobody, open_files
from tests.local.real import OnARealDisk

from holdall.errors import DiskFull, LocalError, Moved, RootLost
from holdall.local import descent, rename
from holdall.local.disk import RealDisk


class TestRealDisk(OnARealDisk, DiskContract):
    pass


class TestWithoutTheKernelsHelp(TestRealDisk):
    """A system or file system without openat2, renameat2's flags and leases."""

    @pytest.fixture(autouse=True)
    def plain(self, monkeypatch):
        monkeypatch.setattr(descent, "_open", descent._step_by_step)
        monkeypatch.setattr(rename, "_CALL", None)


# -- names


def test_a_name_that_is_not_utf8_is_told_and_the_rest_goes_on(disk, user, root):
    user.write("a", b"")
    (root / os.fsdecode(b"b\xff")).mkdir()
    user.write("c", b"")
    (root / "link").symlink_to(os.fsdecode(b"\xff"))
    found = list(disk.scan())
    assert [(one.path, str(one.what)) for one in found] == [
        ("a", "file"), ("b\\udcff", "odd-name"), ("c", "file"), ("link", "odd-name"),
    ]  # fmt: skip
    assert found[1].reason == "the name is not UTF-8"
    assert found[3].reason == "the symlink's target is not UTF-8"


def test_an_odd_name_shown_like_a_real_one_hides_nothing(disk, user, root):
    user.write("b\\udcff", b"")
    (root / os.fsdecode(b"b\xff")).mkdir()
    assert [(one.path, str(one.what)) for one in disk.scan()] == [
        ("b\\udcff", "file"),
        ("b\\udcff", "odd-name"),
    ]


def test_modes_come_without_setuid_setgid_and_sticky(disk, user, root):
    user.mkdir("d")
    (root / "d").chmod(0o3775)
    assert seen(disk, "d").stamp.mode == 0o775
    disk.set_meta("d", seen(disk, "d"), mode=0o770, mtime_ns=None)
    assert stat.S_IMODE((root / "d").stat().st_mode) == 0o3770  # they are not carried, and not taken away


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/etc/x", "a//b", "./a", "a\0b", ""])
def test_what_is_no_path_is_refused(disk, user, path):
    user.mkdir("a")
    for step in (
        disk.stage,
        disk.open,
        lambda path: disk.make_dir(path, 0o755),
        lambda path: disk.rename("a", path),
    ):
        with pytest.raises(LocalError):
            step(path)
    assert names(disk) == ["a"]


def test_only_staged_names_are_dropped_or_published(disk, user):
    user.write("a", b"mine")
    for step in (disk.drop, lambda name: disk.publish(name, "b", ABSENT), lambda name: disk.keep(name, "b")):
        with pytest.raises(Moved):
            step("a")
    assert user.files() == {"a": b"mine"}


# -- depth


def test_a_walk_through_a_deep_tree_holds_few_directories(disk, user):
    deep = "/".join("d" * 1 for _ in range(400))
    user.write(f"{deep}/f", b"")
    user.write("d/d-side/x", b"")
    user.write("/".join("d" for _ in range(100)) + "-/y", b"")
    before = open_files()
    most = 0
    found = []
    for one in disk.scan():
        found.append(one.path)
        most = max(most, len(open_files() - before))
    assert found == sorted(found)
    assert len(found) == 405
    assert most < 40


def test_a_walk_that_is_given_up_leaves_nothing_open(disk, user):
    user.write("a/b/c", b"")
    before = open_files()
    walk = disk.scan()
    next(walk)
    walk.close()
    assert open_files() == before


def test_no_step_leaves_anything_open(disk, user):
    user.write("d/a", b"old")
    before = open_files()
    was = seen(disk, "d/a")
    aside = disk.publish(staged(disk, "d/a", b"new"), "d/a", was)
    with pytest.raises(Moved):
        disk.take("d/a", was)
    with pytest.raises(Moved):
        disk.open("d")
    with pytest.raises(Moved):
        disk.make_dir("d/a/b", 0o755)
    disk.keep(aside, "e/f/g")
    disk.sync()
    disk.stage("x").discard()
    assert open_files() == before


# -- the root


def test_another_directory_at_the_root_is_a_lost_root(disk, root):
    disk.identity()
    root.rename(root.with_name(f"{root.name}-away"))
    root.mkdir()
    with pytest.raises(RootLost, match="another directory"):
        list(disk.scan())
    RealDisk(root).identity()
    shutil.rmtree(root.with_name(f"{root.name}-away"))


def test_an_unreadable_root_is_no_empty_one(disk, user, root):
    user.write("a", b"")
    root.chmod(0o311)
    with pytest.raises(RootLost, match="the directory cannot be read: permission denied"):
        as_nobody(lambda: list(disk.scan()))


@pytest.mark.parametrize("what", ["file", "nothing"])
def test_a_root_that_is_no_directory(root, what):
    path = root / "x"
    if what == "file":
        path.write_bytes(b"")
    with pytest.raises(RootLost):
        RealDisk(path).identity()


# -- room


@pytest.fixture
def small_disk():
    with small_disks.small_disk(1 << 20) as at:
        yield at


def test_a_full_disk_keeps_what_was_there(small_disk):
    disk, user = RealDisk(small_disk), Hands(small_disk)
    user.write("a", b"old")
    new = disk.stage("a")
    with pytest.raises(DiskFull) as raised:
        new.write(0, bytes(1 << 21))
    assert raised.value.path == "a"
    new.discard()
    assert user.files() == {"a": b"old"}
    disk.sync()
    disk.publish(staged(disk, "a", b"new"), "a", seen(disk, "a"))


# -- whose


def test_what_root_makes_belongs_to_the_roots_owner(disk, user, root):
    if os.geteuid() == 0:
        os.chown(root, NOBODY, NOBODY)
    disk = RealDisk(root)
    owner = root.stat().st_uid, root.stat().st_gid
    disk.publish(staged(disk, "d/e/a", b"1"), "d/e/a", ABSENT)
    disk.publish(disk.stage_link("d/l", "/etc/passwd"), "d/l", ABSENT)
    disk.make_dir("f", 0o700)
    for path in ("d", "d/e", "d/e/a", "d/l", "f"):
        found = (root / path).lstat()
        assert (found.st_uid, found.st_gid) == owner


# -- large


def test_the_digest_of_a_large_file(disk):
    new = disk.stage("a")
    parts = [os.urandom(3_000_000) for _ in range(4)]
    for at, part in enumerate(parts):
        new.write(at * 3_000_000, part)
    digest = new.finish(mode=0o644, mtime_ns=1).digest
    assert digest == blake3(b"".join(parts)).hexdigest() == disk.staged_digest(new.name)


@pytest.fixture
def nested(tmp_path):
    """A root, and the path of a mount point in it."""
    root = tmp_path / "root"
    mount_point = root / "a" / "mnt"
    mount_point.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "tmpfs", mount_point]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs to mount a file system")
    yield root, "a/mnt"
    subprocess.run(["umount", mount_point], check=False)


def test_a_sync_covers_the_file_systems_below_that_something_was_staged_on(nested, monkeypatch):
    root, mount_point = nested
    (root / mount_point / "deep").mkdir()
    synced = []
    monkeypatch.setattr("holdall.local.disk.sync_below", lambda fd: synced.append(os.fstat(fd).st_dev))
    devices = [root.stat().st_dev, (root / mount_point).stat().st_dev]
    disk = RealDisk(root)
    disk.sync()
    assert synced == devices[:1]
    disk.stage(f"{mount_point}/deep/f").discard()
    (root / mount_point / "deep").rmdir()
    synced.clear()
    disk.sync()
    assert synced == devices
    subprocess.run(["umount", root / mount_point], check=True)
    synced.clear()
    disk.sync()
    assert synced == devices[:1]
