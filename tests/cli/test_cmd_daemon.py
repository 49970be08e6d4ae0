"""The commands that talk to a daemon, typed as a user types them."""

import json
import os
import signal

import pytest


@pytest.fixture
def up(machine):
    """`notes` mounted by `up`, by a daemon in the background."""
    machine.directory("notes", a="1")
    machine.holdall("up", "notes")
    return machine


def test_up_begins_everything(machine):
    notes = machine.directory("notes", a="1")
    (notes / ".env").write_text("SECRET=1")
    modules = machine.directory("notes/node_modules")
    for number in range(250):
        (modules / f"{number}.js").write_text("x")
    said = machine.holdall("up", "notes")
    first, *rest = said.splitlines()
    assert first == "252 only here, 0 only there, 0 differ"
    assert any(line.startswith(f"notes  {notes}") for line in rest)
    assert (
        "  .env: likely a secret\n    --ignore '/.env', or that line in .holdallignore, leaves it out" in said
    )
    assert "  node_modules: a large directory that can be made again\n    --ignore 'node_modules/'" in said
    assert "durable on this disk only" in said
    assert "it does not survive a reboot; this makes it so:\n  " in said
    assert machine.background()
    machine.holdall("flush")
    assert len(machine.objects("notes")) == 252
    again = machine.holdall("up", "notes", "--json")
    assert (again["started"], again["context"]) == (False, "notes")


def test_up_refuses_a_context_from_elsewhere_unless_it_is_named(up):
    other = up.directory("elsewhere/notes", a="2", b="3")
    up.holdall("unmount", "notes")
    done = up.run("up", other)
    assert done.returncode == 2
    assert f"the store has a context notes already, from {up.home}/notes on " in done.stderr
    assert "`--context notes` joins it" in done.stderr
    said = up.holdall("up", other, "--context", "notes")
    assert said.startswith("1 only here, 0 only there, 1 differ\n")
    up.holdall("flush")
    assert len(up.objects("notes")) == 3


def test_up_with_a_store_of_its_own(machine):
    machine.directory("notes", a="1")
    store = machine.home / "store"
    machine.holdall("up", "notes", "--store", f"file://{store}")
    machine.holdall("flush")
    assert (store / "notes" / "files" / "a").read_text() == "1"
    done = machine.run("up", "notes", "--store", "file:///other")
    assert done.returncode == 2
    assert f"the running daemon's store is file://{store}, not file:///other" in done.stderr
    os.kill(machine.background(), signal.SIGTERM)
    machine.until(lambda: not machine.background())
    machine.directory("more")
    machine.holdall("up", "more")  # the store that was named is remembered
    assert set(machine.mounts()) == {"notes", "more"}
    assert machine.mounts()["notes"]["durable"]


def test_up_with_a_store_that_is_none_leaves_nothing_behind(machine):
    machine.directory("notes")
    done = machine.run("up", "notes", "--store", "file:///no/where/at/all")
    assert done.returncode == 2
    assert "/no/where/at" in done.stderr
    assert not machine.background()
    machine.holdall("up", "notes")
    assert machine.mounts()["notes"]["problems"][0]["path"] == str(machine.store)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "nix"], "/nix does not exist\n  `mkdir -p "),
        (["up", "file"], "/file is no directory\n"),
        (["up", "notes", "--store", "gs://x"], "--store is 'gs://x', and only s3:// and file:// are known"),
        (["up", "notes", "--policy", "nix"], "nix cannot be read: No such file"),
        (["up", "notes", "--policy", "file"], "file: unknown key 'uploadPolcy'; did you mean 'uploadPolicy'?"),
        (["up", "notes", "--sync", "both"], "invalid choice: 'both'"),
        (["stauts"], "there is no command stauts\n  did you mean `holdall status`?"),
        (["xyzzy"], "`holdall --help` names the commands"),
        (["status", "--wacth"], "usage: holdall status"),
        (["config", "check"], "there is no configuration file"),
    ],
)  # fmt: skip
def test_mistakes_are_told(machine, arguments, said):
    machine.directory("notes")
    (machine.home / "file").write_text('{"uploadPolcy": {}}')
    done = machine.run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert not machine.background()


