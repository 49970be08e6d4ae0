"""A context's names on systems that do not hold them all."""

import unicodedata
from contextlib import contextmanager
from itertools import count

import pytest
from tests.local.contract import DiskContract
from tests.local.real import OnARealDisk
from tests.local.strict import Rules, case

from holdall.local.disk import RealDisk
from holdall.local.fitted import FittedDisk
from holdall.local.memory import MemoryDisk
from holdall.rules.local_names import WINDOWS, Target

MAC = Target(folds=True)
HFS = Target(folds=True, composed=True)


def decomposed(name):
    return unicodedata.normalize("NFD", name)


RULES = {
    "windows": (WINDOWS, Rules(WINDOWS, case)),
    "mac": (MAC, Rules(MAC, case)),
    "hfs": (HFS, Rules(HFS, case, decomposed)),
}


class OverMemory(DiskContract):
    @pytest.fixture
    def user(self, disk):
        return disk.below

    def lose_root(self, disk):
        disk.below.root = None

    @contextmanager
    def full(self, disk):
        disk.below.capacity = 1000
        yield

    @contextmanager
    def open_for_writing(self, disk, path):
        disk.below.busy.add(path)
        yield
        disk.below.busy.remove(path)


class TestFittedToWindows(OverMemory):
    @pytest.fixture
    def disk(self):
        return FittedDisk(MemoryDisk(count(1_000_000_000).__next__), WINDOWS)


class TestFittedToMac(OverMemory):
    @pytest.fixture
    def disk(self):
        return FittedDisk(MemoryDisk(count(1_000_000_000).__next__), MAC)


class TestFittedOverARealDisk(OnARealDisk, DiskContract):
    @pytest.fixture
    def disk(self, root):
        return FittedDisk(RealDisk(root), WINDOWS)

    def real(self, disk):
        return disk.below
