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


@pytest.mark.parametrize("command", ["flush", "wait"])
def test_the_path_tells_the_mount(up, command):
    notes = up.home / "notes"
    (up.home / "again").symlink_to(notes)
    (notes / "link").symlink_to("a")
    up.holdall("mount", up.directory("other", b="1"))
    for at, said in [
        (up.home, "notes/a"),
        (up.home, "again/a"),
        (notes, "a"),
        (notes, "link"),
        (up.home / "other", f"{up.home}/again/a"),
    ]:
        receipt = up.holdall(command, "--path", said, "--json", cwd=at)
        assert (receipt["context"], receipt["outcome"]) == ("notes", "complete"), (at, said)
    done = up.run(command, "--path", "a")
    assert (done.returncode, done.stderr) == (
        2,
        "holdall: a: is in no mount\n  mounted are: notes, other\n",
    )


def test_the_only_mount_is_the_one_that_is_meant(up):
    assert up.holdall("flush", "--path", "a", "--json")["outcome"] == "complete"
    assert up.holdall("wait", "--path", "a", "--json")["outcome"] == "complete"
    assert up.holdall("wait", "--json")["outcome"] == "complete"
    assert up.run("flush", "--path", "/etc/passwd").returncode == 2
    assert "the path is empty" in up.run("flush", "--path", "").stderr


def test_a_mount_that_was_named_by_a_symlink(machine):
    machine.directory("real", a="1")
    (machine.home / "link").symlink_to("real")
    machine.holdall("up", "link")
    for said in ["link/a", "real/a"]:
        assert machine.holdall("flush", "link", "--path", said, "--json")["outcome"] == "complete"


def test_what_is_behind_a_symlink_is_in_no_context(up):
    (up.home / "notes/docs").mkdir()
    (up.home / "notes/docs/f").write_text("1")
    (up.home / "notes/link").symlink_to("docs")
    done = up.run("flush", "--path", "notes/link/f")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "holdall: notes/link/f: lies behind the symlink link, and so not in the context\n"
    )
