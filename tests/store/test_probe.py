from dataclasses import fields, replace
from uuid import uuid4

import pytest

from holdall.errors import Denied, Refused, Unavailable
from holdall.store.base import Capabilities
from holdall.store.directory import DirectoryStore
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing
from holdall.store.probe import probe
from holdall.store.s3 import S3Settings, S3Store

NONE = Capabilities(
    put_when=False,
    delete_when=False,
    copy_when=False,
    copy_pinned=False,
    complete_when=False,
    part_copy=False,
)
CONDITIONS = [field.name for field in fields(Capabilities) if field.name != "versioned"]


def s3(server, bucket=None):
    bucket = bucket or server.make_bucket()
    settings = S3Settings(bucket, uuid4().hex, server.url, access_key="holdall", secret_key="holdall-secret")
    return S3Store(settings)


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("seaweedfs", Capabilities()),
        ("moto", replace(NONE, put_when=True, delete_when=True)),
        ("rclone", NONE),
    ],
)
def test_servers(server, expected, request):
    store = s3(request.getfixturevalue(server))
    assert probe(store, ".holdall-probe") == expected
    assert list(store.list("")) == []
    store.close()


@pytest.mark.parametrize("server", ["seaweedfs", "moto"])
def test_a_bucket_with_versions(server, request):
    running = request.getfixturevalue(server)
    bucket = running.make_bucket()
    running.client().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = s3(running, bucket)
    assert probe(store, "scratch").versioned
    store.close()


def test_a_directory(tmp_path):
    store = DirectoryStore(tmp_path)
    assert probe(store, ".probe") == Capabilities()
    assert list(store.list("")) == []


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_is_seen_for_itself(name):
    for seen in (replace(Capabilities(), **{name: False}), replace(NONE, **{name: True})):
        store = MemoryStore(capabilities=seen)
        assert probe(store, "scratch") == seen
        assert list(store.list("")) == []


def test_checking_and_then_acting_is_no_condition():
    class Hasty(Passing):
        """As a gateway that looks, and writes afterwards."""

        def put(self, key, data, *, meta=None, when=None):
            if when is not None:
                found = self.inner.head(key)
                import time

                time.sleep(0.01)
                if (found.etag if found else "") != when:
                    return self.inner.put(key, data, when=when)
            return self.inner.put(key, data)

    assert not probe(Hasty(MemoryStore()), "scratch").put_when


@pytest.mark.parametrize("refusal", [Denied("501"), Refused("400")])
def test_a_header_that_is_refused_is_not_honoured(refusal):
    class Strict(Passing):
        def delete(self, key, *, when=None):
            if when is not None:
                raise refusal
            self.inner.delete(key)

    store = Strict(MemoryStore())
    assert probe(store, "scratch") == replace(Capabilities(), delete_when=False)


def test_a_server_that_goes_away_tells_nothing():
    class Away(Passing):
        def copy(self, *_, **__):
            raise Unavailable("later")

    store = Away(MemoryStore())
    with pytest.raises(Unavailable):
        probe(store, "scratch")
    assert list(store.list("")) == []
