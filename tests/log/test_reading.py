"""The bytes of a version, wherever they lie: under their own name while that holds them, else in the trash."""

import pytest
from tests.log.books import Books

from holdall.errors import BadFormat, Missing
from holdall.log.layout import file_key, trash_key
from holdall.log.reading import is_there, pieces


@pytest.fixture
def books():
    """p in two versions: the first is in the trash."""
    books = Books()
    books.commit(p=b"first")
    books.first = books.head["p"]
    books.commit(p=b"later")
    return books


def read(books, entry):
    return b"".join(pieces(books.store, "p", entry))


def test_the_newest_is_under_its_name(books):
    assert is_there(books.store, books.head["p"])
    assert read(books, books.head["p"]) == b"later"


def test_a_version_before_it_is_in_the_trash(books):
    assert is_there(books.store, books.first)
    assert read(books, books.first) == b"first"


def test_another_tools_overwrite_is_not_taken_for_it(books):
    books.store.put(file_key("p"), b"LATER")
    entry = books.head["p"]
    assert not is_there(books.store, entry)
    with pytest.raises(Missing):
        read(books, entry)
    books.store.put(trash_key(entry.uid, "p"), b"later")
    assert is_there(books.store, entry)
    assert read(books, entry) == b"later"


def test_what_is_nowhere(books):
    books.lose("p")
    assert not is_there(books.store, books.head["p"])
    with pytest.raises(Missing, match="not in the store any more"):
        read(books, books.head["p"])


@pytest.mark.parametrize("other", [b"LATER", b"late", b""])
def test_other_bytes_than_the_log_says_are_told_after_the_last(books, other):
    entry = books.head["p"]
    books.store.delete(file_key("p"))
    books.store.put(trash_key(entry.uid, "p"), other)
    with pytest.raises(BadFormat, match="other bytes than the log says"):
        read(books, entry)
