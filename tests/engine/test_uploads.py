"""Files that change while they are read, or in ways that do not show."""

import pytest
from blake3 import blake3
from tests.engine.by_clock import World

from holdall.engine import uploads
from holdall.engine.ledger import Intent
from holdall.engine.words import Outcome
from holdall.model import Stamp
from holdall.rules.bundles import SQLITE_MAGIC
from holdall.store.base import Capabilities

GIB = 1024**3
DB, WAL, JOURNAL = "app.db", "app.db-wal", "app.db-journal"
OLD, HALF, NEW = (SQLITE_MAGIC + pages for pages in (b"old old", b"new old", b"new new"))


@pytest.fixture
def machine():
    return World(Capabilities()).machine("one")


def stored(machine, path):
    return machine.world.store.get(f"files/{path}")


def flushed(machine):
    receipt = machine.flush()
    assert receipt.outcome is Outcome.COMPLETE
    return receipt


class TestAFileNobodyVouchesFor:
    @pytest.fixture
    def store(self, machine):
        """Stores into `a`, which is in the bucket as b"0000"."""
        machine.disk.write("a", b"0000")
        with machine.disk.mapped("a") as store:
            flushed(machine)
            yield store

    def test_is_read_again_by_every_flush(self, machine, store):
        for number in range(1, 4):
            store(b"%04d" % number)
            flushed(machine)
            assert stored(machine, "a") == b"%04d" % number

    def test_is_not_sent_again_while_it_is_the_same(self, machine, store):
        first, again = flushed(machine), flushed(machine)
        assert again.commit == first.commit
        assert again.uploaded_files == 0

    def test_is_left_alone_while_nobody_asks(self, machine, store, monkeypatch):
        asked = set()
        monkeypatch.setattr(machine.disk, "open", asked.add)
        machine.world.pass_time(600)
        assert not asked

    def test_is_known_by_its_stamp_once_it_is_closed(self, machine):
        machine.disk.write("a", b"0000")
        with machine.disk.mapped("a") as store:
            flushed(machine)
            assert machine.ledger.row("a").base.stamp is None
            store(b"1111")
        machine.world.pass_time(60)
        assert stored(machine, "a") == b"1111"
        assert machine.ledger.row("a").base.stamp is not None

    def test_ends_an_upload_that_came_to_nothing(self, machine, store):
        machine.ledger.intend([Intent("a", "unfinished", blake3(b"1111").hexdigest())])
        flushed(machine)
        assert not machine.ledger.intended()
        assert stored(machine, "a") == b"0000"


class TestADatabaseNobodyVouchesFor:
    def test_does_not_keep_its_log_back(self, machine):
        machine.disk.write(DB, OLD)
        machine.disk.write(WAL, b"1")
        with machine.disk.mapped(DB):
            flushed(machine)
            machine.disk.write(WAL, b"2")
            machine.world.pass_time(60)
            assert stored(machine, WAL) == b"2"

    def test_is_read_again_by_every_flush(self, machine):
        machine.disk.write(DB, OLD)
        machine.disk.write(WAL, b"1")
        with machine.disk.mapped(DB) as store:
            flushed(machine)
            store(NEW)
            flushed(machine)
            assert stored(machine, DB) == NEW

    def test_is_not_sent_again_with_its_log(self, machine):
        machine.disk.write(DB, OLD)
        machine.disk.write(WAL, b"1")
        with machine.disk.mapped(DB):
            flushed(machine)
            machine.disk.write(WAL, b"2")
            assert flushed(machine).uploaded_files == 1

    def test_never_travels_without_the_end_of_its_journal(self, machine):
        """A journal that is gone here, and still in the store, would be played back over the newer database."""
        machine.disk.write(DB, OLD)
        machine.disk.write(JOURNAL, b"undo")
        with machine.disk.mapped(JOURNAL):
            flushed(machine)
            machine.disk.on_event = None
            machine.disk.delete(JOURNAL)
            machine.disk.on_event = machine.touched
            machine.disk.write(DB, NEW)
            machine.world.pass_time(60)
            keys = machine.world.keys()
            assert stored(machine, DB) == OLD or JOURNAL not in keys
            flushed(machine)
        assert stored(machine, DB) == NEW
        assert machine.world.keys() == {DB}


@pytest.mark.parametrize("block_bytes", [uploads.BLOCK_BYTES, 8], ids=["sent whole", "sent in parts"])
class TestATransactionThatTheSurveyDidNotSee:
    @pytest.fixture
    def machine(self, machine, block_bytes, monkeypatch):
        """It has a database in commit 1, and is about to look at it again."""
        monkeypatch.setattr(uploads, "BLOCK_BYTES", block_bytes)
        machine.disk.write(DB, OLD)
        flushed(machine)
        machine.disk.write(DB, OLD)
        return machine

    def test_travels_with_its_journal(self, machine, monkeypatch):
        self.before_it_is_opened(machine, monkeypatch, self.begin)
        machine.world.pass_time(1)
        assert flushed(machine).commit == 2
        assert (stored(machine, DB), stored(machine, JOURNAL)) == (HALF, b"undo")

    def test_and_that_ends_behind_the_read_is_read_again(self, machine, monkeypatch):
        self.before_it_is_opened(machine, monkeypatch, self.begin)
        real = machine.disk.look

        def look(paths):
            paths = list(paths)
            if JOURNAL in paths and machine.disk.files()[DB] == HALF:
                self.end(machine)
            return real(paths)

        monkeypatch.setattr(machine.disk, "look", look)
        machine.world.pass_time(60)
        assert stored(machine, DB) == NEW
        assert machine.mount.commit == 2

    def begin(self, machine):
        machine.disk.write(JOURNAL, b"undo")
        machine.disk.write(DB, HALF)

    def end(self, machine):
        machine.disk.write(DB, NEW)
        machine.disk.delete(JOURNAL)

    def before_it_is_opened(self, machine, monkeypatch, act):
        real, todo = machine.disk.open, [act]

        def opened(path):
            if path == DB and todo:
                todo.pop()(machine)
            return real(path)

        monkeypatch.setattr(machine.disk, "open", opened)


@pytest.mark.parametrize("how", ["chmod", "touch"])
def test_a_large_file_is_closed_when_only_its_line_in_the_log_changes(machine, monkeypatch, how):
    monkeypatch.setattr(uploads, "BLOCK_BYTES", 8)
    still_open = set()
    real = machine.disk.open

    def opened(path):
        reader = real(path)
        still_open.add(reader)
        reader.close = lambda: still_open.discard(reader)
        return reader

    monkeypatch.setattr(machine.disk, "open", opened)
    machine.disk.write("a", b"more than a block")
    flushed(machine)
    if how == "chmod":
        machine.disk.chmod("a", 0o600)
    else:
        machine.disk.write("a", b"more than a block")
    flushed(machine)
    assert not still_open


class Hole:
    """A file of nothing but its size."""

    def __init__(self, size):
        self.stamp = Stamp(size, 0, 0, 1, 0o644)

    def read(self, offset, length):
        return b""


@pytest.mark.parametrize("size", [64 * GIB, 64 * GIB + 1, 157 * GIB, 5 * 1024 * GIB])
def test_a_large_file_has_no_more_parts_than_s3_takes(size):
    body = uploads._large(Hole(size))
    assert len(body.parts) == len(body.blocks) <= 10_000
