"""A real daemon: its process, its mounts, its end."""

import fcntl
import os
import shutil
import signal
import socket
import sqlite3
from pathlib import Path

CONFIG = """\
[daemon]
release_deadline = "20s"
[[mounts]]
context = "a"
path = "{home}/a"
[[mounts]]
context = "b"
path = "{home}/b"
ignore = ["*.tmp"]
"""


def config(machine, text=CONFIG):
    return machine.config(text.format(home=machine.home))


def test_two_mounts_go_up_and_come_back_elsewhere(machine):
    machine.directory("a", one="1")
    machine.directory("b", two="2", scratch_tmp="x").joinpath("s.tmp").write_text("no")
    daemon = machine.daemon(config(machine))
    machine.until(lambda: all(one["durable"] for one in machine.mounts().values()))
    assert machine.objects("a") == {"one": "1"}
    assert machine.objects("b") == {"two": "2", "scratch_tmp": "x"}
    machine.holdall("mount", machine.directory("c"), "--context", "third")
    (machine.home / "c" / "three").write_text("3")
    receipts = machine.holdall("flush", "--json")["receipts"]
    assert [one["context"] for one in receipts] == ["a", "b", "third"]
    assert machine.objects("third") == {"three": "3"}
    assert machine.end(daemon) == 0
    assert "a: released: complete" in machine.log
    assert not machine.socket.exists()


def test_the_state_outlives_a_kill(machine):
    a = machine.directory("a")
    machine.directory("b")
    daemon = machine.daemon(config(machine))
    machine.holdall("mount", machine.directory("c", x="1"))
    machine.holdall("flush")
    (a / "late").write_text("late")
    daemon.kill()
    daemon.wait()
    (a / "meanwhile").write_text("m")
    (machine.home / "c" / "x").unlink()
    machine.daemon(config(machine))
    machine.holdall("flush")
    assert machine.objects("a") == {"late": "late", "meanwhile": "m"}
    machine.until(lambda: machine.objects("c") == {})
    assert machine.mounts()["c"]["commit"] is not None


def test_sigterm_says_what_survived(machine):
    a = machine.directory("a", fine="1")
    machine.directory("b")
    daemon = machine.daemon(config(machine))
    machine.holdall("flush")
    shutil.rmtree(machine.store)  # the disk of the store went away
    (a / "new").write_text("2")
    machine.until(lambda: machine.mounts()["a"]["problems"][0]["code"] != "this-disk-only")
    assert machine.end(daemon) in {1, 3, 6}
    assert (
        "a: released: "
        in machine.log.splitlines()[-1] + machine.log.splitlines()[-2] + machine.log.splitlines()[-3]
    )
    assert (a / "new").read_text() == "2"


def test_one_bad_root_never_stops_the_others(machine):
    machine.directory("b", two="2")
    daemon = machine.daemon(config(machine))
    machine.until(lambda: machine.objects("b") == {"two": "2"})
    found = machine.mounts()
    assert (found["b"]["status"], found["b"]["durable"]) == ("synced", True)
    assert (found["a"]["status"], found["a"]["durable"]) == ("error", False)
    assert found["a"]["problems"][0]["code"] == "root"
    machine.directory("a", back="again")  # a disk that was mounted late: taken up by itself, and watched
    machine.until(lambda: machine.objects("a") == {"back": "again"})
    (machine.home / "a" / "seen").write_text("1")
    machine.until(lambda: "seen" in machine.objects("a"), 15)
    assert machine.end(daemon) == 0


