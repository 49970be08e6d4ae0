"""Mounts made by `up` and `mount`, kept between starts."""

import sqlite3
from pathlib import Path

import pytest

from holdall.daemon.registry import Registered, Registry
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.errors import BadFormat
from holdall.rules.directions import Flags, SyncType

SPEC = Spec("a b/ü", Path("/x y"), SyncType.ARCH, Flags(auto_upload=False), ("*.o", "!keep.o"))


def test_what_was_put_in_comes_out_of_the_next(tmp_path):
    file = tmp_path / "daemon.db"
    first = Registry(file)
    first.add(SPEC, "s3://b")
    first.add(Spec("gone", Path("/g")), "s3://b")
    first.set_store(StoreSettings("s3://b", region="x"))
    first.set_paused("a b/ü", paused=True)
    first.set_paused("gone", paused=True)
    first.set_unmet("a b/ü", unmet=True)
    first.set_unmet("gone", unmet=True)
    first.remove("gone")
    assert {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {0o600}
    first.close()
    second = Registry(file)
    assert second.mounts() == [Registered(SPEC, "s3://b")]
    assert second.store() == StoreSettings("s3://b", region="x")
    assert second.paused() == {"a b/ü"}
    second.set_paused("a b/ü", paused=False)
    assert second.paused() == set()
    assert second.unmet() == {"a b/ü"}
    second.set_unmet("a b/ü", unmet=False)
    assert second.unmet() == set()
    second.close()


def test_a_damaged_one_is_put_aside(tmp_path):
    file = tmp_path / "daemon.db"
    file.write_bytes(b"x" * 5000)
    fresh = Registry(file)
    assert fresh.mounts() == []
    fresh.add(SPEC, "s")
    fresh.close()
    assert [one.read_bytes() for one in tmp_path.glob("daemon.db.damaged-*")] == [b"x" * 5000]


def test_a_newer_one_is_left_alone(tmp_path):
    file = tmp_path / "daemon.db"
    db = sqlite3.connect(file)
    db.execute("PRAGMA user_version=2")
    db.close()
    before = file.read_bytes()
    with pytest.raises(BadFormat, match="has format 2, this holdall knows 1"):
        Registry(file)
    assert file.read_bytes() == before
