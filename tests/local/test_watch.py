import ctypes
import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.local.hands import open_files

from holdall.errors import RootLost
from holdall.local import watch, watch_inotify
from holdall.local.base import STAGED_PREFIX
from holdall.local.disk import RealDisk
from holdall.local.listener import Listener
from holdall.local.watch import Watch
from holdall.local.watch_observer import ObserverWatch


class Heard:
    """What a watch said, to be waited for."""

    def __init__(self) -> None:
        self.touched: list[tuple[str, bool]] = []
        self.lost: list[tuple[str, str]] = []
        self.closed: set[str] = set()
        self._news = threading.Condition()

    def touch(self, path: str, closed: bool) -> None:
        with self._news:
            self.touched.append((path, closed))
            if closed:
                self.closed.add(path)
            self._news.notify_all()

    def lose(self, reason: str, under: str) -> None:
        with self._news:
            self.lost.append((reason, under))
            self._news.notify_all()

    def wait(self, said) -> None:
        with self._news:
            assert self._news.wait_for(said, timeout=30), (self.touched[-20:], self.lost[-20:])

    def finished(self, *paths: str) -> None:
        self.wait(lambda: self.closed.issuperset(paths))

    def all_lost(self, *said: tuple[str, str]) -> None:
        self.wait(lambda: set(said) <= set(self.lost))

    def paths(self) -> set[str]:
        return {path for path, _ in self.touched}

    def covers(self, path: str) -> bool:
        """Whether somebody who looks where they are told finds the path."""
        return path in self.paths() or any(
            not under or path.startswith(f"{under}/") for _, under in self.lost
        )


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def start(tmp_path, heard):
    started = []

    def start(skip=None, **how):
        watching = Watch(tmp_path, skip, heard.touch, heard.lose, **how)
        watching.start()
        started.append(watching)
        return watching

    yield start
    for watching in started:
        watching.stop()


def settle(root: Path, heard: Heard) -> None:
    """All events before this have been told when it returns."""
    mark = f"mark{len(heard.touched)}"
    (root / mark).write_bytes(b"")
    heard.finished(mark)


def test_a_file_is_finished_when_it_is_closed(tmp_path, heard, start):
    assert start().mode == "events"
    with (tmp_path / "a").open("wb", buffering=0) as file:
        file.write(b"1")
        heard.wait(lambda: ("a", False) in heard.touched)
        os.fchmod(file.fileno(), 0o600)  # as `cp -p` does: it says nothing about being finished
        (tmp_path / "b").mkdir()
        heard.finished("b")
        assert ("a", True) not in heard.touched
    heard.finished("a")


def test_whatever_else_happens_to_a_file_is_finished(tmp_path, heard, start):
    for name in ("mode", "gone", "old", "linked", "d/in"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    start()
    (tmp_path / "mode").chmod(0o600)
    (tmp_path / "gone").unlink()
    (tmp_path / "old").rename(tmp_path / "d/new")
    (tmp_path / "symlink").symlink_to("nowhere")
    (tmp_path / "second").hardlink_to(tmp_path / "linked")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "d").chmod(0o700)
    heard.finished("mode", "gone", "old", "d/new", "symlink", "second", "fifo", "d")
    assert heard.lost == []


def test_a_new_directory_is_to_be_scanned_and_is_watched(tmp_path, heard, start):
    start()
    (tmp_path / "a/b/c").mkdir(parents=True)
    settle(tmp_path, heard)
    assert ("new directory", "a") in heard.lost
    (tmp_path / "a/b/c/x").write_bytes(b"1")
    heard.finished("a/b/c/x")


def test_a_renamed_directory_is_known_by_its_new_name(tmp_path, heard, start):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/f").write_bytes(b"1")
    start()
    (tmp_path / "a").rename(tmp_path / "z")
    heard.all_lost(("directory moved away", "a"), ("new directory", "z"))
    heard.finished("a", "z")
    heard.closed.clear()
    (tmp_path / "z/b/f").write_bytes(b"2")
    heard.finished("z/b/f")
    assert not any(path.startswith("a/") for path in heard.closed)