def test_reload(machine):
    machine.directory("a", one="1")
    machine.directory("b", two="2")
    machine.directory("c", three="3")
    daemon = machine.daemon(config(machine))
    machine.holdall("flush")

    config(machine, CONFIG + '[[mounts]]\ncontext = "b"\npath = "/x"\n')
    daemon.send_signal(signal.SIGHUP)
    machine.until(lambda: "the configuration in force stays" in machine.log)
    assert "line 10: 'mounts[2]': the context b is mounted at" in machine.log
    assert set(machine.mounts()) == {"a", "b"}

    (machine.home / "a" / "unsaved").write_text("u")
    dropped = CONFIG[: CONFIG.index("[[mounts]]")] + CONFIG[CONFIG.index('[[mounts]]\ncontext = "b"') :]
    config(machine, dropped.replace('"*.tmp"', '"*.log"') + '[[mounts]]\ncontext = "c"\npath = "{home}/c"\n')
    daemon.send_signal(signal.SIGHUP)
    machine.until(lambda: "the configuration was read again" in machine.log)
    assert set(machine.mounts()) == {"b", "c"}
    assert machine.objects("a") == {"one": "1", "unsaved": "u"}
    (machine.home / "b" / "x.log").write_text("no")
    (machine.home / "b" / "x.tmp").write_text("yes")
    machine.holdall("flush")
    assert machine.objects("b") == {"two": "2", "x.tmp": "yes"}

    config(machine, '[store]\nurl = "file:///elsewhere"\n' + dropped)
    daemon.send_signal(signal.SIGHUP)
    machine.until(lambda: "the store, the limits and the address of a running daemon stay" in machine.log)


def test_a_reload_that_is_refused_changes_nothing(machine):
    for name in "abd":
        machine.directory(name, one="1")
    daemon = machine.daemon(config(machine))
    machine.holdall("mount", str(machine.home / "d"))
    clash = '[[mounts]]\ncontext = "d"\npath = "{home}/d"\n'
    config(machine, CONFIG.replace('"20s"', '"1s"') + clash)
    daemon.send_signal(signal.SIGHUP)
    machine.until(lambda: "the configuration in force stays" in machine.log)
    assert machine.holdall("release", "b", "--json")["deadline_s"] == 20


def test_one_daemon_a_state_directory(machine):
    machine.daemon()
    second = machine.run("run")
    assert second.returncode == 5
    assert f"a daemon uses {machine.state} already (pid " in second.stderr
    other = machine.run("run", STATE_DIRECTORY=str(machine.home / "other"))
    assert other.returncode == 5
    assert f"another daemon answers at {machine.socket}" in other.stderr


def test_the_socket_of_a_dead_daemon_is_replaced(machine):
    daemon = machine.daemon()
    daemon.kill()
    daemon.wait()
    assert machine.socket.exists()
    assert machine.run("status").stderr.startswith(
        "holdall: no daemon is running\n  `holdall up PATH` starts one"
    )
    machine.daemon()
    assert machine.answers()
    assert machine.socket.stat().st_mode & 0o777 == 0o600


def test_a_bad_configuration_starts_nothing(machine):
    done = machine.run("run", machine.config("[stroe]\n"))
    assert done.returncode == 2
    assert (
        done.stderr
        == f"holdall: {machine.home}/holdall.toml, line 1: unknown key 'stroe'; did you mean 'store'?\n"
    )
    assert not machine.state.exists()
    long = machine.run("run", RUNTIME_DIRECTORY=str(machine.home / ("d" * 100)))
    assert long.returncode == 2
    assert "a socket's may have 107" in long.stderr


def test_a_store_on_a_disk_that_is_mounted_late(machine):
    machine.directory("a", one="1")
    machine.directory("b")
    store = machine.home / "disk" / "store"
    daemon = machine.daemon(config(machine, f'[store]\nurl = "file://{store}"\n' + CONFIG))
    machine.until(lambda: machine.mounts()["a"]["problems"][0]["code"] == "no-bucket")
    assert machine.mounts()["a"]["problems"][0]["fix"].endswith("then `holdall resume a`")
    store.parent.mkdir()
    machine.holdall("resume", "a")
    machine.holdall("resume", "b")
    machine.until((store / "a/files/one").exists)
    assert machine.end(daemon) == 0


