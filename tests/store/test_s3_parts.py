"""The pieces of the S3 edge, each without a server: signature, metadata, failures, credentials."""

import subprocess
import sys
import time

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given, strategies as st

from holdall.errors import (
    ConditionFailed,
    ConfigError,
    Denied,
    NoBucket,
    NotThere,
    Refused,
    StoreFull,
    Unavailable,
)
from holdall.store.s3 import metadata
from holdall.store.s3.client import http_date
from holdall.store.s3.credentials import access
from holdall.store.s3.failures import failure
from holdall.store.s3.signature import Credentials, escape_path, escape_query, presigned, sign
from holdall.store.s3.wire import Reply

AT = 1_700_000_000.0
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


class TestSignature:
    @given(
        method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        key=WORDS,
        query=st.dictionaries(
            st.from_regex(r"[a-z-]{1,12}", fullmatch=True), WORDS | st.just(""), max_size=3
        ),
        meta=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), WORDS, max_size=2),
        body=st.binary(max_size=20),
        token=st.none() | st.just("the/token=="),
    )
    def test_is_the_one_that_botocore_makes(self, method, key, query, meta, body, token):
        path, text = escape_path(f"/bucket/{key}"), escape_query(query)
        headers = {**metadata.to_headers(meta), "if-match": '"x"'}
        who = Credentials("AKIDEXAMPLE", "secret/key", token)
        ours = sign(
            method, "127.0.0.1:8333", path, text, headers, body, region="eu-west-1", credentials=who, at=AT
        )

        url = f"http://127.0.0.1:8333{path}" + (f"?{text}" if text else "")
        request = AWSRequest(method=method, url=url, data=body, headers=headers)
        request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(AT))
        request.context["payload_signing_enabled"] = True
        theirs = botocore.auth.S3SigV4Auth(BotocoreCredentials(*who), "s3", "eu-west-1")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        if token:
            request.headers["X-Amz-Security-Token"] = token
        request.headers["X-Amz-Content-SHA256"] = theirs.payload(request)
        canonical = theirs.canonical_request(request)
        expected = theirs.signature(theirs.string_to_sign(request, canonical), request)
        assert ours["authorization"].rpartition("Signature=")[2] == expected

    @given(method=st.sampled_from(["GET", "PUT"]), key=WORDS, token=st.none() | st.just("the/token=="))
    def test_of_a_url_is_the_one_that_botocore_makes(self, method, key, token):
        path = escape_path(f"/bucket/{key}")
        who = Credentials("AKIDEXAMPLE", "secret/key", token)
        ours = presigned(
            method, "127.0.0.1:8333", path, region="eu-west-1", credentials=who, at=AT, lasts_s=900
        )

        theirs = botocore.auth.S3SigV4QueryAuth(BotocoreCredentials(*who), "s3", "eu-west-1", expires=900)
        request = AWSRequest(method=method, url=f"http://127.0.0.1:8333{path}?{ours.rpartition('&')[0]}")
        request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(AT))
        canonical = theirs.canonical_request(request)
        expected = theirs.signature(theirs.string_to_sign(request, canonical), request)
        assert ours.rpartition("X-Amz-Signature=")[2] == expected

    def test_a_secret_does_not_show(self):
        assert "hidden" not in repr(Credentials("AKID", "hidden-secret", "hidden-token"))


class TestMetadata:
    @given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True), st.text(), max_size=4))
    def test_any_text_comes_back(self, meta):
        headers = metadata.to_headers(meta)
        assert metadata.from_headers({**headers, "etag": "x"}) == meta
        for value in headers.values():
            assert value.isascii()
            assert value.isprintable()
            assert " " not in value

    @pytest.mark.parametrize("path", ["ü" * 512, "日" * 341, "🎒" * 256, "é%" * 300, "a" * 1024])
    def test_a_path_of_1024_bytes_leaves_room_for_uid_and_digest(self, path):
        headers = metadata.to_headers({"path": path, "uid": "0" * 32, "digest": "f" * 64})
        taken = sum(len(name.removeprefix("x-amz-meta-")) + len(value) for name, value in headers.items())
        assert taken <= 2048

    @pytest.mark.parametrize("value", ["plain", "%%not base64 at all", "100 %", "%%ü"])
    def test_a_foreign_value_is_taken_as_it_is(self, value):
        assert metadata.from_headers({"x-amz-meta-a": value}) == {"a": value}


