"""`holdall exec`: a job whose state must survive it."""

import json
import time

from tests import servers
from tests.system.site import tree

WRITES = "import pathlib\nfor n in range(2000): pathlib.Path(f'out-{n}').write_text(str(n) * 50)\nraise SystemExit(9)"


def job(machine, directory, code, *, deadline="60s", context="job"):
    receipt = machine.home / "receipt.json"
    began = time.monotonic()
    done = machine.run(
        "exec",
        "--context",
        context,
        "--path",
        directory,
        "--deadline",
        deadline,
        "--receipt",
        receipt,
        "--",
        "python3",
        "-c",
        code,
        cwd=machine.home,
    )
    found = json.loads(receipt.read_text()) if receipt.exists() else None
    receipt.unlink(missing_ok=True)
    return done, found, time.monotonic() - began


def test_the_commands_code_comes_back_and_all_is_durable(site):
    machine = site.machine()
    code = f"import os; os.chdir({str(machine.home / 'work')!r})\n{WRITES}"
    done, receipt, _ = job(machine, machine.home / "work", code)
    assert done.returncode == 9, done.stderr
    assert receipt["outcome"] == "complete"
    assert len(site.keys("job")) == 2000

    other = site.machine()
    done, _, _ = job(other, other.home / "again", "raise SystemExit(0)")
    assert done.returncode == 0, done.stderr
    assert tree(other.home / "again") == tree(machine.home / "work")


def test_a_store_that_died_is_told_in_time_and_the_next_start_uploads(site):
    """Killed, then hung without an answer: each time the rest is named, kept, and goes up later."""
    with servers.seaweedfs() as mortal:
        machine = site.machine(endpoint=mortal.url)
        machine.env |= mortal.environment
        mortal.make_bucket(site.bucket)
        work = machine.home / "work"
        assert job(machine, work, "raise SystemExit(0)")[0].returncode == 0

        mortal.pause()
        writes = (
            f"import pathlib\nfor n in range(20): pathlib.Path({str(work)!r}, f'hung-{{n}}').write_text('x')"
        )
        done, receipt, _ = job(machine, work, writes, deadline="4s")
        assert done.returncode in (3, 6), done.stderr
        assert len(receipt["left"]) == 20
        mortal.resume()

        done, receipt, _ = job(machine, work, "raise SystemExit(0)")
        assert (done.returncode, receipt["outcome"]) == (0, "complete"), done.stderr
        keys = mortal.client().list_objects_v2(Bucket=site.bucket, Prefix="contexts/job/files/")
        assert keys["KeyCount"] == 20

        mortal.kill()
        done, receipt, _ = job(machine, work, writes.replace("hung", "dead"), deadline="4s")
        assert done.returncode in (3, 6), done.stderr
        assert len(receipt["left"]) == 20
        assert len(list(work.iterdir())) == 40
