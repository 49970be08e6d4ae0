from dataclasses import replace

import pytest

from holdall.store.base import Capabilities
from holdall.store.memory import MemoryStore
from tests.store.contract import StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore(capabilities=self.capabilities)


class TestMemoryThatHonoursNothing(TestMemory):
    capabilities = Capabilities(
        put_when=False,
        delete_when=False,
        copy_when=False,
        copy_pinned=False,
        complete_when=False,
        part_copy=False,
    )


@pytest.mark.parametrize("name", ["put_when", "delete_when", "copy_when", "copy_pinned", "complete_when", "part_copy"])
class TestMemoryThatHonoursAllButOne(StoreContract):
    @pytest.fixture
    def store(self, name):
        self.capabilities = replace(Capabilities(), **{name: False})
        return MemoryStore(capabilities=self.capabilities)


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
