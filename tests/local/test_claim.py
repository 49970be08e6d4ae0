"""Whose a staged file is, while two processes work in one directory."""

import errno
import signal
import subprocess
import sys

import pytest
from tests.local.asking import ABSENT, names, seen, staged

from holdall.local.disk import RealDisk

RESTORE = """
import sys
from pathlib import Path
from holdall.local.disk import RealDisk
disk = RealDisk(Path(sys.argv[1]))
with disk.at_work():
    print(disk.stage(sys.argv[2]).name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(root):
    """Another process's disk in the same directory."""
    return RealDisk(root)


def test_what_is_staged_at_work_is_claimed_until_that_ends(disk, other):
    with disk.at_work():
        part = disk.stage("d/a")
        link = disk.stage_link("d/l", "x")
        assert other.is_claimed(part.name)
        part.finish(mode=0o644, mtime_ns=1)
        ours = names(other)
        assert {part.name, link} <= set(ours)
        assert [name for name in ours if other.is_claimed(name)] == [name for name in ours if name != "d"]
    assert not other.is_claimed(part.name)
    assert names(other) == ["d", *sorted([part.name, link])]


def test_what_is_taken_or_displaced_at_work_is_claimed(disk, other, user):
    user.write("a", b"1")
    user.write("b", b"1")
    with disk.at_work():
        assert other.is_claimed(disk.take("a", seen(disk, "a")))
        assert other.is_claimed(disk.publish(staged(disk, "b", b"2"), "b", seen(disk, "b")))


def test_what_was_staged_otherwise_is_not(disk, other):
    before = staged(disk, "a", b"1")
    with disk.at_work():
        assert not other.is_claimed(before)
    assert not other.is_claimed(staged(disk, "a", b"1"))


@pytest.mark.parametrize("where", ["d/e", ".", ".."])
def test_a_claim_holds_whichever_directory_the_other_works_from(root, disk, where):
    (root / "d/e").mkdir(parents=True)
    top = (root / where).resolve()
    worker = RealDisk(top)
    with worker.at_work():
        name = worker.stage(str((root / "d/e/a").relative_to(top))).name
        assert disk.is_claimed(str((top / name).relative_to(root)))


def test_a_killed_process_claims_nothing(root, disk):
    command = [sys.executable, "-c", RESTORE, root, "d/a"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        name = worker.stdout.readline().strip()
        left = [one for one in names(disk) if one != "d"]
        assert name in left
        assert all(disk.is_claimed(one) for one in left)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert [one for one in names(disk) if one != "d"] == left
    assert not any(disk.is_claimed(one) for one in left)


def test_a_root_that_takes_no_file_is_worked_in_all_the_same(disk, monkeypatch):
    def refused(_fd, _how):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr("holdall.local.claim.fcntl.flock", refused)
    with disk.at_work():
        disk.publish(staged(disk, "a", b"1"), "a", ABSENT)
    assert names(disk) == ["a"]
