"""A barrier for one path says nothing of others: the path itself has to be in the store."""

import os

import pytest

from holdall.daemon.attachment import Attachment
from holdall.daemon.pool import Pool
from holdall.daemon.spec import Spec
from holdall.daemon.unsent import unsent
from holdall.daemon.vouching import vouched
from holdall.engine.words import LeftPath, Outcome, Receipt, Until
from holdall.errors import NotThere
from holdall.policies.effective import Effective, White
from holdall.rules.bundles import SQLITE_MAGIC
from holdall.store.memory import MemoryStore

COMPLETE = Receipt(Outcome.COMPLETE, 1)


@pytest.fixture
def root(tmp_path):
    found = tmp_path / "notes"
    (found / "sub").mkdir(parents=True)
    (found / "sub" / "a").write_text("1")
    (found / ".holdallignore").write_text("*.log\nbuild/\n")
    return found


@pytest.fixture
def attached(root, tmp_path):
    pool = Pool(4)
    found = Attachment(Spec("notes", root), MemoryStore(), tmp_path / "state", pool)
    found.start()
    flush(found)
    yield found
    found.stop()
    pool.shutdown()


def flush(attached):
    assert attached.runner.ask(Until.DURABLE, timeout_s=30).wait(40).outcome is Outcome.COMPLETE


def left(attached, path):
    found = vouched(attached, path, COMPLETE)
    assert (found.outcome is Outcome.COMPLETE) == (not found.left)
    return found.left


@pytest.mark.parametrize("path", ["sub", "sub/a"])
def test_what_is_there_is_vouched_for(attached, path):
    assert left(attached, path) == ()


def test_what_neither_side_has_is_an_error(attached):
    with pytest.raises(NotThere, match="neither here nor in the store") as found:
        vouched(attached, "sub/sub/a", COMPLETE)
    assert found.value.path == "sub/sub/a"


def test_what_was_deleted_on_both_sides_is_as_it_was_asked_for(attached, root):
    (root / "sub" / "a").unlink()
    (root / "sub").rmdir()
    flush(attached)
    assert left(attached, "sub/a") == ()
    assert left(attached, "sub") == ()


def test_what_takes_no_part_is_left(attached, root):
    (root / "x.log").write_text("22")
    (root / "build").mkdir()
    (root / "build" / "out").write_text("22")
    os.mkfifo(root / "pipe")
    (root / os.fsdecode(b"bad\xff")).write_text("")
    assert left(attached, "x.log") == (LeftPath("x.log", "an ignore rule leaves it out", 2),)
    assert left(attached, "build/out") == (LeftPath("build/out", "an ignore rule leaves it out", 2),)
    assert left(attached, "pipe") == (LeftPath("pipe", "a FIFO takes no part"),)
    assert left(attached, "bad\udcff") == (LeftPath(r"bad\udcff", "the name is not UTF-8"),)


def test_nor_is_what_the_white_list_does_not_name(tmp_path):
    """A directory that is only entered is there as far as what is in it."""
    (tmp_path / "notes/a/b").mkdir(parents=True)
    for name in ("a/b/c", "a/x"):
        (tmp_path / "notes" / name).write_text("22")
    store, pool = MemoryStore(), Pool(4)
    policy = Effective(white_lists=(White("a/b"),))
    for number, spec in enumerate(
        Spec("notes", tmp_path / "notes", policy=one) for one in (Effective(), policy)
    ):
        found = Attachment(spec, store, tmp_path / str(number), pool)
        found.start()
        flush(found)
        if number:
            (tmp_path / "notes/a/x").unlink()
            assert left(found, "a/b/c") == left(found, "a") == ()
            assert left(found, "a/x") == (LeftPath("a/x", "the white list leaves it out"),)
            assert [one.path for one in unsent(found.disk, found.ledger, found.skip, "why", "a")] == []
            found.runner.pause()
            (tmp_path / "notes/a/b/c").write_text("333")
            assert [one.path for one in unsent(found.disk, found.ledger, found.skip, "why", "a")] == ["a/b/c"]
        found.stop()
    pool.shutdown()


def test_nor_is_the_shared_memory_of_a_database(attached, root):
    for name in ("x.db", "notes"):
        (root / f"{name}-shm").write_text("22")
    (root / "x.db").write_bytes(SQLITE_MAGIC)
    (root / "notes").write_text("of no database")
    flush(attached)
    reason = "the shared memory of a database is never carried"
    assert left(attached, "x.db-shm") == (LeftPath("x.db-shm", reason, 2),)
    assert left(attached, "notes-shm") == ()


def test_a_receipt_that_is_not_complete_stays_what_it_is(attached):
    partial = Receipt(Outcome.PARTIAL, 1, left=(LeftPath("sub", "permission denied"),))
    assert vouched(attached, "nope", partial) == partial
