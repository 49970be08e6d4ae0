"""Answers that are no success although they look like one, and refusals that do not say why: to a store over a scripted wire."""

import pytest

from holdall.errors import BadFormat, Denied, Refused, Unavailable
from holdall.store.base import CopyRange
from holdall.store.s3 import S3Settings, S3Store
from holdall.store.s3.wire import Reply
from holdall.store.silence import GivenUp

BEGUN = Reply(200, {}, b"<Result><UploadId>u</UploadId></Result>")
PART = Reply(200, {"etag": '"p"'}, b"")
COPIED = Reply(200, {}, b'<CopyPartResult><ETag>"p"</ETag></CopyPartResult>')
FAILED = b"<Error><Code>InternalError</Code></Error>"
NO_SUCCESS = [
    b"<?xml version='1.0'?>" + FAILED,
    b"<?xml version='1.0'?>" + b" \n" * 2000 + FAILED,
    b" " * 2000 + FAILED,
    b" " * 2000,
    b"<html>Welcome!</html>",
    b"",
]


class Wire:
    """Answers by what is asked for, and keeps what was."""

    host, path, url = "s3", "", "http://s3"

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def exchange(self, method, target, headers, body=b"", sink=None):
        query = target.partition("?")[2]
        what = {"POST uploads=": "begin", "POST uploadId=u": "complete", "DELETE uploadId=u": "abort"}.get(
            f"{method} {query}", "part" if "partNumber" in query else method
        )
        self.asked.append(what)
        if isinstance(answer := self.answers[what], Exception):
            raise answer
        return answer

    def close(self):
        pass


@pytest.fixture
def answering():
    made = []

    def answering(**answers):
        store = S3Store(S3Settings("b", "p", "http://s3", "r", access_key="k", secret_key="s"))
        store._client._wire = wire = Wire(
            {"abort": Reply(204, {}, b""), "begin": BEGUN, "part": PART, **answers}
        )
        made.append(store)
        return store, wire

    yield answering
    for store in made:
        store.close()


@pytest.mark.parametrize("body", NO_SUCCESS)
def test_a_completion_that_names_no_etag(answering, body):
    store, wire = answering(complete=Reply(200, {}, body))
    with pytest.raises(Unavailable):
        store.upload("k", [lambda: b"1", lambda: b"2"])
    assert wire.asked[-2:] == ["complete", "abort"]


@pytest.mark.parametrize("body", NO_SUCCESS)
def test_a_copy_that_names_no_etag(answering, body):
    store, _ = answering(PUT=Reply(200, {}, body))
    with pytest.raises(Unavailable):
        store.copy("k", "to", etag="0" * 32)


@pytest.mark.parametrize("body", NO_SUCCESS)
def test_a_copied_part_that_names_no_etag(answering, monkeypatch, body):
    monkeypatch.setattr("holdall.store.s3.client._PAUSES_S", ())
    store, wire = answering(part=Reply(200, {}, body))
    with pytest.raises(Unavailable):
        store.upload("k", [CopyRange("old", "0" * 32, 0, 5)])
    assert "complete" not in wire.asked


def test_a_part_that_names_no_etag(answering, monkeypatch):
    monkeypatch.setattr("holdall.store.s3.client._PAUSES_S", ())
    store, wire = answering(part=Reply(200, {}, b""))
    with pytest.raises(Unavailable):
        store.upload("k", [lambda: b"1", lambda: b"2"])
    assert "complete" not in wire.asked


def test_an_upload_that_gets_no_id(answering):
    store, wire = answering(begin=Reply(200, {}, b"<html>Welcome!</html>"))
    with pytest.raises(Unavailable):
        store.upload("k", [lambda: b"1", lambda: b"2"])
    assert wire.asked == ["begin"]


def test_a_listing_that_breaks_off_is_no_whole_one(answering):
    """What it leaves out would be taken for deleted."""
    page = b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"
    store, _ = answering(GET=Reply(200, {}, page))
    with pytest.raises(BadFormat, match="broke off a listing"):
        list(store.list(""))


def test_blanks_before_a_success_are_nothing(answering):
    done = b"<?xml version='1.0'?>" + b" \n" * 2000 + b'<Result><ETag>"e-2"</ETag></Result>'
    store, _ = answering(complete=Reply(200, {}, done))
    assert store.upload("k", [lambda: b"1", lambda: b"2"]).etag == "e-2"


@pytest.mark.parametrize(
    ("code", "kind"), [("ExpiredToken", Denied), ("InvalidRequest", Refused), ("KeyTooLongError", None)]
)
def test_a_look_that_is_refused_without_a_word_is_asked_for_it(answering, code, kind):
    said = Reply(400, {}, f"<Error><Code>{code}</Code></Error>".encode())
    store, wire = answering(HEAD=Reply(400, {}, b""), GET=said)
    if kind is None:
        assert store.head("k") is None
    else:
        with pytest.raises(kind, match=code):
            store.head("k")
    assert wire.asked == ["HEAD", "GET"]


def test_a_page_of_a_store_that_was_given_up_is_asked_for_once(answering):
    store, wire = answering(GET=GivenUp("no answer"))
    with pytest.raises(GivenUp):
        list(store.list(""))
    assert wire.asked == ["GET"]