@pytest.mark.parametrize(
    "command", ["status", "flush", "release", "wait x", "sync x", "pause x", "approve x", "unmount x"]
)
def test_without_a_daemon(machine, command):
    done = machine.run(*command.split())
    assert done.returncode == 1
    assert (
        done.stderr
        == "holdall: no daemon is running\n  `holdall up PATH` starts one for you, `holdall run` here\n"
    )
    found = json.loads(machine.run(*command.split(), "--json").stdout)
    assert found["error"]["code"] == "no-daemon"


def test_a_mount_is_named_by_context_or_directory(up):
    assert up.holdall("flush", "notes").startswith("notes: complete")
    assert up.holdall("flush", ".", cwd=up.home / "notes").startswith("notes: complete")
    done = up.run("flush", "note")
    assert (done.returncode, done.stderr) == (2, "holdall: no mount of note\n  did you mean notes?\n")


def test_flush_one_path(up):
    (up.home / "notes" / "d").mkdir()
    (up.home / "notes" / "d" / "x").write_text("1")
    for path, cwd in (
        ("d/x", up.home),
        ("x", up.home / "notes" / "d"),
        (up.home / "notes" / "d" / "x", None),
    ):
        assert up.holdall("flush", "notes", "--path", path, "--json", cwd=cwd)["outcome"] == "complete"
    assert up.objects("notes")["d/x"] == "1"
    done = up.run("flush", "notes", "--path", "/etc")
    assert (done.returncode, done.stderr) == (
        2,
        f"holdall: /etc: is not in the context\n  notes is at {up.home}/notes\n",
    )


def test_a_paused_mount_keeps_to_itself(up):
    up.holdall("flush")
    assert "paused" in up.holdall("pause", "notes")
    (up.home / "notes" / "b").write_text("2")
    done = up.run("flush", "notes")
    assert (done.returncode, done.stderr) == (
        1,
        "holdall: notes is paused\n  `holdall resume notes` goes on with it\n",
    )
    os.kill(up.background(), signal.SIGTERM)
    up.until(lambda: not up.background())
    assert "b" not in up.objects("notes")
    up.directory("other")
    up.holdall("up", "other")
    assert up.mounts()["notes"]["status"] == "paused"  # a person's word outlives the daemon
    up.holdall("resume", "notes")
    up.holdall("flush", "notes")
    assert up.objects("notes") == {"a": "1", "b": "2"}


def test_the_guard_and_approve(up):
    notes = up.home / "notes"
    for number in range(20):
        (notes / f"{number}").write_text(str(number))
    up.holdall("flush")
    up.holdall("release", "notes")  # what went up within the last minute does not count for the guard
    up.holdall("up", "notes")
    for number in range(20):
        (notes / f"{number}").unlink()
    done = up.run("flush", "notes", "--json")
    assert (done.returncode, json.loads(done.stdout)["held_deletions"]) == (4, 20)
    found = up.mounts()["notes"]
    assert found["status"] == "error"
    assert found["problems"][0]["code"] == "guard"
    assert found["problems"][0]["fix"].startswith("`holdall approve notes`")
    up.holdall("approve", "notes")
    up.until(lambda: up.objects("notes") == {"a": "1"})


def test_release_keeps_and_unmount_forgets(up):
    assert up.holdall("release", "notes").startswith("notes: complete")
    assert up.mounts() == {}
    bases = up.state / "mounts"
    assert len(list(bases.glob("*.db"))) == 1
    up.holdall("mount", up.home / "notes")
    (up.home / "notes" / "b").write_text("2")
    receipt = up.holdall("unmount", "notes", "--json")
    assert (receipt["outcome"], receipt["uploaded_files"]) == ("complete", 1)
    assert list(bases.glob("*.db")) == []
    up.holdall("mount", up.home / "notes")
    up.holdall("pause", "notes")
    (up.home / "notes" / "c").write_text("3")
    assert up.holdall("unmount", "notes", "--discard", "--json")["uploaded_files"] == 0
    assert "c" not in up.objects("notes")
    assert (up.home / "notes" / "c").read_text() == "3"


