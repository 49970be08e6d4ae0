"""Mounts made by `up` and `mount`, kept between starts."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from holdall.daemon.registered import registered
from holdall.daemon.registry import Registered, Registry
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.errors import BadFormat
from holdall.policies.choices import Lifecycle, UploadMode
from holdall.policies.effective import Effective, Extract, Recycle, White
from holdall.rules.directions import SyncType

POLICY = Effective(
    auto_upload=False,
    upload_mode=UploadMode.ARCHIVE,
    archive_exclude_paths=("a", "b"),
    extract=Extract(extract_current_folder=True),
    recycle=Recycle(Lifecycle.LIFECYCLE_3DAYS, ("ü",)),
    white_lists=(White("s.*", ("x",), is_path_regex=True),),
    mapping="C:\\work",
)
SPEC = Spec("a b/ü", Path("/x y"), SyncType.ARCH, POLICY, ("*.o", "!keep.o"))


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
    db.execute("PRAGMA user_version=3")
    db.close()
    before = file.read_bytes()
    with pytest.raises(BadFormat, match="has format 3, this holdall knows 2"):
        Registry(file)
    assert file.read_bytes() == before


FIRST = """
CREATE TABLE mounts (
    context TEXT PRIMARY KEY, path TEXT NOT NULL, sync TEXT NOT NULL, flags TEXT NOT NULL, ignore TEXT NOT NULL,
    store TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO mounts VALUES ('c', '/c', 'auto', '{"auto_upload": true, "auto_download": true, "sync_local_file": false}', '[]', 's');
INSERT INTO mounts VALUES ('d', '/d', 'one', '{"auto_upload": false, "auto_download": true, "sync_local_file": true}', '[]', 's');
INSERT INTO meta VALUES ('paused:d', '');
PRAGMA user_version=1;
"""
IN_FIRST = [
    Registered(Spec("c", Path("/c"), policy=Effective(sync_local_file=False)), "s"),
    Registered(Spec("d", Path("/d"), SyncType.ONE, Effective(auto_upload=False)), "s"),
]


@pytest.fixture
def of_format_1(tmp_path):
    file = tmp_path / "daemon.db"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(FIRST)
    file.chmod(0o600)
    return file


def version(file):
    with closing(sqlite3.connect(file)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0]


def test_format_1_is_upgraded_once_after_a_copy(of_format_1):
    copy = of_format_1.with_name("daemon.db.format-1")
    copy.write_text("of an upgrade that was cut off")
    for _ in range(2):
        with closing(Registry(of_format_1)) as found:
            assert found.mounts() == IN_FIRST
            assert found.paused() == {"d"}
    assert (version(of_format_1), version(copy)) == (2, 1)
    assert {one.stat().st_mode & 0o777 for one in of_format_1.parent.iterdir()} == {0o600}
    with closing(sqlite3.connect(copy)) as db, closing(sqlite3.connect(":memory:")) as first:
        first.executescript(FIRST)
        assert list(db.iterdump()) == list(first.iterdump())


def test_whoever_only_looks_reads_format_1_as_it_is(of_format_1):
    assert list(registered(of_format_1).mounts) == IN_FIRST
    assert version(of_format_1) == 1
