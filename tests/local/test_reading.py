"""Where a stamp proves nothing by itself: mapped files, and clocks that stand still."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from tests.local.asking import content, seen
from tests.local.hands import Hands, open_files
from tests.small_disks import small_disk

from holdall.errors import Moved
from holdall.local import lease, tick
from holdall.local.disk import RealDisk
from holdall.local.lease import is_open_for_writing
from holdall.local.mapped import shows_stores

MS = 1_000_000
S = 1_000 * MS


def vouched(disk, path):
    reader = disk.open(path)
    try:
        return reader.vouch()
    finally:
        reader.close()


# -- mapped


@pytest.fixture
def telling(disk, user):
    """A file mapped for writing, where the kernel is told of stores once its pages are clean."""
    user.write("a", b"0000")
    with user.mapped("a") as store:
        if vouched(disk, "a") is None:
            pytest.skip("this file system does not tell of stores")
        yield store


def test_a_mapped_file_is_written_out_and_vouched_for(disk, telling):
    telling(b"1111")
    stamp = vouched(disk, "a")
    assert stamp == seen(disk, "a").stamp
    assert content(disk, "a") == b"1111"
    telling(b"2222")
    assert seen(disk, "a").stamp != stamp


def test_a_mapped_file_that_cannot_be_written_out_can_be_read(disk, telling, monkeypatch):
    def full(_fd):
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "fdatasync", full)
    assert vouched(disk, "a") is None
    assert content(disk, "a") == b"0000"


def test_on_a_tmpfs_nobody_vouches_for_a_mapped_file():
    with small_disk(1 << 20) as root:
        if not os.path.ismount(root):
            pytest.skip("nothing can be mounted here")
        disk, user = RealDisk(root), Hands(root)
        user.write("a", b"0000")
        with user.mapped("a"):
            assert vouched(disk, "a") is None
        assert vouched(disk, "a") == seen(disk, "a").stamp


def test_asking_for_writers_leaves_no_lease_and_no_file(disk, user, root):
    user.write("a", b"0000")
    before = open_files()
    assert vouched(disk, "a") is not None
    assert open_files() == before
    fd = os.open(root / "a", os.O_RDONLY)
    assert not is_open_for_writing(fd)
    os.close(os.open(root / "a", os.O_WRONLY | os.O_NONBLOCK))  # a lease would refuse it
    assert shows_stores(fd)
    os.close(fd)


def test_a_server_that_lends_no_files_says_nothing_of_writers(disk, user, root, monkeypatch):
    """NFS and SMB: a lease is refused there although nobody writes."""
    user.write("a", b"0000")
    with user.open_for_writing("a"), (root / "a").open("rb") as file:
        assert is_open_for_writing(file.fileno())
        with pytest.raises(Moved):
            disk.take("a", seen(disk, "a"))
        monkeypatch.setattr(lease, "kind_of", lambda fd: 0x6969)
        assert not is_open_for_writing(file.fileno())
        assert vouched(disk, "a") == seen(disk, "a").stamp
        disk.drop(disk.take("a", seen(disk, "a")))


# -- clocks


@pytest.fixture
def waits(monkeypatch):
    """At second 100: how long a file of this ctime is waited for, in seconds."""
    slept = []
    monkeypatch.setattr(tick.time, "time_ns", lambda: 100 * S)
    monkeypatch.setattr(tick.time, "sleep", slept.append)

    def waits(ctime_ns):
        slept.clear()
        tick.wait_for_tick(ctime_ns)
        return sum(slept)

    return waits


@pytest.mark.parametrize(
    ("ctime_ns", "seconds"),
    [
        (100 * S - 50 * MS, 0),
        (100 * S - 10 * MS, 0),
        (100 * S - 4 * MS, 0.006),
        (99 * S, 1),
        (98 * S, 0),
        (100 * S, 2),
        (100 * S + 50 * MS, 0),  # the clock was set back
        (3600 * S, 0),
    ],
)
def test_a_file_is_read_once_its_time_is_over(waits, ctime_ns, seconds):
    assert waits(ctime_ns) == pytest.approx(seconds)


@pytest.fixture
def whole_seconds():
    """A file system that counts whole seconds: ext4 in the format of ext3."""
    with tempfile.TemporaryDirectory(prefix="holdall-seconds-") as name:
        image, root = Path(name) / "image", Path(name) / "root"
        root.mkdir()
        with image.open("wb") as file:
            file.truncate(16 << 20)
        for command in (
            ["mkfs.ext4", "-q", "-F", "-I", "128", image],
            ["mount", "-o", "loop", image, root],
        ):
            try:
                subprocess.run(command, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                pytest.skip("such a disk cannot be made here")
        try:
            yield root
        finally:
            subprocess.run(["umount", root], check=True)


def test_a_second_save_in_the_same_second_shows(whole_seconds):
    disk, user = RealDisk(whole_seconds), Hands(whole_seconds)
    user.write("a", b"0001")
    assert not seen(disk, "a").stamp.ctime_ns % S
    stamp = vouched(disk, "a")
    assert content(disk, "a") == b"0001"
    user.write("a", b"0002")
    assert seen(disk, "a").stamp != stamp
