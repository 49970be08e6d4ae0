"""A server over plain files that ignores every condition: what we still get from it, and what it really does."""

from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.store.contract import KEYS, StoreContract

from holdall.errors import Refused
from holdall.store.base import CopyRange
from holdall.store.s3 import S3Settings, S3Store, store as s3_store


@pytest.fixture(scope="module")
def bucket(rclone):
    return rclone.make_bucket()


@pytest.fixture
def settings(rclone, bucket):
    """A prefix of its own for every test."""
    return S3Settings(
        bucket, uuid4().hex[:8], rclone.url, access_key=rclone.access_key, secret_key=rclone.secret_key
    )


@pytest.fixture
def store(settings):
    made = S3Store(settings)
    yield made
    made.close()


class TestRclone(StoreContract):
    ignored = frozenset(
        {"put absent", "put etag", "delete etag", "copy absent", "copy etag", "copy pin", "complete absent", "complete etag"}
    )  # fmt: skip

    @pytest.fixture
    def store(self, store):
        return store

    def test_upload_of_parts(self, store):
        """The ETag it answers to a completion is not the one it shows afterwards."""
        written = store.upload("k", [lambda: b"a" * self.part, lambda: b"tail"], meta={"uid": "7"})
        found = store.head("k")
        assert found.etag != written.etag
        assert store.get("k", when=found.etag) == b"a" * self.part + b"tail"

    def test_upload_with_copied_parts(self, store):
        etag = store.put("old", b"a" * self.part).etag
        with pytest.raises(Refused, match="does not copy parts"):
            store.upload("k", [CopyRange("old", etag, 0, self.part), lambda: b"tail"])
        assert store.head("k") is None

    test_a_copied_part_is_of_the_version_asked_for = test_upload_with_copied_parts
    test_a_copied_part_of_what_is_not_there = test_upload_with_copied_parts

    def test_copy_keeps_metadata_or_replaces_it(self, store):
        """It adds an mtime, and replaces a name's value but not the set of names."""
        etag = store.put("a", b"one", meta={"uid": "1", "path": "é"}).etag
        store.copy("a", "kept", etag=etag)
        store.copy("a", "changed", meta={"uid": "2"})
        assert store.get("kept") == b"one"
        assert store.head("kept").meta.items() > {"uid": "1", "path": "é"}.items()
        assert store.head("changed").meta.items() > {"uid": "2", "path": "é"}.items()

    def test_copy_of_a_large_object(self, store):
        store.upload("a", [lambda: b"a" * self.part, lambda: b"tail"], meta={"uid": "1"})
        store.copy("a", "b", etag=store.head("a").etag)
        assert store.get("b") == b"a" * self.part + b"tail"

    @pytest.mark.parametrize("key", [key for key in KEYS if len(quote(key)) < 1000])
    def test_awkward_keys(self, store, key):
        """It counts the copy's source among the metadata, of which it takes 2,000 bytes."""
        super().test_awkward_keys(store, key)

    # Nobody wins where everybody does.
    test_of_eight_that_create_one_wins = None
    test_of_eight_that_replace_one_wins = None
    test_of_eight_that_delete_or_replace_one_wins = None

    # It writes into the file that it reads from: nothing to hold it to.
    test_readers_see_the_old_object_or_the_new_one = None
    test_many_threads = None


@pytest.mark.parametrize(("most", "copied"), [(5 * 1024**3, True), (6_000_000, False)])
def test_a_copy_that_cannot_go_in_parts_goes_in_one_request(store, monkeypatch, most, copied):
    monkeypatch.setattr(s3_store, "_COPY_PART_BYTES", 5 * 1024**2)
    monkeypatch.setattr(s3_store, "_COPY_BYTES_MAX", most)
    data = bytes(range(256)) * 25_000
    store.put("k", data, meta={"uid": "1"})
    if copied:
        store.copy("k", "to")
        assert (store.get("to"), store.head("to").meta["uid"]) == (data, "1")
    else:
        with pytest.raises(Refused, match="does not copy parts"):
            store.copy("k", "to")
        assert store.head("to") is None
