from contextlib import contextmanager
from itertools import count

import pytest
from tests.local.asking import seen
from tests.local.contract import DiskContract

from holdall.local.memory import MemoryDisk


@pytest.fixture
def disk():
    return MemoryDisk(count(1_000_000_000).__next__)


@pytest.fixture
def user(disk):
    return disk


class TestMemoryDisk(DiskContract):
    def lose_root(self, disk):
        disk.root = None

    @contextmanager
    def full(self, disk):
        disk.capacity = 1000
        yield

    @contextmanager
    def open_for_writing(self, disk, path):
        disk.busy.add(path)
        yield
        disk.busy.remove(path)


def test_a_clock_that_stands_still_hides_no_change():
    disk = MemoryDisk(lambda: 7)
    disk.write("a", b"1")
    stamps = [seen(disk, "a").stamp]
    disk.write("a", b"2")
    stamps.append(seen(disk, "a").stamp)
    assert stamps[0] != stamps[1]
    assert stamps[0].inode == stamps[1].inode


def test_what_users_do_is_told_and_what_holdall_does_is_not():
    told = []
    disk = MemoryDisk(count().__next__, told.append)
    disk.write("a", b"1")
    disk.mkdir("d")
    disk.move("a", "d/a")
    disk.chmod("d/a", 0o600)
    disk.delete("d")
    disk.symlink("l", "x")
    assert told == ["a", "d", "a", "d/a", "d/a", "d", "l"]
    disk.make_dir("e", 0o755)
    disk.stage("f").discard()
    assert len(told) == 7


def test_two_disks_with_the_same_history_are_equal():
    def history():
        disk = MemoryDisk(count().__next__)
        disk.write("a", b"1")
        disk.replace("a", b"2")
        disk.stage("b").finish(mode=0o644, mtime_ns=1)
        return list(disk.scan())

    assert history() == history()
