import pytest

from holdall.errors import ConfigError, NoBucket
from holdall.store.open import open_store


def test_a_directory(tmp_path):
    store = open_store(f"file://{tmp_path}/a%20store")
    store.put("k", b"x")
    assert (tmp_path / "a store/k").read_bytes() == b"x"
    assert store.url == f"file://{tmp_path}/a store"
    store.close()


def test_a_bucket(moto, monkeypatch):
    for name, value in moto.environment.items():
        monkeypatch.setenv(name, value)
    bucket = moto.make_bucket()
    store = open_store(f"s3://{bucket}/some/pre fix#?/", endpoint_url=moto.url)
    store.put("k", b"x")
    assert [o.key for o in store.list("")] == ["k"]
    assert moto.client().get_object(Bucket=bucket, Key="some/pre fix#?/k")["Body"].read() == b"x"
    assert store.url == f"{moto.url}/{bucket}/some/pre fix#?"
    store.close()


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        ({}, "https://s3.us-east-1.amazonaws.com/b"),
        ({"region": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com/b"),
        ({"region": "cn-north-1"}, "https://s3.cn-north-1.amazonaws.com.cn/b"),
        ({"endpoint_url": "http://[::1]:9000/s3/"}, "http://[::1]:9000/s3/b"),
    ],
)
def test_where_a_bucket_is(asked, url, monkeypatch):
    for name in ("ENDPOINT_URL", "ENDPOINT_URL_S3", "REGION", "DEFAULT_REGION"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    store = open_store("s3://b", **asked)
    assert store.url == url
    store.close()


@pytest.mark.parametrize(
    "url", ["", "/a/dir", "gs://bucket", "http://host/bucket", "s3:bucket", "memory://x"]
)
def test_what_is_no_store(url):
    with pytest.raises(ConfigError) as caught:
        open_store(url)
    assert caught.value.hint == "a store is s3://BUCKET/PREFIX or file:///DIR"


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "file://dir", "file://"])
def test_what_names_nothing(url):
    with pytest.raises(ConfigError):
        open_store(url)


@pytest.mark.parametrize("endpoint", ["localhost:9000", "ftp://x", "http://"])
def test_what_is_no_endpoint(endpoint):
    with pytest.raises(ConfigError, match="not an http or https URL"):
        open_store("s3://b", endpoint_url=endpoint)


def test_no_parent(tmp_path):
    with pytest.raises(NoBucket):
        open_store(f"file://{tmp_path}/missing/store")
