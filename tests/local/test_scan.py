"""What a scan makes of a real directory's oddities."""

import errno
import os

import pytest
from tests.local.asking import names, seen
from tests.small_disks import run_where_mounting_is_allowed

from holdall.local import scan
from holdall.model import SeenAs

MOUNTED = """
import subprocess, sys
from pathlib import Path
from holdall.local.disk import RealDisk
root = Path(sys.argv[1])
(root / "a/disk/below").mkdir(parents=True)
disk = RealDisk(root)
def reasons():
    looked = list(disk.look(["a", "a/disk", "a/disk/below"]))
    assert [one for one in looked if one.what.value != "absent"] == list(disk.scan())
    print([one.reason for one in looked])
reasons()
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", root / "a/disk"], check=True)
(root / "a/disk/below").mkdir()
reasons()
subprocess.run(["umount", root / "a/disk"], check=True)
reasons()
"""


def test_a_directory_that_is_a_file_system_of_its_own_says_so(root):
    assert run_where_mounting_is_allowed(MOUNTED, root).splitlines() == [
        "['', '', '']",
        "['', 'a file system of its own', '']",
        "['', '', '']",
    ]


@pytest.mark.parametrize("year", [1600, 2300])
def test_a_time_that_the_log_cannot_hold_is_named(disk, user, root, year):
    user.write("d/a", b"1")
    user.write("d/b", b"1")
    at_s = (year - 1970) * 31_556_952
    for path in ("d/a", "d"):
        os.utime(root / path, (at_s, at_s))
    if (root / "d/a").stat().st_mtime != at_s:
        pytest.skip("this file system has no such time")
    found = list(disk.scan())
    assert [str(one.what) for one in found] == ["dir", "odd-name", "file"]
    assert found[1].path == "d/a"
    assert "touch" in found[1].reason
    assert abs(found[0].stamp.mtime_ns) < 2**63
    assert list(disk.look(["d", "d/a", "d/b"])) == found
    (root / "d/a").touch()
    assert seen(disk, "d/a").what is SeenAs.FILE


def test_only_a_file_or_a_link_can_be_a_staged_file(disk, user):
    user.write(".~holdall-dir/file", b"")
    user.mkfifo(".~holdall-fifo")
    user.write(".~holdall-file", b"")
    user.symlink(".~holdall-link", "x")
    found = list(disk.scan())
    assert {one.path.removeprefix(".~holdall-"): str(one.what) for one in found} == {
        "dir": "special", "fifo": "special", "file": "leftover", "link": "leftover",
    }  # fmt: skip
    assert list(disk.look([one.path for one in found])) == found
    assert seen(disk, ".~holdall-dir/file").what is SeenAs.SPECIAL


def test_a_rule_hides_a_directory_of_that_name_and_never_a_staged_file(disk, user):
    user.mkdir(".~holdall-dir")
    user.write(".~holdall-file", b"")
    assert names(disk, skip=lambda path, _is_dir: True) == [".~holdall-file"]


def test_a_file_that_the_disk_cannot_tell_of_is_unread_and_not_absent(disk, user, monkeypatch):
    for path in ("d/a", "d/b", "d/c"):
        user.write(path, b"")
    real = scan.seen_as

    def broken(path, *found):
        if path == "d/b":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, *found)

    monkeypatch.setattr(scan, "seen_as", broken)
    found = list(disk.scan())
    assert [(one.path, str(one.what), one.reason) for one in found] == [
        ("d", "dir", ""), ("d/a", "file", ""), ("d/b", "unreadable", "input/output error"), ("d/c", "file", ""),
    ]  # fmt: skip


def test_a_directory_that_is_looked_at_as_a_whole_is_asked_about_in_order(disk, root):
    """Rules that a directory has for itself are read at the place of their file."""
    deep = root.joinpath(*"d" * 40)
    deep.mkdir(parents=True)
    for name in ("x", ".rules", "a", "-", "m"):
        (deep / name).touch()
    asked = []

    def skip(path, is_dir):
        asked.append(path.rpartition("/")[2])
        return False

    list(disk.scan("", skip))
    assert asked[40:] == ["-", ".rules", "a", "m", "x"]


REACHING = """
import subprocess, sys
from pathlib import Path
from holdall.local.disk import RealDisk
root = Path(sys.argv[1])
for name in ("sub/deep", "twin", "there"):
    (root / name).mkdir(parents=True)
disk = RealDisk(root)
tops = lambda: print([disk.top_of(path) for path in ("a", "sub/deep/a", "sub/gone/a", "twin/d/a", "gone/a", "sub")])
tops()
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", root / "sub"], check=True)
subprocess.run(["mount", "--bind", root / "there", root / "twin"], check=True)
tops()
for folder in ("sub", "twin"):
    (root / folder / "d").mkdir()
    (root / folder / "d/a").write_text("")
    disk.rename(f"{folder}/d/a", f"{disk.top_of(f'{folder}/d/a')}/aside/d/a")
"""


def test_a_rename_reaches_up_to_where_something_is_mounted(root):
    """Also the same file system a second time: the kernel renames nothing across."""
    assert run_where_mounting_is_allowed(REACHING, root).splitlines() == [
        "['', '', '', '', '', '']",
        "['', 'sub', 'sub', 'twin', '', '']",
    ]
