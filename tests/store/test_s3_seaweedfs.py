from uuid import uuid4

import pytest

from holdall.store.s3 import S3Settings, S3Store
from tests.store.contract import StoreContract


@pytest.fixture(scope="module")
def bucket(seaweedfs):
    return seaweedfs.make_bucket()


@pytest.fixture
def settings(seaweedfs, bucket):
    """A prefix of its own for every test."""
    return S3Settings(
        bucket, uuid4().hex[:8], seaweedfs.url, access_key=seaweedfs.access_key, secret_key=seaweedfs.secret_key
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
