"""`holdall exec`: a job whose state must survive it."""

import json

from tests import servers
from tests.system.site import tree

DEADLINE_S = 4
GRACE_S = 2
WRITES = "import pathlib\nfor n in range(2000): pathlib.Path(f'out-{n}').write_text(str(n) * 50)\nraise SystemExit(9)"


def arguments(machine, directory, code, deadline="60s"):
    return [
        "exec", "--context", "job", "--path", directory, "--deadline", deadline, "--receipt", machine.home / "receipt.json",
        "--", "python3", "-c", code,
    ]  # fmt: skip


def job(machine, directory, code):
    done = machine.run(*arguments(machine, directory, code))
    return done, take_receipt(machine)


def cut_short(machine, directory, code):
    """A job whose store is silent. From its command's end on, the deadline and its grace are all that it is waited for."""
    ended = machine.home / "ended"
    running = machine.begin(
        *arguments(machine, directory, f"{code}\nopen({str(ended)!r}, 'w').close()", f"{DEADLINE_S}s")
    )
    machine.until(ended.exists)
    running.communicate(timeout=DEADLINE_S + GRACE_S)
    ended.unlink()
    return running, take_receipt(machine)


def take_receipt(machine):
    file = machine.home / "receipt.json"
    found = json.loads(file.read_text()) if file.exists() else None
    file.unlink(missing_ok=True)
    return found


def test_the_commands_code_comes_back_and_all_is_durable(site):
    machine = site.machine()
    code = f"import os; os.chdir({str(machine.home / 'work')!r})\n{WRITES}"
    done, receipt = job(machine, machine.home / "work", code)
    assert done.returncode == 9, done.stderr
    assert receipt["outcome"] == "complete"
    assert receipt["uploaded_files"] == 2000

    other = site.machine()
    done, _ = job(other, other.home / "again", "raise SystemExit(0)")
    assert done.returncode == 0, done.stderr
    assert tree(other.home / "again") == tree(machine.home / "work")


def test_a_store_that_died_is_told_in_time_and_the_next_start_uploads(site):
    """Hung without an answer, then killed: each time the rest is named, kept, and goes up later."""
    with servers.seaweedfs() as mortal:
        machine = site.machine(endpoint=mortal.url)
        machine.env |= mortal.environment
        mortal.make_bucket(site.bucket)
        work = machine.home / "work"
        assert job(machine, work, "raise SystemExit(0)")[0].returncode == 0

        mortal.pause()
        is_cut_short(machine, work, "hung")
        mortal.resume()
        is_made_up_for(machine, work, "hung")
        assert keys(mortal, site) == {path.name for path in work.iterdir()}

        mortal.kill()
        is_cut_short(machine, work, "dead")
        start_again(mortal)
        assert keys(mortal, site) == {f"hung-{n}" for n in range(20)}
        is_made_up_for(machine, work, "dead")
        assert keys(mortal, site) == {path.name for path in work.iterdir()}


def is_cut_short(machine, work, name):
    writes = (
        f"import pathlib\nfor n in range(20): pathlib.Path({str(work)!r}, f'{name}-{{n}}').write_text('x')"
    )
    done, receipt = cut_short(machine, work, writes)
    assert done.returncode in (3, 6)
    assert receipt["deadline_hit"]
    assert {one["path"] for one in receipt["left"]} == {f"{name}-{n}" for n in range(20)}
    assert {f"{name}-{n}" for n in range(20)} <= {path.name for path in work.iterdir()}


def is_made_up_for(machine, work, name):
    """The next start sends what was left, and nothing else."""
    done, receipt = job(machine, work, "raise SystemExit(0)")
    assert (done.returncode, receipt["outcome"]) == (0, "complete"), done.stderr
    assert receipt["uploaded_files"] == 20, name


def keys(server, site):
    found = server.client().list_objects_v2(Bucket=site.bucket, Prefix="contexts/job/files/")
    return {item["Key"].rpartition("/")[2] for item in found.get("Contents", ())}


def start_again(server):
    """A server that was killed, on its folder and its ports."""
    server.process = servers._start(server.folder, server.process.args)
    servers._wait_until_it_stores(server)