def test_mounts_that_overlap(up):
    inner = up.directory("notes/inner")
    for path, said in (
        (inner, "lies inside"),
        (up.home, "contains"),
        (up.home / "notes", "is mounted already"),
    ):
        done = up.run("mount", path, "--context", "x")
        assert done.returncode == 2
        assert said in done.stderr
    done = up.run("mount", up.directory("y"), "--context", "notes")
    assert "one mount a context" in done.stderr


def test_one_goes_up_once(machine):
    once = machine.directory("once", a="1")
    machine.holdall("up", once, "--sync", "one")
    machine.until(lambda: machine.objects("once") == {"a": "1"})
    (once / "b").write_text("2")
    receipt = machine.holdall("release", "once", "--json")
    assert (receipt["outcome"], receipt["left_by_policy"]) == ("complete", ["b"])
    assert machine.objects("once") == {"a": "1"}
    machine.holdall("mount", once, "--sync", "one")
    machine.holdall("sync", "once", "--force")
    assert machine.objects("once") == {"a": "1", "b": "2"}


def test_without_auto_upload(machine):
    machine.directory("notes", a="1")
    (machine.home / "policy.json").write_text('{"uploadPolicy": {"autoUpload": false}}')
    machine.holdall("up", "notes", "--policy", "policy.json")
    receipt = machine.holdall("release", "notes", "--json")
    assert receipt["left_by_policy"] == ["a"]
    machine.holdall("up", "notes", "--policy", "policy.json")
    machine.until(lambda: machine.mounts()["notes"]["pending_files"])
    found = machine.mounts()["notes"]
    assert (found["status"], found["durable"], found["pending_bytes"]) == ("synced", False, 1)
    assert found["problems"][0]["fix"].startswith("`holdall flush notes` ")
    assert machine.holdall("flush", "notes", "--json")["uploaded_files"] == 1
    assert machine.mounts()["notes"]["durable"]
    (machine.home / "notes/b").write_text("2")
    assert machine.holdall("sync", "notes", "--json")["uploaded_files"] == 1


def test_a_daemon_of_another_environment_is_found(up):
    """Of cron, or after su."""
    up.directory("more")
    here = up.mounts()["notes"]
    del up.env["XDG_RUNTIME_DIR"]
    assert up.mounts()["notes"]["path"] == here["path"]
    assert up.holdall("up", "more", "--json")["started"] is False
    done = up.run("run")
    assert done.returncode == 5
    assert f"(pid {up.background()}, socket {up.socket})" in done.stderr


def test_a_daemon_that_cannot_be_asked_is_named(up):
    pid = up.background()
    up.socket.unlink()
    done = up.run("up", "notes")
    assert done.returncode == 5
    assert f"(pid {pid}, socket {up.socket}) and does not answer\n  `kill {pid}` ends it" in done.stderr


def test_up_fails_for_a_mount_that_is_not_to_be_had(up):
    os.kill(up.background(), signal.SIGTERM)
    up.until(lambda: not up.background())
    up.daemon(HOLDALL_STORE__URL=f"file://{up.home}/elsewhere")
    done = up.run("up", "notes")
    assert done.returncode == 2
    assert f"it was mounted on file://{up.store}, and this daemon's store is " in done.stderr


def test_up_fails_for_a_mount_that_waits_for_a_person(up):
    up.holdall("flush")
    (up.home / "notes").rename(up.home / "kept")
    up.directory("notes")
    # For a moment there was no directory at all.
    up.until(lambda: "holdall approve" in str(up.mounts()["notes"]))
    done = up.run("up", "notes")
    assert done.returncode == 4
    assert "`holdall approve` to go on with " in done.stdout


def test_wait_for_what_is_there(up):
    up.holdall("flush")
    other = up.directory("other")
    up.holdall("release", "notes")
    up.holdall("up", other, "--context", "notes")
    assert up.holdall("wait", "notes", "--path", "a", "--json")["outcome"] == "complete"
    assert (other / "a").read_text() == "1"


