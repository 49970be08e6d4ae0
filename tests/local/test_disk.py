import os
import resource
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from holdall.errors import DiskFull, Moved, RootLost, Unreadable
from holdall.local import descent, rename, swap
from holdall.local.disk import RealDisk
from holdall.model import Seen, SeenAs

from tests.local.contract import ABSENT, DiskContract, names, seen, staged
from tests.local.hands import NOBODY, Hands, as_nobody


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


class TestRealDisk(DiskContract):
    def as_user(self, call):
        return as_nobody(call)

    def lose_root(self, disk):
        disk.identity()
        root = Path(disk._root.path)
        root.rename(root.with_name(f"{root.name}-away"))
        shutil.rmtree(root.with_name(f"{root.name}-away"))

    @contextmanager
    def full(self, disk):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 15, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def open_for_writing(self, disk, path):
        return Hands(Path(disk._root.path)).open_for_writing(path)


class TestWithoutTheKernelsHelp(TestRealDisk):
    """A system or file system without openat2, renameat2's flags and leases."""

    @pytest.fixture(autouse=True)
    def plain(self, monkeypatch):
        monkeypatch.setattr(descent, "_open", descent._step_by_step)
        monkeypatch.setattr(rename, "_CALL", None)
