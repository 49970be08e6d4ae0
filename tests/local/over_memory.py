"""The contract of a disk, for one that stands over a disk in memory."""

from contextlib import contextmanager

import pytest
from tests.local.contract import DiskContract


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