def test_config_check(machine):
    file = machine.config('[[mounts]]\ncontext = "a"\npath = "/a"\n')
    assert (
        machine.holdall("config", "check", file)
        == f"{file} is fine: store embedded, 1 mount\n  a  /a  auto\n"
    )
    assert machine.holdall("config", "check", "--json", file)["mounts"] == [
        {"context": "a", "path": "/a", "sync": "auto"}
    ]
    file.write_text("[x")
    done = machine.run("config", "check", file)
    assert done.returncode == 2
    assert "Expected ']'" in done.stderr


def test_status_watch(up):
    watching = up.begin("status", "--watch", "--json")
    first = json.loads(watching.stdout.readline())
    assert first["mounts"][0]["context"] == "notes"
    up.holdall("pause", "notes")
    while json.loads(watching.stdout.readline())["mounts"][0]["status"] != "paused":
        pass
    watching.send_signal(signal.SIGINT)
    assert watching.wait(10) == 130


def test_every_command_has_an_example_and_json(machine):
    help_of = machine.holdall("--help")
    for command in (
        "run",
        "up",
        "mount",
        "unmount",
        "exec",
        "flush",
        "release",
        "wait",
        "sync",
        "status",
        "pause",
        "resume",
        "approve",
        "config",
    ):
        assert command in help_of
        found = machine.holdall(*(["config", "check"] if command == "config" else [command]), "--help")
        assert f"example:\n  holdall {command}" in found
        assert "--json" in found


def test_what_is_said_again_changes_a_mount_and_what_is_not_said_does_not(up):
    notes = up.home / "notes"
    up.holdall("up", "notes", "--ignore", "*.o")
    up.holdall("up", "notes")
    (notes / "x.o").write_text("no")
    (notes / "x.c").write_text("yes")
    up.holdall("up", "notes", "--sync", "arch")
    up.holdall("flush")
    assert set(up.objects("notes")) == {"a", "x.c"}
    (notes / "a").unlink()
    up.holdall("flush")
    assert set(up.objects("notes")) == {"a", "x.c"}
    assert up.mounts()["notes"]["sync"] == "arch"


def test_a_directory_that_an_exec_holds_is_taken_up_afterwards(up):
    work = up.directory("work")
    up.holdall("mount", work)
    up.holdall("flush")
    os.kill(up.background(), signal.SIGTERM)
    up.until(lambda: not up.background())
    held = up.begin(
        "exec", "--context", "work", "--path", work, "--", "sh", "-c", "echo 1 > work/in; sleep 4"
    )
    up.until((work / "in").exists)
    up.directory("more")
    up.holdall("up", "more")
    found = up.mounts()["work"]
    assert (found["status"], found["problems"][0]["code"]) == ("error", "locked")
    assert held.wait(30) == 0
    up.until(lambda: up.mounts()["work"]["status"] == "synced")


def test_a_directory_that_was_replaced_is_taken_by_approve_only(up):
    notes = up.home / "notes"
    (notes / "b").write_text("2")
    (notes / "c").write_text("3")
    up.holdall("release", "notes")
    up.holdall("up", "notes")
    notes.rename(up.home / "away")
    up.directory("notes", a="1", d="4")
    up.until(lambda: up.mounts()["notes"]["status"] == "error")
    found = up.mounts()["notes"]["problems"][0]
    assert found["code"] == "root"
    assert set(up.objects("notes")) == {"a", "b", "c"}
    up.holdall("approve", "notes")
    up.until(lambda: "d" in up.objects("notes"))
    (notes / "e").write_text("5")  # and it is watched
    up.until(lambda: "e" in up.objects("notes"), 15)


def test_what_takes_no_part_is_named_and_never_pending(up):
    os.mkfifo(up.home / "notes" / "pipe")
    up.holdall("flush")
    found = up.mounts()["notes"]
    assert (found["durable"], found["pending_files"]) == (True, 0)
    assert {"code": "special", "message": "a FIFO takes no part", "path": "pipe",
            "fix": "an ignore line makes this quiet"} in found["problems"]  # fmt: skip
