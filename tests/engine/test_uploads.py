"""Files that change while they are read, or in ways that do not show."""

from itertools import count

import pytest
from blake3 import blake3
from tests.engine.by_clock import World
from tests.engine.entries import A, theirs

from holdall.engine import effects, reads
from holdall.engine.effects import Push
from holdall.engine.ledger import Intent
from holdall.engine.survey import local_entry
from holdall.engine.uploads import Uploads
from holdall.engine.words import Outcome, Step
from holdall.log.codec import Commit, Deleted
from holdall.model import Entry, Stamp
from holdall.rules.bundles import SQLITE_MAGIC
from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.reconcile import Verdict
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


@pytest.mark.parametrize("block_bytes", [reads.BLOCK_BYTES, 8], ids=["sent whole", "sent in parts"])
class TestATransactionThatTheSurveyDidNotSee:
    @pytest.fixture
    def machine(self, machine, block_bytes, monkeypatch):
        """It has a database in commit 1, and is about to look at it again."""
        monkeypatch.setattr(reads, "BLOCK_BYTES", block_bytes)
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


class TestPartsOfADatabase:
    def test_that_are_gone_behind_the_survey_go_in_the_same_commit(self, machine, monkeypatch):
        """A journal of the version before would be played back over this one."""
        machine.disk.write(DB, OLD)
        machine.disk.write(JOURNAL, b"undo")
        flushed(machine)
        self.before_it_is_read(machine, monkeypatch, lambda: self.end(machine))
        machine.disk.write(JOURNAL, b"undo more")
        machine.disk.write(DB, HALF)
        flushed(machine)
        commit = machine.hands.log.read(2)
        assert {path for path, now, *_ in commit.changes if isinstance(now, Deleted)} == {JOURNAL}
        assert {path for path, now, *_ in commit.changes if isinstance(now, Entry)} == {DB}

    def test_stay_in_one_commit_where_its_number_was_another_machines(self, machine, monkeypatch):
        self.have_a_journal_behind_them(machine)
        real, todo = machine.hands.uploads.commit, [Commit("theirs", 2, 0, "there", ())]

        def commit(effect):
            while todo:
                machine.hands.log.append(todo.pop())
            return real(effect)

        monkeypatch.setattr(machine.hands.uploads, "commit", commit)
        flushed(machine)
        assert {change.path for change in machine.hands.log.read(3).changes} == {DB, JOURNAL}

    def test_that_are_gone_are_an_edit_where_deletions_stay_here(self, machine, monkeypatch):
        machine.hands.surveyor._allowed = lambda asked: directions(SyncType.ARCH, Flags(), asked)
        self.have_a_journal_behind_them(machine)
        flushed(machine)
        assert machine.world.keys() == {DB}

    def have_a_journal_behind_them(self, machine):
        machine.disk.write(DB, OLD)
        machine.disk.write(JOURNAL, b"undo")
        flushed(machine)
        machine.disk.on_event = None
        self.end(machine)

    @pytest.mark.parametrize("made", ["mkdir", "mkfifo"])
    def test_that_became_something_else_are_no_parts(self, machine, monkeypatch, made):
        def turn():
            machine.disk.delete(WAL)
            getattr(machine.disk, made)(WAL)

        self.before_it_is_read(machine, monkeypatch, turn)
        machine.disk.write(DB, NEW)
        machine.disk.write(WAL, b"1")
        flushed(machine)
        assert machine.world.keys() == {DB}

    def test_are_files(self, machine):
        machine.disk.write(DB, OLD)
        machine.disk.write(WAL, b"1")
        machine.disk.write(f"{JOURNAL}/monday", b"1")
        flushed(machine)
        machine.disk.write(f"{JOURNAL}/tuesday", b"2")
        flushed(machine)
        machine.disk.write(DB, NEW)
        flushed(machine)
        assert stored(machine, DB) == NEW

    def test_that_cannot_be_seen_are_not_gone(self, machine, monkeypatch):
        database, log = f"d/{DB}", f"d/{WAL}"
        machine.disk.write(database, OLD)
        machine.disk.write(log, b"1")
        flushed(machine)
        self.before_it_is_read(machine, monkeypatch, lambda: machine.disk.chmod("d", 0))
        machine.disk.write(database, NEW)
        machine.disk.write(log, b"2")
        assert machine.flush().outcome is Outcome.PARTIAL
        assert (stored(machine, database), stored(machine, log)) == (OLD, b"1")
        machine.disk.chmod("d", 0o755)
        flushed(machine)
        assert (stored(machine, database), stored(machine, log)) == (NEW, b"2")

    def test_are_read_again_where_one_moved_meanwhile(self, machine, monkeypatch):
        real, todo = machine.disk.open, [(WAL, b"new"), (DB, NEW)]

        def opened(path):
            reader = real(path)
            while path == DB and todo:
                machine.disk.replace(*todo.pop())
            return reader

        machine.disk.write(DB, OLD)
        machine.disk.write(WAL, b"old")
        monkeypatch.setattr(machine.disk, "open", opened)
        flushed(machine)
        digests = {change.path: change.now.digest for change in machine.hands.log.read(1).changes}
        assert digests == {DB: blake3(NEW).hexdigest(), WAL: blake3(b"new").hexdigest()}

    def end(self, machine):
        machine.disk.write(DB, NEW)
        machine.disk.delete(JOURNAL)

    def before_it_is_read(self, machine, monkeypatch, act):
        """Behind the survey that found it."""
        real, todo = machine.hands.uploads.push, [act]

        def push(effect):
            if todo and any(step.bundle for step in effect.steps):
                todo.pop()()
            return real(effect)

        monkeypatch.setattr(machine.hands.uploads, "push", push)


