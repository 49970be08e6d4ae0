"""A store that ignores conditions is refused before anything is in it."""

import pytest

from holdall.errors import Unconditional
from holdall.log.commits import CommitLog, ContextInfo
from holdall.store.base import Capabilities
from holdall.store.memory import MemoryStore

INFO = ContextInfo("id", "name", "/there", "posix")


def test_no_context_is_begun_where_conditions_are_ignored():
    store = MemoryStore(capabilities=Capabilities(put_when=False))
    with pytest.raises(Unconditional, match="ignores conditions"):
        CommitLog(store).create(INFO)
    assert CommitLog(store).info() is None


def test_where_they_hold_it_is():
    store = MemoryStore()
    assert CommitLog(store).create(INFO) == INFO
    assert CommitLog(store).info() == INFO


def test_a_server_without_conditions(rclone):
    from holdall.store.s3 import S3Settings, S3Store

    settings = S3Settings(
        rclone.make_bucket(), "contexts", rclone.url, "us-east-1", None, rclone.access_key, rclone.secret_key
    )
    with pytest.raises(Unconditional):
        CommitLog(S3Store(settings)).create(INFO)
