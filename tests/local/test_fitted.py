"""A context's names on systems that do not hold them all."""

import unicodedata
from itertools import count

import pytest
from tests.local.contract import DiskContract
from tests.local.over_memory import OverMemory
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