def test_systemd_is_told(machine):
    path = str(machine.home / "notify")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    listener.settimeout(30)
    machine.directory("a")
    machine.directory("b")
    daemon = machine.daemon(config(machine), NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
    first = listener.recv(4096).decode()
    assert first.startswith("READY=1\nSTATUS=a: ")
    machine.until(lambda: listener.recv(4096) == b"WATCHDOG=1")
    machine.until(lambda: listener.recv(4096) == b"STATUS=a: synced, durable; b: synced, durable")
    daemon.send_signal(signal.SIGTERM)
    machine.until(lambda: listener.recv(4096) == b"STOPPING=1")
    assert listener.recv(4096).decode().startswith("EXTEND_TIMEOUT_USEC=15000000\nSTATUS=")
    assert daemon.wait(30) == 0
    listener.close()


def test_logs_as_json(machine):
    import json

    machine.directory("a", one="1")
    machine.directory("b")
    daemon = machine.daemon(config(machine), "--log-format", "json")
    machine.holdall("flush")
    machine.end(daemon)
    lines = [json.loads(line) for line in machine.log.splitlines()]
    assert {"at", "level", "logger", "message"} == set(lines[0])
    assert any(
        line["message"].startswith("a: up 1 file 1 B, down 0, deleted 0, commit 1, ") for line in lines
    )


def test_damaged_and_newer_state(machine):
    machine.directory("c", x="1")
    daemon = machine.daemon()
    machine.holdall("mount", machine.home / "c")
    machine.holdall("flush")
    machine.end(daemon)
    (machine.state / "daemon.db").write_bytes(b"no database at all" * 100)
    daemon = machine.daemon()
    assert machine.mounts() == {}
    assert "daemon.db is damaged" in machine.log
    machine.end(daemon)
    db = sqlite3.connect(machine.state / "daemon.db")
    db.execute("PRAGMA user_version=9")
    db.close()
    done = machine.run("run")
    assert done.returncode == 1
    assert "has format 9, this holdall knows 2\n  upgrade holdall here" in done.stderr


def test_a_second_signal_ends_it_at_once(machine):
    machine.directory("a")
    machine.directory("b")
    daemon = machine.daemon(config(machine, CONFIG.replace("20s", "300s")))
    machine.holdall("flush")
    shutil.rmtree(machine.store)
    machine.store.write_text("")  # no directory: nothing works, and nothing is permanent enough to give up
    (machine.home / "a" / "x").write_text("1")
    daemon.send_signal(signal.SIGINT)
    machine.until(lambda: "releasing every mount" in machine.log)
    if daemon.poll() is None:
        os.kill(daemon.pid, signal.SIGINT)
    assert daemon.wait(20) in {1, 3}


def test_a_release_from_a_store_that_hangs_names_what_is_left(machine):
    machine.directory("a", one="1")
    machine.directory("b")
    daemon = machine.daemon(config(machine, CONFIG.replace("20s", "2s")))
    machine.holdall("flush")
    (locked,) = machine.store.glob(".*/lock")
    with locked.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # every write of the embedded store takes it
        (machine.home / "a" / "new").write_text("22")
        assert machine.end(daemon) == 6
    assert "a: left: new: " in machine.log
    assert "b: released: complete" in machine.log


def is_asked(machine):
    """Whether somebody is connected to the daemon."""
    sockets = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    return any(one[-1] == str(machine.socket) and one[5] == "03" for one in sockets)


def test_who_hangs_up_is_not_waited_for(machine):
    machine.directory("a", one="1")
    machine.directory("b")
    machine.daemon(config(machine))
    machine.holdall("flush")
    (locked,) = machine.store.glob(".*/lock")
    with locked.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (machine.home / "a" / "new").write_text("22")
        flushing = machine.begin("flush", "a")
        machine.until(lambda: is_asked(machine))
        flushing.send_signal(signal.SIGINT)
        assert flushing.wait(60) == 130
        assert machine.mounts()["a"]["status"] == "syncing"
    receipt = machine.holdall("flush", "a", "--json")
    assert (receipt["outcome"], machine.objects("a")) == ("complete", {"one": "1", "new": "22"})
