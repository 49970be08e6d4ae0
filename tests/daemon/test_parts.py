"""The pool, the late store, what was left, the notification."""

import socket
import subprocess
import sys
import threading

import pytest

from holdall.daemon.late import Late
from holdall.daemon.notify import notify, watchdog_s
from holdall.daemon.pool import Pool
from holdall.daemon.unsent import unsent
from holdall.engine.effects import Push, Refresh
from holdall.engine.ledger import Agreed, Ledger
from holdall.errors import NoBucket
from holdall.local.disk import RealDisk
from holdall.model import Entry, Kind
from holdall.store.directory import DirectoryStore


def test_transfers_are_so_many_at_a_time_and_lanes_never_wait_for_them():
    pool = Pool(3)
    free = threading.Event()
    under_way = threading.Semaphore(0)

    def hang(_):
        under_way.release()
        free.wait()

    hanging = [pool.submit(hang, Push(())) for _ in range(10)]
    for _ in range(3):
        assert under_way.acquire(timeout=10)
    assert not under_way.acquire(timeout=0.1)
    assert [pool.submit(lambda _: 7, Refresh()).result(10) for _ in range(20)] == [7] * 20
    free.set()
    for one in hanging:
        one.result(10)
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(10)


def test_a_job_that_hangs_does_not_keep_the_process():
    code = "from holdall.daemon.pool import Pool; import time; Pool(1).submit(time.sleep, 1000)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=True).returncode == 0


def test_a_late_store_is_there_when_its_directory_is(tmp_path):
    root = tmp_path / "disk" / "store"
    late = Late("file:///x", lambda: DirectoryStore(root))
    assert late.url == "file:///x"
    assert late.now() > 0
    assert late.part_bytes > 0
    with pytest.raises(NoBucket):
        late.get("a")
    root.parent.mkdir()
    late.put("a", b"1")
    assert late.get("a") == b"1"
    late.close()


def test_what_is_here_and_not_agreed_on(tmp_path):
    disk = RealDisk(tmp_path)
    for name in ("same", "changed", "new", "skipped", "d/inside"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("same")
    stamps = {seen.path: seen.stamp for seen in disk.scan()}
    ledger = Ledger(":memory:")
    entry = Entry(Kind.FILE)
    agreed = ("same", "d/inside", "skipped", "changed", "gone", "skipped-gone")
    ledger.agree([Agreed(path, entry, stamps.get(path)) for path in agreed])
    (tmp_path / "changed").write_text("changed again")
    left = list(unsent(disk, ledger, lambda path, _: path.startswith("skipped"), "why"))
    assert [(one.path, one.reason, one.bytes) for one in left] == [
        ("changed", "why", 13), ("gone", "deleted here, why", 0), ("link", "why", 4), ("new", "why", 3),
    ]  # fmt: skip
    ledger.close()


def test_notify(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "n"))
        assert notify("READY=1", "STATUS=x", environ={"NOTIFY_SOCKET": str(tmp_path / "n")})
        assert listener.recv(100) == b"READY=1\nSTATUS=x"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0holdall-test-notify")
        assert notify("X=1", environ={"NOTIFY_SOCKET": "@holdall-test-notify"})
        assert listener.recv(100) == b"X=1"
    assert not notify("X=1", environ={})
    assert not notify("X=1", environ={"NOTIFY_SOCKET": str(tmp_path / "gone")})


def test_watchdog():
    assert watchdog_s({}) is None
    assert watchdog_s({"WATCHDOG_USEC": "60000000"}) == 60
    assert watchdog_s({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}) is None
