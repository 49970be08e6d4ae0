"""`--policy FILE`: JSON or TOML, in every spelling, and what is wrong with it by its line."""

import json

import pytest

from holdall.daemon.policy_file import Said, policy_in, policy_of
from holdall.errors import ConfigError
from holdall.policies.sync_policy import SyncPolicy
from holdall.policies.upload import UploadPolicy

STILL = SyncPolicy(UploadPolicy(auto_upload=False))
WIRE = json.dumps(STILL.to_dict())


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ('{"uploadPolicy": {"autoUpload": false}, "downloadPolicy": null}', None),
        ('\n {"upload_policy": {"auto_upload": false}}', None),
        ("[upload_policy]\nauto_upload = false", None),
        ("uploadPolicy.autoUpload = false", None),
        ("[upload_policy]\nauto_upload = false\nupload_mode = 'File'", None),
        (WIRE, None),
        (f'{{"ContextId": "c", "Path": "/home/wuying", "Policy": {json.dumps(WIRE)}}}', "c"),
        (f'{{"contextId": "c", "path": "/x", "policy": {WIRE}}}', "c"),
        ("context_id = 'c'\n[policy.upload_policy]\nauto_upload = false", "c"),
        (f"policy = '{WIRE}'", None),
    ],
)
def test_a_policy_in_every_spelling(text, context):
    assert policy_of(text, "p") == Said(STILL, context)


@pytest.mark.parametrize("none", ["null", '""'])
def test_a_context_without_a_policy_has_the_defaults(none):
    """agbcloud-sdk writes an empty text where there is none."""
    assert policy_of(f'{{"contextId": "c", "path": "/x", "policy": {none}}}', "p") == Said(SyncPolicy(), "c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"uploadPolicy": {"autoUpload": 1}}', "p: 'uploadPolicy.autoUpload' is a number, it must be true or false"),
        ("\n[upload_policy]\nauto_upload = 1", "p, line 3: 'upload_policy.auto_upload' is a number, it must be"),
        ("# x\n[bwList]\nwhiteLists = [{path = 'a*'}]", "p, line 3: 'bwList.whiteLists[0].path': Wildcard patterns are not"),
        ('{"uploadPolcy": {}}', "p: unknown key 'uploadPolcy'; did you mean 'uploadPolicy'?"),
        ("upload_polcy = 1", "p, line 1: unknown key 'upload_polcy'; did you mean 'upload_policy'?"),
        ('{"Policy": {"bwList": []}}', "p: 'Policy.bwList' is a list, it must be an object"),
        ('{"ContextId": ""}', "p: 'ContextId' is empty"),
        ('{"Polcy": {}}', "p: unknown key 'Polcy'"),
        ("{", "p: it is no JSON: "),
        ('{"deletePolicy": {}, "deletePolicy": {}}', "p: it has the key 'deletePolicy' twice"),
        ("[", "p: "),
    ],
)  # fmt: skip
def test_a_bad_policy(text, said):
    with pytest.raises(ConfigError) as found:
        policy_of(text, "p")
    assert found.value.message.startswith(said)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="gone cannot be read: No such file"):
        policy_in(tmp_path / "gone")
