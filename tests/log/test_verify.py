"""What a verification finds, and what it leaves alone."""

import pytest
from blake3 import blake3
from tests.log.books import Books, a_fortnight

from holdall.log.codec import Pruned, encode_pruned
from holdall.log.commits import CommitLog
from holdall.log.findings import Found
from holdall.log.layout import checkpoint_key, file_key, log_key, trash_key
from holdall.log.objects import Body
from holdall.log.pruning import prune
from holdall.log.verify import verify


@pytest.fixture
def books():
    return a_fortnight()


def found(report):
    return {(one.found, one.path) for one in report.findings}


@pytest.mark.parametrize("data", [False, True])
def test_a_sound_context(books, data):
    report = verify(books.log, data=data)
    assert report.findings == ()
    assert report.intact
    assert report.commit == books.seq
    assert report.files == len(books.trees[-1])
    assert report.bytes == sum(map(len, books.trees[-1].values()))
    assert report.read_bytes == (report.bytes if data else 0)


def test_nothing_at_all():
    assert verify(Books().log, data=True).intact


def test_a_pruned_context_is_sound(books):
    prune(books.log, books.now_s)
    assert verify(books.log, data=True).findings == ()


def test_bytes_that_are_nowhere(books):
    books.lose("a")
    report = verify(books.log)
    assert found(report) == {(Found.MISSING, "a")}
    assert not report.intact


def test_bytes_that_only_the_trash_has(books):
    entry = books.head["a"]
    books.objects.retain("a", entry.uid, entry.where.etag)
    books.store.delete(file_key("a"))
    report = verify(books.log, data=True)
    assert found(report) == {(Found.RETAINED, "a")}
    assert report.intact


def test_a_copy_in_the_trash_that_is_cut_off_is_none(books):
    entry = books.head["a"]
    books.store.put(trash_key(entry.uid, "a"), b"")
    books.store.delete(file_key("a"))
    assert found(verify(books.log)) == {(Found.MISSING, "a")}


def test_an_object_that_another_tool_overwrote(books):
    books.store.put(file_key("a"), b"theirs")
    assert found(verify(books.log)) == {(Found.MISSING, "a"), (Found.FOREIGN, "a")}


def test_an_object_that_another_tool_put(books):
    books.store.put(file_key("theirs"), b"12345")
    (one,) = verify(books.log).findings
    assert (one.found, one.path) == (Found.FOREIGN, "theirs")
    assert "5 bytes" in one.detail


def test_a_key_that_no_path_has(books):
    books.store.put(file_key("a%2Fb"), b"")
    assert found(verify(books.log)) == {(Found.FOREIGN, "files/a%2Fb")}


def test_a_leftover_of_a_deletion(books):
    entry = books.head["a"]
    data = books.store.get(file_key("a"))
    meta = books.store.head(file_key("a")).meta
    books.commit(a=None)
    books.store.put(file_key("a"), data, meta=meta)
    assert books.store.head(file_key("a")).etag == entry.where.etag
    assert found(verify(books.log)) == {(Found.LEFTOVER, "a")}


def test_an_upload_that_no_commit_names(books):
    body = Body(3, blake3(b"new").hexdigest(), 0o644, 0, b"new")
    books.objects.place("upcoming", body, "someone", None, lambda _: False)
    assert found(verify(books.log)) == {(Found.UNFINISHED, "upcoming")}


def test_rotten_bytes_are_found_by_reading_them(books):
    entry = books.head["a"]
    rotten = b"x" * entry.size
    stored = books.store._objects[file_key("a")]
    books.store._objects[file_key("a")] = stored._replace(data=rotten)
    assert verify(books.log).intact
    report = verify(books.log, data=True)
    assert found(report) == {(Found.DAMAGED, "a")}


def test_a_commit_that_is_missing(books):
    books.store.delete(log_key(2))
    report = verify(books.log)
    assert (Found.LOG, log_key(2)) in found(report)


def test_a_commit_that_cannot_be_read(books):
    books.store.put(log_key(books.seq), b"junk")
    report = verify(books.log)
    assert found(report) == {(Found.LOG, log_key(books.seq))}
    assert not report.intact


def test_a_checkpoint_that_cannot_be_read(books):
    seq = books.history.checkpoints()[0]
    books.store.put(checkpoint_key(seq), b"junk")
    assert found(verify(books.log)) == {(Found.LOG, checkpoint_key(seq))}


def test_a_marker_above_what_is_kept(books):
    books.store.put(log_key(3), encode_pruned(Pruned(3, 9)))
    assert (Found.LOG, log_key(3)) in found(verify(books.log))


def test_what_a_commit_speaks_of_meanwhile_is_not_reported(books):
    """A file is overwritten between the listing and the look at what was listed."""

    class Busy:
        def __getattr__(self, name):
            return getattr(books.store, name)

        def list(self, prefix):
            listed = list(books.store.list(prefix))
            if prefix == "files/":
                books.commit(a=b"while it looks", fresh=b"new")
            return iter(listed)

    assert verify(CommitLog(Busy())).findings == ()


def test_progress_is_told(books):
    told = []
    verify(books.log, data=True, seen=lambda files, size: told.append((files, size)))
    assert told[-1] == (len(books.trees[-1]), sum(map(len, books.trees[-1].values())))
