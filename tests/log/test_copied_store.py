"""A copy of a store is the store: whoever made it gives the objects other ETags, and may leave their labels behind."""

import os
import shutil

import pytest
from blake3 import blake3
from tests.log.books import Books

from holdall.errors import Missing, NotThere
from holdall.log import reading
from holdall.log.commits import CommitLog
from holdall.log.findings import Found
from holdall.log.history import History
from holdall.log.layout import file_key, trash_key
from holdall.log.objects import Body, Mended, Objects
from holdall.log.verify import verify
from holdall.store.directory import DirectoryStore

LONG = b"a file of several blocks"


def send_again(store, key, data=None, *, labels=True):
    """In two parts: the same bytes (or others) under another ETag."""
    meta = store.head(key).meta if labels else None
    data = store.get(key) if data is None else data
    store.upload(key, [lambda: data[:1], lambda: data[1:]], meta=meta)


@pytest.fixture(params=[True, False], ids=["with labels", "without labels"])
def labels(request):
    return request.param


@pytest.fixture
def books():
    books = Books()
    books.commit(p=b"first", q=LONG)
    books.commit(p=b"later")
    return books


@pytest.fixture
def copied(books, labels, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK_BYTES", 8)
    for path, entry in books.head.items():
        send_again(books.store, file_key(path), labels=labels)
        assert books.store.head(file_key(path)).etag != entry.where.etag
    return books


def read(store, path, entry):
    return b"".join(reading.pieces(store, path, entry))


def large(books, path):
    found = bytearray(books.head[path].size)

    def write(offset, data):
        found[offset : offset + len(data)] = data

    books.objects.fetch_to(path, books.head[path], write)
    return bytes(found)


class TestTheBytes:
    def test_are_fetched(self, copied):
        assert copied.objects.fetch("p", copied.head["p"]) == b"later"
        assert large(copied, "q") == LONG

    def test_are_read_piece_by_piece(self, copied):
        assert read(copied.store, "p", copied.head["p"]) == b"later"
        assert read(copied.store, "q", copied.head["q"]) == LONG

    def test_are_there(self, copied):
        assert all(reading.is_there(copied.store, entry) for entry in copied.head.values())

    def test_are_intact(self, copied):
        assert verify(copied.log).findings == ()
        assert verify(copied.log, data=True).findings == ()


class TestOtherBytesOfTheSameSize:
    @pytest.fixture(autouse=True)
    def overwritten(self, books):
        send_again(books.store, file_key("p"), b"LATER", labels=False)

    def test_are_not_taken_for_them(self, books):
        entry = books.head["p"]
        assert not reading.is_there(books.store, entry)
        with pytest.raises(NotThere):
            books.objects.fetch("p", entry)
        with pytest.raises(Missing):
            read(books.store, "p", entry)

    @pytest.mark.parametrize("data", [False, True])
    def test_are_damage(self, books, data):
        damage = [one for one in verify(books.log, data=data).findings if one.found.is_damage]
        assert [(one.found, one.path) for one in damage] == [(Found.MISSING, "p")]

    def test_yield_to_the_trash(self, books):
        entry = books.head["p"]
        books.store.put(trash_key(entry.uid, "p"), b"later")
        assert books.objects.fetch("p", entry) == b"later"
        assert Found.RETAINED in {one.found for one in verify(books.log).findings}


def test_another_upload_is_not_read_at_all(books):
    other = Body(5, blake3(b"LATER").hexdigest(), 0o644, 1, b"LATER")
    books.objects.place("p", other, "other", books.head["p"], lambda _: False)
    books.store.delete(trash_key(books.head["p"].uid, "p"))
    books.store.get = None
    assert not reading.is_there(books.store, books.head["p"])


class TestALabelOnOtherBytes:
    """A tool that edits an object and keeps its metadata."""

    @pytest.fixture(autouse=True)
    def edited(self, books):
        send_again(books.store, file_key("p"), b"edited by hand")

    def test_is_not_the_version(self, books):
        assert not reading.is_there(books.store, books.head["p"])
        assert [one.path for one in verify(books.log).findings if one.found.is_damage] == ["p"]

    def test_is_left_to_the_listing(self, books):
        assert books.objects.mend("p", books.head["p"], lambda _: False) is Mended.FOREIGN


def test_its_own_upload_is_fine_whatever_its_etag(books):
    send_again(books.store, file_key("p"))
    assert books.objects.mend("p", books.head["p"], lambda _: False) is Mended.FINE


class TestADirectory:
    """`cp -a` keeps the times, tar their seconds, `cp -r` nothing; the inodes are new each time."""

    @pytest.fixture
    def original(self, tmp_path):
        books = Books()
        books.store = DirectoryStore(tmp_path / "store")
        books.log, books.objects = CommitLog(books.store), Objects(books.store)
        books.history = History(books.log)
        books.commit(p=b"first", d__q=LONG)
        books.commit(p=b"later")
        return books

    @pytest.mark.parametrize(
        "time_of", [lambda ns: ns, lambda ns: ns // 10**9 * 10**9, lambda _: 1], ids=["cp -a", "tar", "cp -r"]
    )
    def test_copied_is_the_same_store(self, original, tmp_path, time_of):
        shutil.copytree(tmp_path / "store", tmp_path / "copy")
        for path in filter(os.path.isfile, (tmp_path / "copy").rglob("*")):
            os.utime(path, ns=(0, time_of(path.stat().st_mtime_ns)))
        log = CommitLog(DirectoryStore(tmp_path / "copy"))
        assert original.read(2, log) == {"p": b"later", "d/q": LONG}
        assert verify(log).findings == verify(log, data=True).findings == ()
        assert {path: read(log.store, path, entry) for path, entry in History(log).tree(1)} == {
            "p": b"first",
            "d/q": LONG,
        }