def planned(machine, path, bundle=None):
    """As a survey does it that looks just now."""
    (seen,) = machine.disk.look((path,))
    row = machine.ledger.row(path)
    base = None if row.base is None else row.base.entry
    return Step(path, Verdict.PUSH, 1, seen, local_entry(seen, None), base, row.remote, bundle=bundle)


class TestARepository:
    HEAD, REF = ".git/HEAD", ".git/refs/heads/main"

    @pytest.fixture
    def steps(self, machine):
        machine.flush()
        for path in (self.HEAD, self.REF):
            machine.disk.write(path, b"1")
        return tuple(planned(machine, path, ".git") for path in (self.HEAD, self.REF))

    def test_is_sent_as_it_was_surveyed(self, machine, steps):
        machine.disk.write(self.REF, b"2")
        done = machine.hands.uploads.push(Push(steps))
        assert [one.step.path for one in done.pushed] == [self.HEAD]
        ((path, error),) = done.failed
        assert (path, error.message) == (self.REF, "git is at work")

    def test_is_committed_as_a_whole_or_not_at_all(self, machine, steps):
        uploads = machine.hands.uploads
        pushed = uploads.push(Push(steps)).pushed
        machine.ledger.apply(theirs(1, (self.REF, A)))
        committed = uploads.commit(effects.Commit(pushed))
        assert (committed.seq, committed.done) == (-1, ())
        assert {one.step.path for one in committed.stale} == {self.HEAD, self.REF}


class TestAWriteAheadLogThatARuleLeavesOut:
    @pytest.fixture
    def hands(self, machine):
        """As `machine.hands.uploads`, with the rule."""
        hands = machine.hands
        return Uploads(
            machine.disk, machine.ledger, hands.log, hands.objects, "one", lambda path, _is_dir: path == WAL
        )

    def test_is_missed_by_nobody(self, machine, hands):
        machine.disk.write(DB, OLD)
        machine.disk.write(WAL, b"1")
        done = hands.push(Push((planned(machine, DB),)))
        assert [one.step.path for one in done.pushed] == [DB]

    def test_keeps_the_database_back_once_the_store_has_it(self, machine, hands):
        machine.disk.write(DB, OLD)
        machine.disk.write(WAL, b"1")
        flushed(machine)
        machine.disk.write(DB, NEW)
        machine.disk.write(WAL, b"2")
        ((path, error),) = hands.push(Push((planned(machine, DB, DB),))).failed
        assert path == DB
        assert error.message == "app.db-wal belongs to it and is in the store, and a rule leaves it out"

    def test_is_not_a_journal_without_which_the_file_is_torn(self, machine, hands):
        machine.disk.write(DB, HALF)
        machine.disk.write(JOURNAL, b"undo")
        hands._skip = lambda path, _is_dir: path == JOURNAL
        ((_, error),) = hands.push(Push((planned(machine, DB),))).failed
        assert error.message == "a transaction is under way in this database"


@pytest.mark.parametrize(
    ("before", "block_bytes", "keys"),
    [
        pytest.param(b"v", reads.BLOCK_BYTES, {"a"}, id="goes up as it was read"),
        pytest.param(SQLITE_MAGIC, reads.BLOCK_BYTES, set(), id="not when it is a database"),
        pytest.param(b"v", 8, set(), id="nor when it is read again to be sent"),
    ],
)
def test_a_file_that_never_holds_still(machine, monkeypatch, before, block_bytes, keys):
    monkeypatch.setattr(reads, "BLOCK_BYTES", block_bytes)
    real, versions = machine.disk.open, count()

    def opened(path):
        reader = real(path)
        machine.disk.write(path, before + b"%020d" % next(versions))
        return reader

    monkeypatch.setattr(machine.disk, "open", opened)
    machine.disk.write("a", before)
    machine.flush()
    assert machine.world.keys() == keys


def test_a_large_file_that_is_written_before_it_is_sent_is_hashed_again(machine, monkeypatch):
    monkeypatch.setattr(reads, "BLOCK_BYTES", 8)
    real, todo = machine.world.store.upload, [b"what is read anew"]

    def upload(key, parts, **how):
        if todo:
            machine.disk.write("a", todo.pop())
        return real(key, parts, **how)

    monkeypatch.setattr(machine.world.store, "upload", upload)
    machine.disk.write("a", b"what was hashed..")
    flushed(machine)
    digests = [change.now.digest for commit in machine.hands.log.since(0) for change in commit.changes]
    assert digests == [blake3(b"what is read anew").hexdigest()]


@pytest.mark.parametrize("how", ["chmod", "touch"])
def test_a_large_file_is_closed_when_only_its_line_in_the_log_changes(machine, monkeypatch, how):
    monkeypatch.setattr(reads, "BLOCK_BYTES", 8)
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
    body = reads._large(Hole(size))
    assert len(body.parts) == len(body.blocks) <= 10_000
