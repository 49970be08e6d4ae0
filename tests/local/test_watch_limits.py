"""What a watch does when the kernel has no more to give, and when the root is gone."""

import ctypes
import errno
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.local.hands import open_files
from tests.local.heard import settle

from holdall.errors import RootLost
from holdall.keys import STAGED_PREFIX
from holdall.local import watch, watch_inotify
from holdall.local.disk import RealDisk
from holdall.local.listener import Listener
from holdall.local.watch import Watch
from holdall.local.watch_observer import ObserverWatch


def test_an_overflow_is_told_and_the_watch_goes_on(tmp_path, heard):
    """The queue holds 16,384 events unless somebody raised it; nobody reads while these are made."""
    held = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    (tmp_path / "a").mkdir()
    blocked, go_on = threading.Event(), threading.Event()

    def touch(path, closed):
        blocked.set()
        go_on.wait(60)
        heard.touch(path, closed)

    watching = Watch(tmp_path, None, touch, heard.lose)
    watching.start()
    try:
        (tmp_path / "first").write_bytes(b"1")
        assert blocked.wait(30)
        for n in range(held // 2 + 1000):
            (tmp_path / f"a/f{n}").write_bytes(b"1")
        (tmp_path / "unheard/deep").mkdir(parents=True)
        (tmp_path / "a").rename(tmp_path / "b")
        go_on.set()
        heard.all_lost(("overflow", ""))
        for path in ("unheard/deep/x", "b/x"):
            (tmp_path / path).write_bytes(b"1")
        heard.finished("unheard/deep/x", "b/x")
    finally:
        go_on.set()
        watching.stop()


LIMITED = """
import sys, threading
from pathlib import Path
from holdall.local.watch import Watch
said = threading.Event()
limit, root = sys.argv[1:]
Path("/proc/sys/user", limit).write_text("3")
if limit.endswith("instances"):
    Path("/proc/sys/user", limit).write_text("0")
watching = Watch(Path(root), None, lambda *_: None, lambda reason, under: (reason, under) == ("poll", "") and said.set())
watching.start()
assert said.wait(30)
print(watching.mode, watching.problem)
watching.stop()
"""


@pytest.mark.parametrize(
    ("limit", "named"), [("watches", "max_user_watches"), ("instances", "max_user_instances")]
)
def test_the_kernels_limits_lead_to_polling(tmp_path, limit, named):
    """In a user namespace of its own, which has its own limits."""
    for n in range(5):
        (tmp_path / f"d{n}").mkdir()
    command = [
        "unshare",
        "--user",
        "--map-root-user",
        sys.executable,
        "-c",
        LIMITED,
        f"max_inotify_{limit}",
        str(tmp_path),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("polling ")
    assert named in ran.stdout


@pytest.fixture
def refusing(monkeypatch):
    """A kernel that gives no watches while `refusing` is set."""
    refused = threading.Event()
    add = watch_inotify.inotify_add_watch

    def add_watch(fd, path, mask):
        if refused.is_set():
            ctypes.set_errno(errno.ENOSPC)
            return -1
        return add(fd, path, mask)

    monkeypatch.setattr(watch_inotify, "inotify_add_watch", add_watch)
    monkeypatch.setattr(watch, "_RETRY_S", 0.05)
    return refused


def test_polling_lasts_until_there_are_watches_again(tmp_path, heard, start, refusing):
    watching = start(poll_s=0.02)
    refusing.set()
    (tmp_path / "d").mkdir()
    heard.wait(lambda: heard.lost.count(("poll", "")) > 5)
    assert watching.mode == "polling"
    assert "fs.inotify.max_user_watches" in watching.problem
    refusing.clear()
    (tmp_path / "d/x").write_bytes(b"1")
    heard.wait(lambda: watching.mode == "events")
    assert heard.lost[-1] == ("watched anew", "")
    (tmp_path / "d/y").write_bytes(b"1")
    heard.finished("d/y")
    assert watching.problem == ""


def test_a_renewed_watch_follows_what_skip_says_now(tmp_path, heard, start):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    skipped = {"a"}
    watching = start(lambda path, _: path in skipped)
    skipped.clear()
    watching.renew()
    heard.all_lost(("watched anew", ""))
    (tmp_path / "a/x").write_bytes(b"1")
    (tmp_path / "b/x").write_bytes(b"1")
    heard.finished("a/x", "b/x")


def test_a_callback_that_raises_leaves_no_deaf_watch(tmp_path, heard, caplog):
    def touch(path, closed):
        raise ValueError(path)

    watching = Watch(tmp_path, None, touch, heard.lose, poll_s=0.02)
    watching.start()
    (tmp_path / "a").write_bytes(b"1")
    heard.all_lost(("poll", ""))
    assert (watching.mode, watching.problem) == ("polling", "watching failed: a")
    assert "ValueError: a" in caplog.text
    watching.stop()


@pytest.mark.parametrize("how", ["moved", "deleted"])
def test_a_lost_root_is_told(tmp_path, heard, how):
    root = tmp_path / "root"
    root.mkdir()
    watching = Watch(root, None, heard.touch, heard.lose)
    watching.start()
    if how == "moved":
        root.rename(tmp_path / "elsewhere")
    else:
        root.rmdir()
    heard.all_lost(("root", ""))
    watching.stop()


def test_no_root_no_watch(tmp_path, heard):
    watching = Watch(tmp_path / "gone", None, heard.touch, heard.lose)
    with pytest.raises(RootLost):
        watching.start()
    watching.stop()


def test_the_root_may_be_given_as_a_link(tmp_path, heard):
    (tmp_path / "root").mkdir()
    (tmp_path / "link").symlink_to("root")
    watching = Watch(tmp_path / "link", None, heard.touch, heard.lose)
    watching.start()
    (tmp_path / "root/a").write_bytes(b"1")
    heard.finished("a")
    watching.stop()


def test_starting_and_stopping_leaves_nothing_open(tmp_path, heard):
    before = open_files()
    for _ in range(50):
        watching = Watch(tmp_path, None, heard.touch, heard.lose)
        watching.start()
        watching.stop()
    assert open_files() == before


def test_holdalls_own_steps_are_told_as_hints_only(tmp_path, heard, start):
    """An echo is a touch of the target; nothing else of a download is heard."""
    start()
    disk = RealDisk(tmp_path)
    new = disk.stage("a")
    new.write(0, b"1")
    new.finish(mode=0o644, mtime_ns=1)
    (absent,) = disk.look(["a"])
    disk.publish(new.name, "a", absent)
    settle(tmp_path, heard)
    assert [said for said in heard.touched if not said[0].startswith("mark")] == [("a", True)]


def test_the_observer_of_other_systems(tmp_path, heard):
    (tmp_path / "skipped").mkdir()
    source = ObserverWatch(
        Listener(str(tmp_path), lambda path, _: path == "skipped", heard.touch, heard.lose)
    )
    source.register()
    thread = threading.Thread(target=source.run)
    thread.start()
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "skipped/x").write_bytes(b"1")
    (tmp_path / f"{STAGED_PREFIX}1").write_bytes(b"1")
    (tmp_path / "d").mkdir()
    (tmp_path / "a").rename(tmp_path / "b")
    heard.all_lost(("new directory", "d"))
    heard.finished("a", "b", "d")
    source.stop()
    thread.join()
    source.shut()
    assert heard.paths() == {"a", "b", "d"}