def test_a_directory_that_left_is_not_listened_to_and_one_that_came_is(
    tmp_path, heard, start, tmp_path_factory
):
    away = tmp_path_factory.mktemp("away")
    (tmp_path / "a/b").mkdir(parents=True)
    (away / "in/deep").mkdir(parents=True)
    start()
    (tmp_path / "a").rename(away / "a")
    heard.all_lost(("directory moved away", "a"))
    (away / "a/b/secret").write_bytes(b"1")
    (away / "in").rename(tmp_path / "in")
    heard.all_lost(("new directory", "in"))
    (tmp_path / "in/deep/x").write_bytes(b"1")
    heard.finished("in/deep/x")
    settle(tmp_path, heard)
    assert not any("secret" in path for path in heard.paths())


def test_a_directory_made_again_is_watched_again(tmp_path, heard, start):
    start()
    for _ in range(50):
        (tmp_path / "a").mkdir()
        (tmp_path / "a/f").write_bytes(b"1")
        (tmp_path / "a/f").unlink()
        (tmp_path / "a").rmdir()
    (tmp_path / "a").mkdir()
    settle(tmp_path, heard)
    (tmp_path / "a/last").write_bytes(b"1")
    heard.finished("a/last")


def test_staged_and_skipped_paths_are_never_told(tmp_path, heard, start):
    (tmp_path / "skipped/sub").mkdir(parents=True)
    asked = []

    def skip(path, is_dir):
        asked.append(path)
        return path.endswith(("skipped", ".o"))

    start(skip)
    (tmp_path / "skipped/sub/x").write_bytes(b"1")
    (tmp_path / "a.o").write_bytes(b"1")
    (tmp_path / "b").mkdir()
    heard.all_lost(("new directory", "b"))
    (tmp_path / "b/skipped").mkdir()
    (tmp_path / "b/skipped/y").write_bytes(b"1")
    (tmp_path / f"{STAGED_PREFIX}1").write_bytes(b"1")
    (tmp_path / f"{STAGED_PREFIX}1").rename(tmp_path / "published")
    settle(tmp_path, heard)
    assert {path for path in heard.paths() if not path.startswith("mark")} == {"b", "published"}
    assert heard.lost == [("new directory", "b")]
    assert not any(path.startswith("skipped/") for path in asked)  # not even watched


def test_an_odd_name_is_found_by_a_scan_of_its_directory(tmp_path, heard, start):
    (tmp_path / "d").mkdir()
    start()
    odd = tmp_path / "d" / os.fsdecode(b"\xff")
    odd.write_bytes(b"1")
    heard.all_lost(("odd name", "d"))
    odd.with_name(f"{odd.name}dir").mkdir()
    settle(tmp_path, heard)
    assert all(path.isascii() for path in heard.paths())


def test_links_are_not_followed(tmp_path, heard, start, tmp_path_factory):
    away = tmp_path_factory.mktemp("away")
    (tmp_path / "link").symlink_to(away)
    start()
    (away / "x").write_bytes(b"1")
    settle(tmp_path, heard)
    assert not any("x" in path for path in heard.paths())


def test_a_burst_in_new_directories_is_told_or_covered(tmp_path, heard, start):
    start()
    paths = [f"d{n % 40}/e{n % 7}/f{n}" for n in range(20_000)]
    for path in paths:
        full = tmp_path / path
        try:
            full.write_bytes(b"1")
        except FileNotFoundError:
            full.parent.mkdir(parents=True)
            full.write_bytes(b"1")
    settle(tmp_path, heard)
    touched, under = heard.paths(), [f"{below}/" if below else "" for _, below in heard.lost]
    assert [path for path in paths if path not in touched and not path.startswith(tuple(under))] == []


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
    assert heard.lost[-1] == ("poll", "")
    (tmp_path / "d/y").write_bytes(b"1")
    heard.finished("d/y")
    assert watching.problem == ""


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
