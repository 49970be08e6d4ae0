"""A part of a store is a store of its own."""

import pytest
from tests.store.contract import StoreContract

from holdall.errors import NotThere
from holdall.store.base import CopyRange
from holdall.store.memory import MemoryStore
from holdall.store.scoped import Scoped


@pytest.fixture
def whole():
    return MemoryStore()


@pytest.fixture
def part(whole):
    return Scoped(whole, "ctx/")


class TestScoped(StoreContract):
    @pytest.fixture
    def store(self, part):
        return part


def test_it_reaches_nothing_beside_it(whole, part):
    etag = whole.put("other/k", b"of another context").etag
    assert part.head("other/k") is None
    assert list(part.list("")) == []
    with pytest.raises(NotThere):
        part.copy("other/k", "k", etag=etag)
    with pytest.raises(NotThere):
        part.upload("k", [CopyRange("other/k", etag, 0, 2), lambda: b"x"])
    part.delete("other/k")
    assert whole.get("other/k") == b"of another context"


def test_its_names_are_below_the_prefix(whole, part):
    part.put("k", b"1")
    assert [one.key for one in whole.list("")] == ["ctx/k"]
    assert [one.key for one in part.list("")] == ["k"]
