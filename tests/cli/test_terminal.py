"""What a person at a terminal meets: Ctrl-C, and a cursor that is there afterwards."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest

HIDDEN, SHOWN = b"\x1b[?25l", b"\x1b[?25h"


class Terminal:
    """A command of ours with a terminal of its own, or a script of Python. `shown`: all that it showed so far."""

    def __init__(self, machine, *arguments, script=None, stdin=None):
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(machine.home)
            if stdin is not None:
                os.dup2(os.open(stdin, os.O_RDONLY), 0)
            program = ["-m", "holdall"] if script is None else ["-c", script]
            command = [sys.executable, *program, *arguments]
            os.execve(command[0], command, machine.env | {"TERM": "xterm"})
        self.shown = b""

    def type(self, keys):
        os.write(self._fd, keys)

    def until(self, text):
        by = time.monotonic() + 30
        while text not in self.shown:
            assert time.monotonic() < by, self.shown
            assert self._read(), self.shown

    def end(self):
        """Its exit code, as a shell gives it."""
        while self._read():
            pass
        os.close(self._fd)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return code if code >= 0 else 128 - code

    def _read(self):
        try:
            found = os.read(self._fd, 65536)
        except OSError:
            return False  # the other end is closed
        self.shown += found
        return bool(found)


@pytest.fixture
def stuck(machine):
    """`notes` is mounted, and what is new in it goes up once the file that is yielded is unlocked."""
    notes = machine.directory("notes", a="1")
    machine.holdall("up", "notes")
    machine.holdall("flush")
    (lock,) = machine.store.glob(".*/lock")
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # every write of the embedded store takes it
        (notes / "b").write_text("22")
        machine.until(lambda: machine.mounts()["notes"]["pending_files"])
        yield held


SIGNALED = """
import signal, types
from holdall.cli.child import Child
child, passed_on = Child(print), []
child._process = types.SimpleNamespace(send_signal=passed_on.append)
signal.raise_signal(signal.SIGINT)
signal.raise_signal(signal.SIGTERM)
print("passed on:", *map(int, passed_on))
"""


@pytest.mark.parametrize("stdin", [None, "/dev/null"])
def test_what_a_terminal_sends_to_the_command_too_is_not_passed_on(machine, stdin):
    """Whatever our standard input is."""
    found = Terminal(machine, script=SIGNALED, stdin=stdin)
    assert found.end() == 0
    assert found.shown == b"passed on: 15\r\n"


def test_without_a_terminal_all_is_passed_on(machine):
    done = subprocess.run(
        [sys.executable, "-c", SIGNALED], env=machine.env, start_new_session=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "passed on: 2 15\n"


def test_a_command_has_an_interrupt(machine):
    script = "trap 'echo got INT; exit 7' INT; echo ready; while :; do sleep 0.05; done"
    found = Terminal(machine, "exec", "--context", "job", "--path", "work", "--", "sh", "-c", script)
    found.until(b"ready")
    found.type(b"\x03")
    assert found.end() == 7
    assert b"got INT" in found.shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_bars_that_are_cut_off_leave_the_cursor(machine, stuck, number):
    found = Terminal(machine, "flush", "notes")
    found.until(HIDDEN)
    found.until(b"1 file to go")
    os.kill(found.pid, number)
    assert found.end() == 128 + number
    assert found.shown.count(SHOWN) == found.shown.count(HIDDEN)


@pytest.mark.parametrize("command", ["release", "unmount"])
def test_a_release_that_is_interrupted_leaves_the_mount(machine, stuck, command):
    found = Terminal(machine, command, "notes")
    found.until(HIDDEN)
    found.type(b"\x03")
    assert found.end() == 130
    assert b"interrupted: what is not released yet stays mounted" in found.shown
    log = machine.state / "daemon.log"
    machine.until(lambda: "notes: the release came to nothing: it stays mounted" in log.read_text())
    fcntl.flock(stuck, fcntl.LOCK_UN)
    (machine.home / "notes/after").write_text("precious")
    machine.holdall("flush")
    assert machine.objects("notes") == {"a": "1", "b": "22", "after": "precious"}
    assert json.loads(machine.run(command, "notes", "--json").stdout)["outcome"] == "complete"


LARGE = 20_000_000
SLOW = {"HOLDALL_LIMITS__UPLOAD_BYTES_S": "1000"}
"""The first 8 MiB pass whole, and what follows them waits for hours."""


def test_bars_count_the_bytes_of_a_file_that_is_under_way(machine):
    (machine.directory("notes") / "large").write_bytes(os.urandom(LARGE))
    machine.holdall("up", "notes", **SLOW)
    machine.until(lambda: machine.mounts()["notes"]["sent_bytes"] == 8 * 1024 * 1024)
    assert machine.mounts()["notes"]["pending_bytes"] == LARGE
    found = Terminal(machine, "flush", "notes")
    found.until(b"8.4/20.0")
    found.type(b"\x03")
    assert found.end() == 130


def test_an_exec_shows_what_it_waits_for(machine):
    (machine.directory("work") / "large").write_bytes(os.urandom(LARGE))
    machine.env |= SLOW
    found = Terminal(machine, "exec", "--context", "job", "--path", "work", "--deadline", "5s", "--", "true")
    found.until(b"saving job")
    found.until(b"8.4/20.0")
    assert found.end() == 6
    assert found.shown.count(SHOWN) == found.shown.count(HIDDEN)
