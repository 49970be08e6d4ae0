"""`holdall exec`: the command's own code, or what kept it from being safe."""

import fcntl
import json
import os
import shutil
import signal
import sys

import pytest


def run(machine, *command, context="job", path="work", options=(), **env):
    done = machine.run(
        "exec", "--json", "--context", context, "--path", path, *options, "--", *command, **env
    )
    lines = done.stderr.strip().splitlines()
    return done, json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None


def test_what_it_made_is_in_the_store_and_elsewhere_next_time(machine):
    done, receipt = run(
        machine, "sh", "-c", "echo out; echo err >&2; echo data > work/f; mkdir work/d; echo x > work/d/g"
    )
    assert (done.returncode, done.stdout) == (0, "out\n")
    assert done.stderr.startswith("err\n")
    assert (receipt["outcome"], receipt["uploaded_files"], receipt["left"]) == ("complete", 2, [])
    assert machine.objects("job") == {"f": "data\n", "d/g": "x\n"}
    elsewhere, _ = run(machine, "cat", "other/f", path="other", STATE_DIRECTORY=str(machine.home / "s2"))
    assert (elsewhere.returncode, elsewhere.stdout) == (0, "data\n")


def test_the_receipt_counts_from_the_mount_on(machine):
    machine.directory("work", before="1")
    wait = f"until [ -e {machine.store}/job/files/before ]; do sleep 0.05; done"
    _, receipt = run(machine, "sh", "-c", f"{wait}; echo 2 > work/after")
    assert (receipt["uploaded_files"], receipt["uploaded_bytes"]) == (2, 3)


def test_the_receipt_goes_into_what_is_there_already(machine):
    """A pipe, a device (/dev/null, as root) or a link is written to; nothing takes its place."""
    pipe, link, file = (machine.home / name for name in ("pipe", "link", "file"))
    os.mkfifo(pipe)
    link.symlink_to("file")
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    run(machine, "true", options=("--receipt", str(pipe)))
    assert json.loads(os.read(end, 65536))["outcome"] == "complete"
    os.close(end)
    assert pipe.is_fifo()
    run(machine, "true", options=("--receipt", str(link)))
    assert link.is_symlink()
    assert json.loads(file.read_text())["outcome"] == "complete"


def test_a_receipt_that_cannot_be_written_is_told_on_stderr(machine):
    """Into a directory, below nothing."""
    for file in (machine.directory("d"), machine.home / "nowhere/receipt"):
        done, receipt = run(machine, "true", options=("--receipt", str(file)))
        assert (done.returncode, receipt["outcome"]) == (0, "complete")
        assert f"the receipt cannot be written to {file}: " in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "code"),
    [("exit 9", 9), ("kill -9 $$", 137), ("kill -TERM $$", 143)],
)
def test_the_commands_code_is_ours(machine, command, code):
    assert run(machine, "sh", "-c", command)[0].returncode == code


def test_a_command_that_is_not_there(machine):
    assert run(machine, "no-such-command")[0].returncode == 127
    (machine.home / "plain").write_text("")
    assert run(machine, "./plain")[0].returncode == 126


def test_its_arguments_are_its_own(machine):
    done, _ = run(machine, "echo", "--json", "--context", "--", "-x")
    assert done.stdout == "--json --context -- -x\n"


def test_standard_input_is_its_own(machine):
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "holdall.cli.main", "exec", "--context", "j", "--path", "w", "--", "cat"],
        env=machine.env, cwd=machine.home, input="through\n", capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == "through\n"
    assert "no store is configured" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_are_passed_on(machine, number):
    name = signal.Signals(number).name.removeprefix("SIG")
    script = f"trap 'echo got {name}; exit 7' {name}; echo ready > work/ready; while :; do sleep 0.05; done"
    running = machine.begin("exec", "--context", "j", "--path", "work", "--", "sh", "-c", script)
    machine.until((machine.home / "work" / "ready").exists)
    running.send_signal(number)
    out, _ = running.communicate(timeout=30)
    assert (running.returncode, out) == (7, f"got {name}\n")
    assert machine.objects("j") == {"ready": "ready\n"}


def test_the_receipt_in_a_file(machine):
    done, receipt = run(machine, "true", options=["--receipt", "r.json"])
    assert (done.returncode, done.stderr, receipt) == (0, "", None)
    assert json.loads((machine.home / "r.json").read_text())["outcome"] == "complete"
    unwritable, receipt = run(machine, "true", options=["--receipt", "no/where.json"])
    assert (unwritable.returncode, receipt["outcome"]) == (0, "complete")
    assert "cannot be written to no/where.json" in unwritable.stderr


def test_a_first_attach_that_fails_runs_nothing(machine):
    unreachable = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    options = ["--store", "s3://bucket/x", "--deadline", "1s"]
    done, receipt = run(machine, "echo", "ran", options=options, **unreachable)
    assert (done.returncode, done.stdout, receipt["outcome"]) == (7, "", "failed")


