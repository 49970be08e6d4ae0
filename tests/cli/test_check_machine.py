"""What `holdall doctor` says of this machine."""

import json
import subprocess
import sys

DOCTOR = """
import sys
from pathlib import Path
from holdall.cli.main import main
Path("/proc/sys/user/max_inotify_instances").write_text("0")
sys.exit(main(["doctor", "--json"]))
"""


def test_watchers_that_are_all_taken(machine):
    """In a user namespace of its own, which has its own limits."""
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", DOCTOR],
        env=machine.env, cwd=machine.directory("notes"), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    found = checks["inotify max_user_instances"]
    assert found["state"] == "warn"
    assert found["detail"].endswith(" of this user are taken: what is mounted now is polled")
    assert found["fix"].startswith("sysctl fs.inotify.max_user_instances=")


def test_watchers_that_there_are(machine):
    checks = machine.holdall("doctor", "--json", cwd=machine.directory("notes"))["checks"]
    (found,) = [one for one in checks if one["name"] == "inotify max_user_instances"]
    assert "taken" not in found["detail"]