def said(code, status=400, extra="", method="PUT", key="a/b", **headers):
    body = (
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>why</Message>{extra}</Error>"
        if code
        else ""
    )
    return failure(Reply(status, headers, body.encode()), method=method, url="http://s3/bucket", key=key)


class TestFailures:
    @pytest.mark.parametrize(
        ("status", "code", "kind", "hint"),
        [
            (412, "PreconditionFailed", ConditionFailed, None),
            (412, "", ConditionFailed, None),
            (409, "ConditionalRequestConflict", ConditionFailed, None),
            (409, "OperationAborted", ConditionFailed, None),
            (409, "ExistingObjectIsDirectory", ConditionFailed, None),
            (404, "NoSuchKey", NotThere, None),
            (404, "", NotThere, None),
            (404, "NoSuchBucket", NoBucket, "create it"),
            (404, "NoSuchUpload", Unavailable, None),
            (403, "AccessDenied", Denied, "s3:PutObject"),
            (403, "", Denied, "s3:PutObject"),
            (401, "", Denied, "s3:PutObject"),
            (403, "InvalidAccessKeyId", Denied, "access key"),
            (403, "SignatureDoesNotMatch", Denied, "secret key"),
            (403, "RequestTimeTooSkewed", Denied, "clock"),
            (400, "ExpiredToken", Denied, "sign in"),
            (400, "InvalidToken", Denied, "sign in"),
            (400, "InvalidBucketName", Denied, None),
            (400, "MissingSecurityHeader", Denied, None),
            (400, "AuthorizationQueryParametersError", Denied, None),
            (400, "KMS.DisabledException", Denied, None),
            (400, "MetadataTooLarge", Refused, "2 KB"),
            (400, "KeyTooLongError", Refused, "1,024"),
            (400, "KeyTooLong", Refused, "1,024"),
            (400, "XMinioInvalidObjectName", Refused, "rename"),
            (400, "EntityTooLarge", Refused, "size"),
            (403, "InvalidObjectState", Refused, "archived"),
            (400, "InvalidArgument", Refused, None),
            (400, "InvalidRequest", Refused, None),
            (400, "", Refused, None),
            (413, "", Refused, None),
            (414, "", Refused, None),
            (431, "", Refused, None),
            (405, "MethodNotAllowed", Denied, None),
            (501, "NotImplemented", Denied, "lacks"),
            (301, "PermanentRedirect", NoBucket, "region"),
            (307, "TemporaryRedirect", NoBucket, "region"),
            (400, "AuthorizationHeaderMalformed", NoBucket, "region"),
            (507, "InsufficientStorage", StoreFull, "free"),
            (507, "", StoreFull, "free"),
            (403, "QuotaExceeded", StoreFull, "free"),
            (507, "XMinioStorageFull", StoreFull, "free"),
            (503, "SlowDown", Unavailable, None),
            (500, "InternalError", Unavailable, None),
            (200, "InternalError", Unavailable, None),
            (502, "", Unavailable, None),
            (429, "TooManyRequests", Unavailable, None),
            (400, "RequestTimeout", Unavailable, None),
            (400, "XAmzContentSHA256Mismatch", Unavailable, None),
        ],
    )  # fmt: skip
    def test_each_answer_is_one_of_our_errors(self, status, code, kind, hint):
        error = said(code, status)
        assert type(error) is kind
        assert hint is None or hint in error.hint
        assert "http://s3/bucket" in error.message

    @pytest.mark.parametrize("code", ["InvalidArgument", "InvalidRequest", ""])
    def test_what_names_no_key_is_about_all_of_them(self, code):
        assert type(said(code, key=None)) is Denied

    @pytest.mark.parametrize(
        "code", ["KeyTooLongError", "KeyTooLong", "InvalidURI", "XMinioInvalidObjectName"]
    )
    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_under_a_name_that_the_server_refuses_there_is_nothing(self, code, method):
        assert type(said(code, method=method)) is NotThere

    def test_the_region_is_named(self):
        assert "eu-north-1" in said("PermanentRedirect", 301, **{"x-amz-bucket-region": "eu-north-1"}).hint
        malformed = said("AuthorizationHeaderMalformed", 400, extra="<Region>ap-south-2</Region>")
        assert "ap-south-2" in malformed.hint


