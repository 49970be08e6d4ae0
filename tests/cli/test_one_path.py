"""`flush --path` and `wait --path`: complete means that very path."""

import os

import pytest


@pytest.fixture
def up(machine):
    notes = machine.directory("notes", a="1")
    (notes / ".holdallignore").write_text("*.log\n")
    (notes / "x.log").write_text("1")
    (notes / os.fsdecode(b"bad\xff")).write_text("1")
    machine.holdall("up", "notes")
    return machine


@pytest.mark.parametrize("command", ["flush", "wait"])
def test_what_neither_side_has_is_said(up, command):
    done = up.run(command, "notes", "--path", "nope")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "holdall: nope: is neither here nor in the store\n  inside the mount a path is"
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [("x.log", "an ignore rule leaves it out"), (os.fsdecode(b"bad\xff"), "the name is not UTF-8")],
)
def test_what_takes_no_part_is_left(up, path, reason):
    receipt = up.holdall("flush", "notes", "--path", path, "--json", code=3)
    assert (receipt["outcome"], [one["reason"] for one in receipt["left"]]) == ("partial", [reason])


def test_a_deletion_is_complete_however_often_it_is_asked_for(up):
    up.holdall("flush", code=3)
    (up.home / "notes" / "a").unlink()
    for _ in range(2):
        assert up.holdall("flush", "notes", "--path", "a", "--json")["outcome"] == "complete"
