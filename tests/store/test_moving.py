"""How far transfers are, while they last."""

import pytest

from holdall.errors import Unavailable
from holdall.store.base import CopyRange
from holdall.store.memory import MemoryStore
from holdall.store.moving import Moving


@pytest.fixture
def store():
    return Moving(MemoryStore())


def test_an_upload_counts_until_it_is_over(store):
    seen = []

    def look():
        seen.append((store.up("files/"), store.up("trash/"), store.down("")))
        return b"123"

    store.upload("files/a", [look, look, look])
    assert seen == [(0, 0, 0), (3, 0, 0), (6, 0, 0)]
    assert store.up("") == 0
    store.upload("trash/a", [look, look])
    assert seen[-1] == (0, 3, 0)


def test_what_the_store_copies_is_sent_by_nobody(store):
    etag = store.put("files/a", b"12345").etag
    seen = []
    store.upload("files/b", [CopyRange("files/a", etag, 0, 5), lambda: seen.append(store.up("")) or b"6"])
    assert seen == [0]


def test_a_download_counts_until_it_is_over(store):
    store.put("files/a", b"12345")
    seen = []
    store.download("files/a", 5, lambda _, data: seen.append(store.down("files/")), when=None)
    assert seen == [0]
    assert store.down("") == 0


def test_one_that_fails_is_over(store):
    def fail():
        raise Unavailable("no answer")

    with pytest.raises(Unavailable):
        store.upload("files/a", [lambda: b"1", fail])
    assert store.up("") == 0
