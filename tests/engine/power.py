"""A machine whose power can go."""

from contextlib import contextmanager

import pytest

from holdall.errors import Unreadable
from holdall.local.memory import MemoryDisk


class PowerCut(BaseException):
    """Nothing is handled any more, and nothing tidied up."""


class Disk(MemoryDisk):
    """What no sync has reached goes with the power: bytes, or with `lose_names` the names as well.

    unreadable   staged names that cannot be opened
    """

    def __init__(self, clock, on_event):
        super().__init__(clock, on_event)
        self.unreadable = set()
        self._off = False
        self._before = self._after = None
        self.sync()

    def identity(self):
        if self._off:
            raise PowerCut
        return super().identity()

    def sync(self):
        super().sync()
        self._names = dict(self.tree.nodes)
        self._bytes = {node: node.data for node in self._names.values()}

    def lose_bytes(self):
        """As a journal does it that has the names already."""
        for node in self.tree.nodes.values():
            node.data = self._bytes.get(node, b"")

    def lose_names(self):
        self.tree.nodes = dict(self._names)

    @property
    def staged(self):
        return [path for path in self.tree.nodes if ".~holdall-" in path]

    @contextmanager
    def power_cut(self, *, before=None, after=None):
        """At the next step of that name, and then it is back."""
        self._before, self._after = before, after
        with pytest.raises(PowerCut):
            yield
        self._before = self._after = None
        self._off = False

    def publish(self, staged, path, expected):
        self._off = self._before == "publish"
        done = super().publish(staged, path, expected)
        self._off = self._after == "publish"
        return done

    def drop(self, staged):
        super().drop(staged)
        self._off = self._after == "drop"

    def staged_digest(self, staged):
        if staged in self.unreadable:
            raise Unreadable("permission denied", path=staged)
        return super().staged_digest(staged)


def with_power(machine):
    """The machine, its disk one that can lose its power."""
    machine.disk = Disk(lambda: int(machine.world.now * 1e9), machine.touched)
    machine.boot()
    return machine
