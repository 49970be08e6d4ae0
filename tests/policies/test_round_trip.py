"""Out and in again, through the wire and through what is in force."""

import json
import pickle
from contextlib import suppress

from hypothesis import given, strategies as st
from tests.policies.samples import context_syncs, sync_policies, uploads

from holdall import BadPolicy, ContextSync, SyncPolicy, UploadMode, UploadPolicy
from holdall.policies.policy import taken
from holdall.policies.spelling import snake


def in_python(data):
    """The same with keys as Python has them."""
    if isinstance(data, dict):
        return {snake(key): in_python(value) for key, value in data.items()}
    return [in_python(one) for one in data] if isinstance(data, list) else data


@given(context_syncs)
def test_what_is_read_is_what_was_written(sync):
    wire = sync.to_dict()
    assert ContextSync.from_dict(wire).to_dict() == wire
    assert ContextSync.from_dict(json.dumps(wire)).to_dict() == wire
    assert ContextSync.from_dict(in_python(wire)).to_dict() == wire


@given(sync_policies)
def test_the_wire_holds_all_that_counts(policy):
    upload = policy.upload_policy
    if upload is not None and upload.upload_mode is UploadMode.FILE:
        upload.archive_exclude_paths.clear()
    assert SyncPolicy.from_dict(policy.to_dict()) == policy


@given(uploads)
def test_what_does_not_count_is_not_sent(policy):
    assert SyncPolicy(UploadPolicy.from_dict(policy.to_dict())).effective() == SyncPolicy(policy).effective()


@given(sync_policies)
def test_what_is_in_force_says_itself(policy):
    effective = policy.effective()
    said = SyncPolicy.of(effective)
    assert said.effective() == effective
    assert SyncPolicy.from_dict(json.dumps(said.to_dict())).effective() == effective
    assert hash(effective) == hash(said.effective())


@given(sync_policies)
def test_a_copy_is_the_same_and_its_own(policy):
    copied = pickle.loads(pickle.dumps(policy))
    assert copied == policy
    for name in taken(SyncPolicy):
        part = getattr(policy, name)
        assert part is None or getattr(copied, name) is not part


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["uploadPolicy", "bwList", "whiteLists", "path", "autoUpload", "paths"]), inner)))  # fmt: skip
def test_whatever_is_read_is_a_policy_or_is_refused(data):
    found = None
    with suppress(BadPolicy):
        found = SyncPolicy.from_dict(data)
    assert found is None or SyncPolicy.from_dict(found.to_dict()).effective() == found.effective()
