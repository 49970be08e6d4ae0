import time
from dataclasses import replace
from uuid import uuid4

import pytest
from tests.store.contract import MIB, StoreContract, everything

from holdall.errors import Denied, NoBucket, Unavailable
from holdall.store.base import CopyRange
from holdall.store.s3 import S3Settings, S3Store, store as s3_store
from holdall.store.silence import Silence


@pytest.fixture(scope="module")
def bucket(seaweedfs):
    return seaweedfs.make_bucket()


@pytest.fixture
def settings(seaweedfs, bucket):
    """A prefix of its own for every test."""
    return S3Settings(
        bucket,
        uuid4().hex[:8],
        seaweedfs.url,
        access_key=seaweedfs.access_key,
        secret_key=seaweedfs.secret_key,
    )


@pytest.fixture
def store(settings):
    made = S3Store(settings)
    yield made
    made.close()


class TestSeaweedFS(StoreContract):
    @pytest.fixture
    def store(self, store):
        return store


@pytest.fixture
def open_with(settings):
    """A store with other settings."""
    made = []

    def open_with(**changes):
        made.append(S3Store(replace(settings, **changes)))
        return made[-1]

    yield open_with
    for each in made:
        each.close()


def test_a_key_of_1024_bytes(open_with):
    store = open_with(prefix="")
    key = "/".join(["k" * 127] * 8) + "k"
    store.put(key, b"x")
    assert store.head(key).key == key
    store.delete(key)


def test_keys_that_only_foreign_tools_make_do_not_break_a_listing(store, settings, seaweedfs, bucket):
    store.put("mine", b"")
    for key in ("a//b", "back\\slash", "bell\x07", "plus+ and %2B"):
        seaweedfs.client().put_object(Bucket=bucket, Key=f"{settings.prefix}/{key}", Body=b"")
    assert {"mine", "bell\x07", "plus+ and %2B"} <= {o.key for o in store.list("")}


def test_other_tools_read_what_we_write(store, settings, seaweedfs, bucket):
    store.put("a b/ü.txt", b"hello", meta={"uid": "1"})
    found = seaweedfs.client().get_object(Bucket=bucket, Key=f"{settings.prefix}/a b/ü.txt")
    assert found["Body"].read() == b"hello"
    assert found["Metadata"] == {"uid": "1"}


def test_a_bucket_that_is_not_there(open_with):
    """This server would make it at the first write: a mistyped name must not pass for a new bucket."""
    store = open_with(bucket="nobody-made-this")
    acts = (
        lambda: store.put("k", b"x"),
        lambda: store.get("k"),
        lambda: store.head("k"),
        lambda: list(store.list("")),
    )
    for act in acts:
        with pytest.raises(NoBucket, match="nobody-made-this"):
            act()


@pytest.mark.parametrize("wrong", [{"access_key": "nobody"}, {"secret_key": "wrong-secret"}])
def test_wrong_keys(open_with, wrong):
    for act in everything(open_with(**wrong)):
        with pytest.raises(Denied) as caught:
            act()
        assert caught.value.hint
        assert "wrong-secret" not in f"{caught.value!r} {caught.value.hint}"


def test_no_server(open_with, monkeypatch):
    monkeypatch.setattr("holdall.store.s3.client._PAUSES_S", (0.0,))
    for act in everything(open_with(endpoint_url="http://127.0.0.1:1")):
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/"):
            act()


def test_a_server_that_does_not_answer(settings, seaweedfs):
    store = S3Store(settings, Silence(limit_s=0.2))
    seaweedfs.pause()
    try:
        with pytest.raises(Unavailable, match="no answer in time"):
            store.put("k", b"x")
    finally:
        seaweedfs.resume()
        store.close()


def test_a_clock_that_is_wrong_is_put_right(store, monkeypatch):
    now = time.time
    monkeypatch.setattr("holdall.store.s3.client.time.time", lambda: now() - 7200)
    store.put("k", b"x")
    assert abs(store.now() - now()) < 5


def test_nothing_of_a_failed_upload_stays_in_the_bucket(store, settings, seaweedfs, bucket):
    with pytest.raises(ZeroDivisionError):
        store.upload("k", [lambda: b"x" * 5 * MIB, lambda: b"%d" % (1 // 0)])
    with pytest.raises(Exception, match="missing"):
        store.upload("k", [CopyRange("missing", "0" * 32, 0, 10)])
    found = seaweedfs.client().list_multipart_uploads(Bucket=bucket, Prefix=settings.prefix)
    assert "Uploads" not in found


def test_a_copy_too_large_for_one_request(store, monkeypatch):
    monkeypatch.setattr(s3_store, "_COPY_PART_BYTES", 5 * 1024 * 1024)
    data = bytes(range(256)) * 45_000
    parts = [lambda: data[:6_000_000], lambda: data[6_000_000:]]
    etag = store.upload("k", parts, meta={"uid": "1"}).etag
    written = store.copy("k", "to", etag=etag)
    assert written.etag.endswith("-3")
    assert store.get("to") == data
    assert store.head("to").meta == {"uid": "1"}