def test_a_known_directory_starts_offline_and_says_what_was_left(machine):
    disk, away = machine.home / "disk", machine.home / "away"
    disk.mkdir()
    store = ["--store", f"file://{disk}/store"]
    run(machine, "sh", "-c", "echo 1 > work/kept; echo 2 > work/gone", options=store)
    shutil.move(disk, away)
    script = "echo ran; echo new > work/new; rm work/gone"
    done, receipt = run(machine, "sh", "-c", script, options=[*store, "--deadline", "2s"])
    assert done.stdout == "ran\n"
    assert done.returncode in {3, 6}
    assert {one["path"] for one in receipt["left"]} == {"new", "gone"}
    fresh, receipt = run(machine, "true", path="elsewhere", options=store)
    assert (fresh.returncode, receipt["outcome"]) == (7, "failed")
    shutil.move(away, disk)
    done, receipt = run(machine, "true", options=store)
    assert (done.returncode, receipt["uploaded_files"], receipt["deleted_files"]) == (0, 1, 1)
    assert sorted(one.name for one in (disk / "store/job/files").iterdir()) == ["kept", "new"]


def test_a_mass_deletion_is_held_back_unless_it_is_meant(machine):
    run(machine, "sh", "-c", "for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $n > work/$n; done")
    done, receipt = run(machine, "sh", "-c", "rm work/*; echo new > work/new")
    assert (done.returncode, receipt["held_deletions"]) == (4, 12)
    assert len(machine.objects("job")) == 13
    done, receipt = run(machine, "true", options=["--allow-mass-delete"])
    assert (done.returncode, receipt["deleted_files"]) == (0, 12)
    assert machine.objects("job") == {"new": "new\n"}


def empty(work):
    for file in work.iterdir():
        file.unlink()


def replace(work):
    shutil.rmtree(work)
    work.mkdir()


@pytest.mark.parametrize("options", [(), ("--allow-mass-delete",)])
@pytest.mark.parametrize("clean", [shutil.rmtree, empty, replace])
@pytest.mark.parametrize("files", ["1", "1 2 3"])
def test_a_workspace_that_was_cleaned_comes_back(machine, clean, options, files):
    run(machine, "sh", "-c", f"for n in {files}; do echo $n > work/$n; done")
    kept = machine.objects("job")
    clean(machine.home / "work")
    done, receipt = run(machine, "sh", "-c", "cat work/1; echo new > work/new", options=options)
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert (receipt["downloaded_files"], receipt["deleted_files"]) == (len(kept), 0)
    assert machine.objects("job") == kept | {"new": "new\n"}


def test_what_stands_in_a_cleaned_workspace_meets_the_store(machine):
    """A fresh checkout in its place: equal bytes are agreed on, of others both stay."""
    run(machine, "sh", "-c", "echo 1 > work/a; echo 2 > work/b")
    elsewhere = {"STATE_DIRECTORY": str(machine.home / "s2")}
    run(machine, "sh", "-c", "echo S > other/same; echo T > other/theirs", path="other", **elsewhere)
    shutil.rmtree(machine.home / "work")
    work = machine.directory("work", same="S\n", theirs="O\n", own="N\n")
    done, receipt = run(machine, "true")
    assert (done.returncode, receipt["outcome"]) == (0, "complete")
    found = {one.name: one.read_text() for one in work.iterdir()}
    (copy,) = (name for name in found if name.startswith("theirs (conflict "))
    assert found == {"a": "1\n", "b": "2\n", "same": "S\n", "theirs": "T\n", "own": "N\n", copy: "O\n"}
    assert machine.objects("job") == found


def test_deletions_that_were_held_back_are_undone_where_nothing_is_left(machine):
    exec_in = ("exec", "--context", "job", "--path", "work")
    machine.holdall(*exec_in, "--", "sh", "-c", "echo 1 > work/a; echo 2 > work/b")
    machine.holdall(*exec_in, "--", "sh", "-c", "rm work/*", code=4)
    done = machine.run(*exec_in, "--", "ls", "work")
    assert (done.returncode, done.stdout) == (0, "a\nb\n")
    assert (
        "holdall: work holds nothing of what was synced with it: taken as new, so job is restored"
        in done.stderr
    )
    machine.holdall(*exec_in, "--allow-mass-delete", "--", "sh", "-c", "rm work/*")
    assert machine.objects("job") == {}
    done = machine.run(*exec_in, "--", "ls", "work")
    assert (done.returncode, done.stdout) == (0, "")
    assert "holds nothing" not in done.stderr


def test_a_command_that_replaces_the_directory_is_told_what_the_next_run_does(machine):
    run(machine, "sh", "-c", "echo 1 > work/a; echo 2 > work/b")
    done, receipt = run(machine, "sh", "-c", "mv work old; mkdir work; echo 3 > work/c")
    assert (done.returncode, receipt["outcome"]) == (4, "partial")
    assert "the next `holdall exec` brings back" in receipt["problems"][0]["hint"]
    done, _ = run(machine, "ls", "work")
    assert (done.returncode, done.stdout) == (0, "a\nb\nc\n")
    assert machine.objects("job") == {"a": "1\n", "b": "2\n", "c": "3\n"}


