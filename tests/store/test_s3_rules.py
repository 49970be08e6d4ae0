"""The lifecycle rules of a bucket: ours are put and taken away, and nobody else's is touched."""

import pytest

from holdall.errors import BadFormat, Denied, Unavailable
from holdall.store.expiry import Expiry
from holdall.store.s3 import S3Settings, S3Store
from holdall.store.s3.wire import Reply

THEIRS = [
    {"ID": "logs", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 5}},
    {
        "ID": "unfinished",
        "Filter": {"Prefix": ""},
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
    },
]
OURS = [Expiry("ours-1", "wiki/files/a b&<c>/", 30), Expiry("ours-2", "wiki/files/ü/", 30)]


@pytest.fixture(params=["seaweedfs", "moto"])
def bucket(request):
    """Its rules as a client sees them, and as holdall does."""
    server = request.getfixturevalue(request.param)
    return Bucket(server)


class Bucket:
    def __init__(self, server):
        self.client = server.client()
        self.name = server.make_bucket()
        settings = S3Settings(
            self.name,
            "a/prefix",
            server.url,
            server.region,
            access_key=server.access_key,
            secret_key=server.secret_key,
        )
        self.store = S3Store(settings)

    def put(self, rules):
        self.client.put_bucket_lifecycle_configuration(
            Bucket=self.name, LifecycleConfiguration={"Rules": rules}
        )

    @property
    def rules(self):
        try:
            found = self.client.get_bucket_lifecycle_configuration(Bucket=self.name)
        except self.client.exceptions.ClientError as exc:
            if exc.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
                raise
            return []
        return found["Rules"]


def test_ours_are_put_into_a_bucket_without_any(bucket):
    assert bucket.store.rules.prefix == "a/prefix/"
    assert bucket.store.rules.replace("ours-", OURS) == 0
    found = {one["ID"]: one for one in bucket.rules}
    assert found.keys() == {"ours-1", "ours-2"}
    one = found["ours-1"]
    assert (one["Filter"], one["Status"], one["Expiration"]["Days"]) == (
        {"Prefix": "wiki/files/a b&<c>/"},
        "Enabled",
        30,
    )


def test_those_of_others_stay_as_they_are(bucket):
    bucket.put(THEIRS)
    before = bucket.rules
    assert bucket.store.rules.replace("ours-", OURS) == 2
    assert [one for one in bucket.rules if not one["ID"].startswith("ours-")] == before
    assert bucket.store.rules.replace("ours-", [OURS[0]._replace(days=7)]) == 2
    assert [one["Expiration"]["Days"] for one in bucket.rules if one["ID"] == "ours-1"] == [7]
    assert bucket.store.rules.replace("ours-", []) == 2
    assert bucket.rules == before


def test_the_last_one_leaves_none(bucket):
    bucket.store.rules.replace("ours-", OURS)
    bucket.store.rules.replace("ours-", [])
    assert bucket.rules == []


class Wire:
    host, path, url = "s3", "", "http://s3"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def exchange(self, method, target, headers, body=b"", sink=None):
        self.asked.append((method, headers, body))
        return self.answers.pop(0)

    def close(self):
        pass


def over(*answers):
    store = S3Store(S3Settings("b", "", "http://s3", "r", access_key="k", secret_key="s"))
    store._client._wire = wire = Wire(*answers)
    return store.rules, wire


ODD = b"""<?xml version="1.0"?>
<n:LifecycleConfiguration xmlns:n="http://s3.amazonaws.com/doc/2006-03-01/">
  <n:Rule><n:ID>theirs</n:ID><n:Prefix>old/</n:Prefix><n:Status>Disabled</n:Status>
    <n:Later><n:Than>us</n:Than></n:Later></n:Rule>
</n:LifecycleConfiguration>"""
NOT_FOUND = Reply(404, {}, b"<Error><Code>NoSuchLifecycleConfiguration</Code></Error>")


def test_what_is_newer_than_this_code_is_sent_back_as_it_came():
    kept = {"x-amz-transition-default-minimum-object-size": "varies_by_storage_class"}
    after = b"<LifecycleConfiguration><Rule><ID>theirs</ID></Rule><Rule><ID>ours-1</ID></Rule></LifecycleConfiguration>"
    rules, wire = over(Reply(200, kept, ODD), Reply(200, {}, b""), Reply(200, {}, after))
    rules.replace("ours-", OURS[:1])
    method, headers, body = wire.asked[1]
    assert method == "PUT"
    assert headers.items() >= kept.items()
    assert (
        b"<Rule><ID>theirs</ID><Prefix>old/</Prefix><Status>Disabled</Status><Later><Than>us</Than></Later></Rule>"
        in body
    )


def test_nothing_is_written_where_nothing_changes():
    said = b"<LifecycleConfiguration><Rule><ID>ours-1</ID><Status>Enabled</Status><Filter><Prefix>p/</Prefix></Filter>"
    said += b"<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>"
    rules, wire = over(Reply(200, {}, said))
    rules.replace("ours-", [Expiry("ours-1", "p/", 3)])
    assert [method for method, *_ in wire.asked] == ["GET"]


def test_nor_where_there_is_nothing():
    rules, wire = over(NOT_FOUND)
    rules.replace("ours-", [])
    assert [method for method, *_ in wire.asked] == ["GET"]


@pytest.mark.parametrize("body", [b"", b"<html/>", b"<LifecycleConfiguration>"])
def test_rules_that_cannot_be_read_are_not_replaced(body):
    rules, wire = over(Reply(200, {}, body))
    with pytest.raises(BadFormat):
        rules.replace("ours-", OURS)
    assert len(wire.asked) == 1


def test_a_change_of_somebody_else_in_that_moment_is_told():
    rules, _ = over(NOT_FOUND, Reply(200, {}, b""), NOT_FOUND)
    with pytest.raises(Unavailable, match="the rule ours-1 is not there after all"):
        rules.replace("ours-", OURS)


def test_a_key_that_may_not_says_what_it_lacks():
    rules, _ = over(Reply(403, {}, b"<Error><Code>AccessDenied</Code></Error>"))
    with pytest.raises(Denied) as refused:
        rules.replace("ours-", OURS)
    assert "s3:PutLifecycleConfiguration" in refused.value.hint
