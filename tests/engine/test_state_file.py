"""State files that cannot be opened, written or read."""

import sqlite3
from contextlib import suppress

import pytest
from tests.small_disks import small_disk

from holdall.engine import state_file
from holdall.engine.ledger import Intent, Ledger
from holdall.errors import BadFormat, BadState, LocalError

COSTS = "Nothing much"
PAGE_BYTES = 4096


@pytest.fixture
def file(tmp_path):
    return tmp_path / "c.db"


def filled(file):
    ledger = Ledger(file)
    ledger.intend(Intent(f"path {n}", f"{n:016}", "digest") for n in range(2000))
    ledger.close()
    return file


def names(file):
    return sorted(one.name for one in file.parent.iterdir())


def opened(file):
    return state_file.opened(file, Ledger, costs=COSTS)


def test_a_full_disk_is_no_reason_to_begin_anew():
    with small_disk(4 << 20) as at:
        file = filled(at / "c.db")
        filler = fill(at)
        with pytest.raises(LocalError, match=r"cannot be (written|used)"):
            written(file)
        filler.unlink()
        assert written(file) == 2001
        assert not [name for name in names(file) if "damaged" in name]


def fill(folder):
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(PAGE_BYTES)):
            pass
    return filler


def written(file):
    """One intent more; how many there are then."""
    ledger = opened(file)
    try:
        ledger.intend([Intent("another", "f" * 16, "digest")])
    except sqlite3.Error as exc:
        raise ledger.failure(exc) from exc
    finally:
        ledger.close()
    ledger = opened(file)
    found = len(ledger.intended())
    ledger.close()
    return found


class TestABrokenFile:
    def test_is_put_aside(self, file):
        filled(file)
        file.write_bytes(b"no database at all" * 1000)
        ledger = opened(file)
        assert ledger.seq == -1
        ledger.close()
        (aside,) = (name for name in names(file) if "damaged" in name)
        assert (file.parent / aside).read_bytes() == b"no database at all" * 1000

    def test_that_breaks_while_it_is_in_use_is_put_aside_at_the_next_start(self, file):
        """The first pages are in order, so that it can be opened."""
        filled(file)
        pages = bytearray(file.read_bytes())
        pages[8 * PAGE_BYTES :] = b"\xa5" * (len(pages) - 8 * PAGE_BYTES)
        file.write_bytes(pages)
        ledger = opened(file)
        with pytest.raises(sqlite3.DatabaseError) as caught:
            ledger.intended()
        error = ledger.failure(caught.value)
        ledger.close()
        assert isinstance(error, BadState)
        assert "restart holdall" in error.hint
        again = opened(file)
        assert again.intended() == []
        again.close()
        assert [name for name in names(file) if "damaged" in name]
        assert not [name for name in names(file) if "broken" in name]

    def test_is_begun_anew_after_a_kill_while_it_was_put_aside(self, file):
        filled(file)
        state_file.condemn(file)
        file.unlink()
        opened(file).close()
        assert names(file) == ["c.db"]

    def test_of_a_newer_holdall_is_left_alone(self, file):
        db = sqlite3.connect(filled(file))
        db.execute("PRAGMA user_version=999")
        db.close()
        with pytest.raises(BadFormat, match="has format 999"):
            opened(file)
        assert names(file) == ["c.db"]


class TestAFileThatIsGivenAnotherName:
    def test_holds_what_it_held(self, file):
        state_file.move(filled(file), file.with_name("d.db"))
        assert names(file) == ["d.db"]
        ledger = opened(file.with_name("d.db"))
        assert len(ledger.intended()) == 2000
        ledger.close()

    def test_is_not_read_with_the_log_of_another(self, file):
        other = file.with_name("d.db")
        ledger = Ledger(other)
        ledger.intend([Intent("of the other", "f" * 16, "digest")])
        log = other.with_name("d.db-wal").read_bytes()
        ledger.close()
        other.unlink()
        other.with_name("d.db-wal").write_bytes(log)
        state_file.move(filled(file), other)
        assert names(file) == ["d.db"]

    def test_keeps_its_own_while_somebody_has_it_open(self, file):
        ledger = Ledger(filled(file))
        ledger.intended()
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            state_file.move(file, file.with_name("d.db"))
        ledger.close()
        assert names(file) == ["c.db"]


def test_a_lock_is_told(file):
    ledger = opened(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger._db.execute("PRAGMA busy_timeout=0")
    with pytest.raises(sqlite3.OperationalError) as caught:
        ledger.set_note("name", "value")
    assert "cannot be used (database is locked)" in ledger.failure(caught.value).message
    other.close()
    ledger.close()
