"""What the system refuses a command is told in a sentence, wherever it happens."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from holdall.cli.suspects import suspects

LONG = "x" * 300
"""No file can have this name: looking at it fails, for root too."""


def shell(machine, script, **env):
    """A command line with redirections; `holdall` is ours."""
    line = f'holdall() {{ "{sys.executable}" -m holdall.cli.main "$@"; }}; {script}'
    return subprocess.run(
        ["sh", "-c", line],
        env={name: value for name, value in machine.env.items() if name != "PYTHONUNBUFFERED"} | env,
        cwd=machine.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sentence(done):
    """What was said, which is no trace."""
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "command", ["status", "ls --context notes", "flush", "doctor", "--help", "config --help"]
)
def test_an_output_that_takes_nothing_is_a_failure(machine, command):
    machine.directory("notes", a="1")
    machine.holdall("up", "notes")
    machine.holdall("flush")
    full = shell(machine, f"holdall {command} >/dev/full")
    assert full.returncode == 1
    assert sentence(full) == "holdall: the output cannot be written: no space left on device\n"
    closed = shell(machine, f"holdall {command} >&-")
    assert closed.returncode == 1
    assert sentence(closed) == "holdall: the output cannot be written: bad file descriptor\n"
    assert shell(machine, f"holdall {command} >/dev/full", PYTHONUNBUFFERED="1").returncode == 1
    assert not Path("/dev/full").is_file()


def test_closed_streams_are_nobodys_files(machine):
    """The next file that is opened would be printed into."""
    machine.directory("work", a="1")
    done = shell(machine, "holdall exec --context job --path work -- true <&- >&- 2>&-")
    assert (done.returncode, machine.objects("job")) == (0, {"a": "1"})
    assert shell(machine, "holdall ls --context job 2>&-").stdout.endswith(" a\n")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["up", LONG], 2),
        (["exec", "--context", "job", "--path", LONG, "--", "true"], 2),
    ],
)
def test_a_path_that_cannot_be_looked_at(machine, command, code):
    done = machine.run(*command)
    assert done.returncode == code
    assert f"{machine.home}/{LONG} cannot be " in sentence(done)


def test_ignore_rules_that_cannot_be_looked_at_are_left_to_the_scan(tmp_path):
    assert suspects(tmp_path / LONG, []) == []


@pytest.mark.parametrize("name", ["daemon.lock", "daemon.db"])
def test_a_state_that_cannot_be_used(machine, name):
    (machine.state / name).mkdir(parents=True)
    ran = machine.run("run")
    assert ran.returncode != 0
    assert str(machine.state) in sentence(ran)
    machine.directory("notes")
    up = machine.run("up", "notes")
    assert up.returncode != 0
    assert str(machine.state) in sentence(up)
    assert "File " not in up.stderr


def test_a_reader_leaves_a_damaged_registry_alone(machine):
    machine.directory("notes", a="1")
    machine.holdall("up", "notes")
    machine.holdall("flush")
    os.kill(machine.background(), signal.SIGTERM)
    machine.until(lambda: not machine.background())
    database = machine.state / "daemon.db"
    database.write_bytes(b"no database " * 100)
    before = sorted(machine.state.iterdir())
    done = machine.run("ls", "--context", "notes")
    assert done.returncode == 1
    assert "is damaged (file is not a database)" in sentence(done)
    assert sorted(machine.state.iterdir()) == before


def test_a_reader_knows_the_mounts_of_a_daemon_that_was_killed(machine):
    notes = machine.directory("other/notes", a="1")
    machine.holdall("up", notes, "--context", "mine")
    machine.holdall("flush")
    os.kill(machine.background(), signal.SIGKILL)
    machine.until(lambda: not machine.background())
    before = sorted(machine.state.iterdir())
    assert machine.holdall("ls", cwd=notes).endswith(" a\n")
    assert sorted(machine.state.iterdir()) == before


def test_a_path_that_is_no_text_is_mounted_by_another_name(machine):
    odd = machine.directory(os.fsdecode(b"\xff"), a="1")
    refused = machine.run("up", odd, "--context", "notes")
    assert refused.returncode == 2
    assert r"/\udcff is not UTF-8" in sentence(refused)
    (machine.home / "link").symlink_to(odd)
    machine.holdall("up", "link", "--context", "notes")
    machine.holdall("flush")
    assert machine.objects("notes") == {"a": "1"}


def test_a_policy_that_is_no_text(machine):
    machine.directory("notes")
    (machine.home / "policy").write_bytes(b"\xff\xfe")
    done = machine.run("up", "notes", "--policy", "policy")
    assert (done.returncode, sentence(done)) == (2, "holdall: policy is not UTF-8 text\n")


@pytest.mark.parametrize("number", [str(2**63), "9" * 5000])
def test_more_than_any_history_has_is_all_of_it(machine, number):
    machine.directory("notes", a="1")
    machine.holdall("exec", "--context", "notes", "--path", "notes", "--", "true")
    assert machine.holdall("history", "--context", "notes", "-n", number).count("1 changed") == 1


@pytest.mark.parametrize("command", [["ls"], ["up", "."], ["restore", "a"], ["doctor"]])
def test_a_working_directory_that_is_gone(machine, command):
    machine.directory("gone")
    line = f"cd gone && rmdir ../gone && holdall {' '.join(command)}"
    done = shell(machine, line)
    assert done.returncode == 2
    assert sentence(done) == "holdall: the working directory is gone\n  `cd` to one that is there\n"


@pytest.mark.parametrize("as_json", [False, True])
def test_a_mistake_of_our_own_is_a_sentence(machine, as_json):
    (machine.home / "broken").mkdir()
    (machine.home / "broken/sitecustomize.py").write_text(
        "import holdall.cli.choose\nholdall.api.client.Client.find = lambda: 1 / 0\n"
    )
    paths = os.pathsep.join(["broken", *sys.path])
    done = machine.run("status", *(["--json"] if as_json else []), PYTHONPATH=paths)
    assert done.returncode == 1
    first, second = sentence(done).splitlines()
    assert first.startswith("holdall: a mistake in holdall, cli/commands/status.py line ")
    assert first.endswith(": ZeroDivisionError: division by zero")
    assert second == "  please report it, with what HOLDALL_DEBUG=1 shows"
    if as_json:
        assert json.loads(done.stdout)["error"]["message"] == first.removeprefix("holdall: ")
    shown = machine.run("status", PYTHONPATH=paths, HOLDALL_DEBUG="1").stderr
    assert shown.startswith("Traceback ")
    assert first in shown


def test_a_daemon_that_ends_by_a_mistake_has_its_trace_in_the_log(machine):
    (machine.home / "broken").mkdir()
    (machine.home / "broken/sitecustomize.py").write_text(
        "import holdall.daemon.service\nholdall.daemon.service.Service.run = lambda _: 1 / 0\n"
    )
    done = machine.run("run", "--log-file", "log", PYTHONPATH=os.pathsep.join(["broken", *sys.path]))
    assert done.returncode == 1
    assert "a mistake in holdall, cli/commands/run.py line " in sentence(done)
    assert "Traceback" in machine.log


def test_an_exec_has_to_have_a_name(machine):
    done = machine.run("exec", "--context", "", "--path", "work", "--", "true")
    assert done.returncode == 2
    assert sentence(done).startswith("holdall: argument --context: the name is empty\n  usage: holdall exec ")


def test_a_restore_that_fails_says_what_to_do(machine):
    """The disk that the store is on is not there."""
    store = f"file://{machine.home}/disk/store"
    done = machine.run("exec", "--context", "job", "--path", "work", "--store", store, "--", "true")
    assert done.returncode == 7
    told, hint, receipt = sentence(done).splitlines()
    (problem,) = json.loads(receipt)["problems"]
    assert told.endswith(f"could not be restored, so the command was not run: {problem['message']}")
    assert hint == f"  {problem['hint']}"


def test_it_runs_as_a_module_too(machine):
    done = subprocess.run(
        [sys.executable, "-m", "holdall", "--version"],
        env=machine.env, cwd=machine.home, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("holdall ")
