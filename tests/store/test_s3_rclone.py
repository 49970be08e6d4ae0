from uuid import uuid4

import pytest

from holdall.store.s3 import S3Settings, S3Store
from tests.store.contract import StoreContract


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
    ignored = frozenset({"put absent", "put etag", "delete etag", "copy absent", "copy etag", "copy pin", "complete absent", "complete etag", "part pin"})

    @pytest.fixture
    def store(self, store):
        return store
