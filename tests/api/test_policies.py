"""A mount's policy over the socket: in every spelling, shown as it is in force, refused with the policies' own words."""

import pytest
from tests.policies.test_sdks import FILES, OF_A_MOUNT

from holdall.api.client import Client, of_mount
from holdall.errors import BadPolicy
from holdall.policies.effective import Effective
from holdall.policies.sync_policy import SyncPolicy

MOUNTS = "/api/v1/mounts"
QUIET = {
    "uploadPolicy": {"autoUpload": False, "uploadStrategy": "UploadBeforeResourceRelease", "uploadMode": "File"},
    "downloadPolicy": {"autoDownload": True, "downloadStrategy": "DownloadAsync"},
    "deletePolicy": {"syncLocalFile": True},
    "extractPolicy": {"extract": False, "deleteSrcFile": True, "extractToCurrentFolder": False},
    "bwList": {"whiteLists": []},
}  # fmt: skip


@pytest.fixture
def client(machine):
    machine.daemon()
    return Client(machine.socket)


@pytest.fixture
def body(machine):
    return {"context": "c", "path": str(machine.directory("c", a="1"))}


def test_it_is_shown_as_it_is_in_force(client, body):
    for policy in (
        {"uploadPolicy": {"autoUpload": False}},
        {"upload_policy": {"auto_upload": False}},
        '{"uploadPolicy": {"autoUpload": false}}',
    ):
        assert client.post(MOUNTS, body | {"policy": policy})["policy"] == QUIET
        assert client.get(of_mount("c"))["policy"] == QUIET
        assert client.get(MOUNTS)["mounts"][0]["policy"] == QUIET
        client.post(of_mount("c", "unmount"), {"discard": True}, waits=True)


def test_what_an_sdk_sends(client, body):
    for file in FILES.values():
        sent = next(value for key, value in file["context"].items() if key.lower() == "policy")
        found = client.post(MOUNTS, body | {"policy": sent})["policy"]
        assert SyncPolicy.from_dict(found).effective() == OF_A_MOUNT


def test_a_change_applies_live_and_null_is_the_default(machine, client, body):
    client.post(MOUNTS, body | {"policy": QUIET})
    machine.until(lambda: client.get(of_mount("c"))["pending_files"] == 1)
    assert client.post(MOUNTS, body)["policy"] == QUIET  # not said: it stays
    found = client.post(MOUNTS, body | {"policy": None})["policy"]
    assert SyncPolicy.from_dict(found).effective() == Effective()
    machine.until(lambda: machine.objects("c") == {"a": "1"})


def test_it_outlives_the_daemon(machine, body):
    daemon, client = machine.daemon(), Client(machine.socket)
    client.post(MOUNTS, body | {"policy": QUIET})
    daemon.kill()
    daemon.wait()
    machine.daemon()
    machine.until(lambda: client.get(of_mount("c"))["pending_files"] == 1)
    assert client.get(of_mount("c"))["policy"] == QUIET


REFUSED = [
    (
        {"uploadPolicy": {"uploadMode": "Zip"}},
        "Invalid upload_mode value: Zip. Valid values are: File, Archive",
        "it stands in 'policy.uploadPolicy.uploadMode'",
    ),
    (
        {"bwList": {"whiteLists": [{"path": "*"}]}},
        "Wildcard patterns are not supported in path. Got: *. Please use exact directory paths instead.",
        "it stands in 'policy.bwList.whiteLists[0].path'",
    ),
    (
        '{"bw_list": {"white_lists": [{"path": "/../x"}]}}',
        "'policy.bw_list.white_lists[0].path' is '/../x', which has a '..' part",
        None,
    ),
    ({"uploadPolcy": {}}, "unknown key 'policy.uploadPolcy'; did you mean 'uploadPolicy'?", None),
    ({"\ud800": 1}, "unknown key 'policy.\ud800'; known here: uploadPolicy, ", None),
    (
        {"mappingPolicy": {"path": "\ud800"}},
        r"'policy.mappingPolicy.path' is '\ud800', which is not",
        None,
    ),
    ([], "'policy' is a list, it must be an object", None),
    ("{", "'policy' is no JSON: Expecting property name", None),
]


def test_it_is_refused_in_the_same_words(client, body):
    for policy, message, hint in REFUSED:
        with pytest.raises(BadPolicy) as found:
            client.post(MOUNTS, body | {"policy": policy})
        assert found.value.message.startswith(message)
        assert found.value.hint == hint
    assert client.get(MOUNTS) == {"mounts": []}


def test_the_schema_says_that_both_forms_are_taken(client):
    schema = client.get("/openapi.json")["components"]["schemas"]["NewMount"]["properties"]["policy"]
    assert schema["type"] == ["object", "string", "null"]