def test_the_same_directory_twice_at_once(machine):
    first = machine.begin(
        "exec", "--context", "j", "--path", "work", "--", "sh", "-c", "echo > work/up; sleep 20"
    )
    machine.until((machine.home / "work" / "up").exists)
    done, _ = run(machine, "true", context="j")
    assert done.returncode == 5
    assert "j is already mounted at" in done.stderr
    os.kill(first.pid, signal.SIGTERM)
    assert first.wait(30) == 143


def test_usage(machine):
    for arguments in (
        ["exec"],
        ["exec", "--context", "c", "--path", "p"],
        ["exec", "--context", "c", "--path", "p", "--"],
    ):
        assert machine.run(*arguments).returncode == 2
    done = machine.run("exec", "--context", "c", "--path", "p", "--deadline", "9", "--", "true")
    assert done.returncode == 2
    assert "'9' is no duration" in done.stderr
    assert machine.run("exec", "--context", "c", "--path", "p", "--store", "x", "--", "true").returncode == 2


def test_a_file_stands_where_the_directory_should_be(machine):
    (machine.home / "work").write_text("")
    done = machine.run("exec", "--context", "c", "--path", "work", "--", "true")
    assert done.returncode == 2
    assert "work cannot be made" in done.stderr


def test_a_store_that_hangs_keeps_nobody_past_the_deadline(machine):
    run(machine, "true")
    (locked,) = machine.store.glob(".*/lock")
    with locked.open("rb") as held:
        script = "echo 1 > work/a; echo 22 > work/b"
        running = machine.begin(
            "exec",
            "--context",
            "job",
            "--path",
            "work",
            "--deadline",
            "2s",
            "--receipt",
            "r",
            "--",
            "sh",
            "-c",
            script,
        )
        # Nothing but reads is answered from now on: every write of the embedded store takes this lock.
        fcntl.flock(held, fcntl.LOCK_EX)
        assert running.wait(60) == 6
    receipt = json.loads((machine.home / "r").read_text())
    assert receipt["deadline_hit"]
    assert {one["path"] for one in receipt["left"]} == {"a", "b"}
    assert (receipt["left_files"], receipt["left_bytes"]) == (2, 5)


def test_a_second_interrupt_does_not_wait_for_the_deadline(machine):
    run(machine, "true")
    (locked,) = machine.store.glob(".*/lock")
    with locked.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        running = machine.begin(
            "exec", "--context", "job", "--path", "work", "--deadline", "600s", "--receipt", "r", "--", "sh", "-c",
            "echo 1 > work/a; touch over",
        )  # fmt: skip
        machine.until((machine.home / "over").exists)
        machine.until(lambda: running.send_signal(signal.SIGINT) or running.poll() is not None)
        assert running.returncode in {3, 6}
    assert json.loads((machine.home / "r").read_text())["left"][0]["path"] == "a"


def test_inside_what_a_daemon_has_is_refused(machine):
    """Each would take what the other brings for a change that somebody made."""
    work = machine.directory("work", f="1")
    machine.daemon()
    assert machine.run("up", str(work), "--context", "notes").returncode == 0
    (machine.home / "link").symlink_to("work")
    for path, why in (
        ("work", "is mounted already, as notes"),
        ("link", "is mounted already, as notes"),
        ("work/d", f"lies inside {work}, the mount of notes"),
        (".", f"contains {work}, the mount of notes"),
    ):
        done, _ = run(machine, "touch", "ran", path=path)
        assert done.returncode == 5, done.stderr
        assert why in done.stderr
    assert not (machine.home / "ran").exists()
    assert list(machine.objects("notes")) == ["f"]


class TestAThinLine:
    """The first file passes at once, and the next one most of a minute after it."""

    @pytest.fixture
    def files(self, machine):
        found = {f"f{number}": "x" * 50_000 for number in range(8)}
        machine.directory("work", **found)
        return set(found)

    def thin(self, machine, way):
        return {"HOLDALL_CONFIG": str(machine.config(f"[limits]\n{way}_bytes_s = 1000\n"))}

    def test_up(self, machine, files):
        wait = f"until ls {machine.store}/job/files/f*; do sleep 0.05; done"
        done, receipt = run(
            machine, "sh", "-c", wait, options=["--deadline", "2s"], **self.thin(machine, "upload")
        )
        left = {one["path"] for one in receipt["left"]}
        assert (done.returncode, receipt["deadline_hit"], receipt["uploaded_files"]) == (6, True, 1)
        assert (len(left), left | machine.objects("job").keys()) == (7, files)

    def test_down(self, machine, files):
        run(machine, "true")
        other = machine.directory("other")
        restoring = machine.begin(
            "exec", "--context", "job", "--path", str(other), "--", "touch", "ran",
            **self.thin(machine, "download"),
        )  # fmt: skip
        machine.until(lambda: any(other.glob("f*")))
        assert len(list(other.glob("f*"))) == 1
        restoring.send_signal(signal.SIGINT)
        assert restoring.wait(30) == 130
        assert not (machine.home / "ran").exists()
