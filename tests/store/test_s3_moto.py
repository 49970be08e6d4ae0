from dataclasses import replace
from uuid import uuid4

import pytest
from tests.store.contract import StoreContract, everything

from holdall.errors import NoBucket
from holdall.store.retrying import Retrying
from holdall.store.s3 import S3Settings, S3Store


@pytest.fixture(scope="module")
def bucket(moto):
    return moto.make_bucket()


@pytest.fixture
def settings(moto, bucket):
    """A prefix of its own for every test."""
    return S3Settings(
        bucket, uuid4().hex[:8], moto.url, access_key=moto.access_key, secret_key=moto.secret_key
    )


@pytest.fixture
def store(settings):
    made = S3Store(settings)
    yield made
    made.close()


class TestMoto(StoreContract):
    ignored = frozenset({"copy absent", "copy etag", "copy pin", "complete etag", "part pin"})

    @pytest.fixture
    def store(self, store):
        """It answers 500 where a read meets a write."""
        return Retrying(store)


def test_no_bucket(settings):
    store = S3Store(replace(settings, bucket="nobody-made-this"))
    for act in everything(store):
        with pytest.raises(NoBucket, match="nobody-made-this"):
            act()
    store.close()
