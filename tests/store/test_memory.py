from dataclasses import replace

import pytest
from tests.store.contract import StoreContract

from holdall.store.base import Capabilities
from holdall.store.memory import MemoryStore

CONDITIONS = {
    "put_when": {"put absent", "put etag"},
    "delete_when": {"delete etag"},
    "copy_when": {"copy absent", "copy etag"},
    "copy_pinned": {"copy pin"},
    "complete_when": {"complete absent", "complete etag"},
    "part_copy": {"part pin"},
}


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()


class TestMemoryThatHonoursNothing(StoreContract):
    ignored = frozenset().union(*CONDITIONS.values())

    @pytest.fixture
    def store(self):
        return MemoryStore(capabilities=Capabilities(**dict.fromkeys(CONDITIONS, False)))


@pytest.mark.parametrize("name", CONDITIONS)
class TestMemoryThatHonoursAllButOne(StoreContract):
    @pytest.fixture
    def store(self, name):
        self.ignored = CONDITIONS[name]
        return MemoryStore(capabilities=replace(Capabilities(), **{name: False}))


def test_the_clock_is_the_simulators():
    at = 1000.0
    store = MemoryStore(clock=lambda: at)
    store.put("k", b"")
    at = 2000.0
    assert (store.now(), store.head("k").modified_at) == (2000.0, 1000.0)


def test_etags_are_those_of_s3():
    store = MemoryStore()
    assert store.put("k", b"hello").etag == "5d41402abc4b2a76b9719d911017c592"
    assert store.upload("k", [lambda: b"hello"]).etag.endswith("-1")
