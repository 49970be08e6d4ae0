"""A real directory, its disk, and a user at work in it."""

import shutil
import tempfile
from pathlib import Path

import pytest
from tests.local.hands import Hands
from tests.local.heard import Heard

from holdall.local.disk import RealDisk
from holdall.local.watch import Watch


@pytest.fixture
def root():
    """Not pytest's own: somebody else must be able to pass through."""
    path = Path(tempfile.mkdtemp(prefix="holdall-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def disk(root):
    return RealDisk(root)


@pytest.fixture
def user(root):
    return Hands(root)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def start(tmp_path, heard):
    started = []

    def start(skip=None, **how):
        watching = Watch(tmp_path, skip, heard.touch, heard.lose, **how)
        watching.start()
        started.append(watching)
        return watching

    yield start
    for watching in started:
        watching.stop()
