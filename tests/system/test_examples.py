"""Every example runs, and the table names every one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(one.name for one in EXAMPLES.iterdir() if one.suffix in {".py", ".sh"})
SAYS = {
    "agent-session.py": "out/answer.txt  13 bytes\none two three\n",
    "job-in-a-sandbox.sh": "done on machine first\ndone on machine second\n",
    "laptop-to-desktop.sh": "both are the same",
    "server-with-a-restore.sh": "unknown key 'mounts[0].ignroe'",
}


@pytest.mark.parametrize("name", FILES)
def test_it_runs(name, tmp_path):
    command = [sys.executable] if name.endswith(".py") else ["bash"]
    kept = {one: os.environ[one] for one in ("HOME", "LANG", "PYTHONPATH") if one in os.environ}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, EXAMPLES / name],
        env={**kept, "PATH": path, "TMPDIR": "/tmp"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert SAYS[name] in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_table_names_every_one():
    assert sorted(re.findall(r"^\| `([^`]+)`", (EXAMPLES / "README.md").read_text(), re.MULTILINE)) == FILES
    assert sorted(SAYS) == FILES