class TestCredentials:
    @pytest.fixture(autouse=True)
    def nowhere(self, monkeypatch, tmp_path):
        for name in (
            "ACCESS_KEY_ID",
            "SECRET_ACCESS_KEY",
            "SESSION_TOKEN",
            "REGION",
            "DEFAULT_REGION",
            "PROFILE",
        ):
            monkeypatch.delenv(f"AWS_{name}", raising=False)
        for name in ("ENDPOINT_URL", "ENDPOINT_URL_S3"):
            monkeypatch.delenv(f"AWS_{name}", raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        self.home = tmp_path

    def test_the_environment(self, monkeypatch):
        for name, value in [("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("SESSION_TOKEN", "t"),
                            ("REGION", "eu-west-3"), ("ENDPOINT_URL", "http://all"), ("ENDPOINT_URL_S3", "http://s3")]:  # fmt: skip
            monkeypatch.setenv(f"AWS_{name}", value)
        found = access()
        assert (tuple(found.credentials()), found.endpoint_url, found.region) == (
            ("k", "s", "t"),
            "http://s3",
            "eu-west-3",
        )

    def test_a_profile(self, monkeypatch):
        (self.home / "credentials").write_text("[work]\naws_access_key_id=k\naws_secret_access_key=s\n")
        (self.home / "config").write_text(
            "[profile work]\nregion=eu-north-1\nendpoint_url=http://minio:9000\n"
        )
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
        found = access("work")
        assert (tuple(found.credentials()), found.endpoint_url, found.region) == (
            ("k", "s", None),
            "http://minio:9000",
            "eu-north-1",
        )

    def test_a_process_whose_keys_run_out(self):
        count = self.home / "count"
        script = self.home / "keys.py"
        script.write_text(
            "import json, pathlib, datetime\n"
            f"count = pathlib.Path({str(count)!r})\n"
            "n = int(count.read_text()) + 1 if count.exists() else 1\n"
            "count.write_text(str(n))\n"
            "at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)\n"
            "print(json.dumps({'Version': 1, 'AccessKeyId': f'k{n}', 'SecretAccessKey': 's', 'Expiration': at.isoformat()}))\n"
        )
        (self.home / "config").write_text(f"[profile work]\ncredential_process={sys.executable} {script}\n")
        found = access("work")
        assert found.credentials().access_key != found.credentials().access_key

    def test_nobody(self):
        found = access()
        with pytest.raises(Denied, match="no AWS credentials found") as caught:
            found.credentials()
        assert "AWS_ACCESS_KEY_ID" in caught.value.hint

    def test_a_profile_that_is_not_there(self):
        with pytest.raises(ConfigError, match="nobody"):
            access("nobody")


def test_keys_in_the_environment_cost_no_import_of_boto3():
    code = (
        "import os, sys\n"
        "os.environ |= {'AWS_ACCESS_KEY_ID': 'k', 'AWS_SECRET_ACCESS_KEY': 's'}\n"
        "from holdall.store.open import open_store\n"
        "open_store('s3://bucket/prefix', endpoint_url='http://127.0.0.1:1').close()\n"
        "print([m for m in ('botocore', 'boto3') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_a_date():
    assert http_date("Sun, 22 Nov 2026 14:45:48 GMT") == 1795358748.0
