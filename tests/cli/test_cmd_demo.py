"""The tour and the example, as users run them: real processes, real signals."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture
def home():
    """A short one: a socket lies below it, whose path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="h", dir="/tmp") as made:
        yield Path(made)


@pytest.fixture
def environ(home):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HOLDALL_", "XDG_", "STATE_D"))
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return kept | {"HOME": str(home), "TMPDIR": str(home), "PATH": path}


def test_the_tour_brings_back_what_was_saved(environ, home):
    done = subprocess.run(
        [sys.executable, "-m", "holdall.cli.main", "demo"],
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for step in ("$ holdall up project", "$ kill -9 ", "$ holdall restore", "everything is there"):
        assert step in done.stdout
    assert list(home.iterdir()) == []  # nothing is left, and nothing was written to the home


def test_the_tour_as_a_document(environ):
    done = subprocess.run(
        [sys.executable, "-m", "holdall.cli.main", "demo", "--json", "--keep"],
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = json.loads(done.stdout)
    assert found["ok"]
    assert [one["exit_code"] for one in found["steps"]] == [0] * len(found["steps"])
    assert (Path(found["directory"]) / "elsewhere" / "notes.md").exists()


@pytest.mark.parametrize("name", [one.name for one in EXAMPLES.glob("laptop-to-desktop.sh")])
def test_an_example_runs(environ, home, name):
    done = subprocess.run(
        [EXAMPLES / name], env=environ, cwd=home, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "== both are the same" in done.stdout
    assert list(home.iterdir()) == []
