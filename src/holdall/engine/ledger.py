"""What one mount remembers between starts, in SQLite: the base, the head where it differs, and what is under way.

base       path -> what was last agreed, with the local stamp of it
ahead      path -> what the head says, where that is not the base; so the remote tree is base, overlaid with ahead
intents    uploads that were begun and are in no commit of ours yet
landings   downloads whose exchange was begun
left_out   path -> what its base was when a rule left it out
exposed    paths whose agreed bytes were not kept when something took their place: ours may be the last copy
old        uids that the log has superseded: leftovers, wherever they turn up
slices     pack, offset, path -> bytes of the head's that are there; copies have one place
packs      their bytes, as far as they are known, and those that the head names
unsettled  paths in packs that are to be laid out, or whose plain object before is still to go
condemned  packs that the log has left behind; `mine`: and that are ours to take away (packed_rows.py; ages: ages.py)

Every public method is one transaction. Killed anywhere, the next start costs time, never data.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from blake3 import blake3

from holdall.engine import state_file, tables
from holdall.engine.ages import Ages
from holdall.engine.archives import Archive, Archives, State
from holdall.engine.packed_rows import PackedRows
from holdall.engine.rows import Base, Row, decode, encode
from holdall.engine.words import Agreed, Landing
from holdall.errors import LocalError
from holdall.log.codec import Change, Checkpoint, Commit, resolved
from holdall.model import MEMBER, Entry, Stamp, Tombstone

_PAGE: Final = 2000


class Intent(NamedTuple):
    path: str
    uid: str
    digest: str


class Settled(NamedTuple):
    """One path of a commit of ours. `stamp` is the local file's when its bytes were read; None for what has none.

    adopted  the bytes are not this disk's, or have expired: the head moves, the base does not
    """

    change: Change
    stamp: Stamp | None
    adopted: bool = False


class Closed(sqlite3.ProgrammingError):
    """The ledger was closed under a thread that still works with it. Says nothing of the file."""


class Ledger:
    """Safe from several threads: one connection behind one lock, transactions of a page at most."""

    def __init__(self, file: Path | str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._file = Path(file)
        self._lock = threading.RLock()
        self.archives = Archives(self._transaction, self._all)
        self._open: sqlite3.Connection | None = sqlite3.connect(
            file, check_same_thread=False, isolation_level=None
        )
        self.packs = PackedRows(self._all, self._transaction)
        self.ages = Ages(self._all, self._transaction)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    @property
    def _db(self) -> sqlite3.Connection:
        if self._open is None:
            raise Closed("the ledger is closed")
        return self._open

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        # FULL: an intent must survive a power cut before the request it announces is sent.
        self._db.execute("PRAGMA synchronous=FULL")
        version = state_file.expect_format(self._db, self._file, tables.VERSION)
        if 0 < version < tables.VERSION:
            state_file.keep_as(self._db, self._file, version)
        if version < tables.VERSION:
            with self._transaction() as db:
                tables.bring_on(db, version)

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
            self._open = None

    def failure(self, exc: sqlite3.Error) -> LocalError:
        """What went wrong, for people. A broken file is not opened again. Closed is nothing for people, and raised."""
        if isinstance(exc, Closed):
            raise exc
        if state_file.is_broken(exc):
            state_file.condemn(self._file)
        return state_file.failure(exc, self._file)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # -- what is known

    @property
    def seq(self) -> int:
        """The commit up to which the log was read; -1 before the first contact."""
        return int(self.note("seq") or -1)

    @property
    def tip(self) -> tuple[int, str]:
        """`seq`, and the id of that commit: "" where it is not known."""
        seq = self.seq
        known, _, commit_id = (self.note("tip") or "").partition(" ")
        return seq, commit_id if known == str(seq) else ""

    def identify(self, commit_id: str) -> None:
        """Which commit it is, up to which the log was read."""
        with self._transaction() as db:
            tables.set_note(db, "tip", f"{self.seq} {commit_id}")

    def note(self, name: str) -> str | None:
        rows = self._all("SELECT value FROM meta WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def set_note(self, name: str, value: str) -> None:
        with self._transaction() as db:
            tables.set_note(db, name, value)

    def row(self, path: str) -> Row:
        with self._lock:
            return tables.row(self._db, path)

    def rows(self, paths: Iterable[str]) -> dict[str, Row]:
        """The same of many paths at once."""
        with self._lock:
            return tables.rows(self._db, paths)

    def remote(self, path: str) -> Entry | Tombstone | None:
        return self.row(path).remote

    def walk(self, under: str = "", after: str = "") -> Iterator[Row]:
        """Every path the ledger knows below `under` (and behind `after`), in order, a page in memory at a time."""
        first = f"{under}/" if under else ""
        past = f"{under}0" if under else "\U0010ffff"  # "0" is the character after "/"
        after = max(first, after)
        while True:
            page = self._all(
                "SELECT path, b.size, b.mtime_ns, b.ctime_ns, b.inode, b.mode, b.text, a.text FROM"
                " (SELECT path FROM base WHERE path > ?1 AND path < ?2 UNION SELECT path FROM ahead"
                "  WHERE path > ?1 AND path < ?2 ORDER BY path LIMIT ?3)"
                " LEFT JOIN base b USING (path) LEFT JOIN ahead a USING (path) ORDER BY path",
                (after, past, _PAGE),
            )
            yield from (tables.row_of(row) for row in page)
            if len(page) < _PAGE:
                return
            after = str(page[-1][0])

    def above_something(self, paths: Iterable[str]) -> list[str]:
        """Those of the paths below which the ledger knows any."""
        found = self._all(
            "SELECT j.value FROM json_each(?) j"
            " WHERE EXISTS (SELECT 1 FROM base WHERE path > j.value || '/' AND path < j.value || '0')"
            " OR EXISTS (SELECT 1 FROM ahead WHERE path > j.value || '/' AND path < j.value || '0')",
            (tables.json_array(paths),),
        )
        return [str(path) for (path,) in found]

    def live_below(self, path: str) -> bool:
        """Whether the head holds anything below the path."""
        return any(isinstance(row.remote, Entry) for row in self.walk(path))

    def by_digest(self, digest: str) -> list[tuple[str, Base]]:
        """A few paths whose agreed bytes have this digest."""
        rows = self._all(
            "SELECT path, size, mtime_ns, ctime_ns, inode, mode, text FROM base WHERE digest = ? AND digest != '' LIMIT 4",
            (digest,),
        )
        return [(str(row[0]), tables.base_of(row[1:])) for row in rows]

    def has_digests(self, digests: Iterable[str]) -> set[str]:
        """Those of which `by_digest` knows a path."""
        rows = self._all(
            "SELECT j.value FROM json_each(?) j"
            " WHERE EXISTS (SELECT 1 FROM base WHERE digest = j.value AND digest != '')",
            (tables.json_array(digests),),
        )
        return {str(digest) for (digest,) in rows}

    def count(self) -> int:
        """Paths in the base, directories left out, and what has expired and is only here."""
        ((count,),) = self._all("SELECT count(*) FROM base WHERE kind != 'dir'")
        return int(str(count)) - self.ages.only_here()

    def intents_of(self, paths: Iterable[str]) -> dict[str, list[Intent]]:
        """By path, the uploads that are in no commit yet."""
        rows = self._all(
            "SELECT i.path, i.uid, i.digest FROM json_each(?) j JOIN intents i ON i.path = j.value",
            (tables.json_array(paths),),
        )
        found: dict[str, list[Intent]] = {}
        for path, uid, digest in rows:
            found.setdefault(str(path), []).append(Intent(str(path), str(uid), str(digest)))
        return found

    def intended(self) -> list[str]:
        """Paths with an upload that is in no commit yet."""
        return [str(row[0]) for row in self._all("SELECT DISTINCT path FROM intents ORDER BY path")]

    def landings(self) -> list[Landing]:
        rows = self._all("SELECT staged, path, text, keep_as, folder FROM landings")
        found = []
        for staged, path, text, keep_as, folder in rows:
            entry = decode(str(text))
            assert isinstance(entry, Entry)
            kept = None if keep_as is None else str(keep_as)
            found.append(Landing(str(staged), str(path), entry, kept, int(str(folder))))
        return found

    def knows_uid(self, uid: str, path: str) -> bool:
        """Whether an object with this uid is a leftover at the path: superseded, or our own unfinished upload."""
        return bool(
            self._all(
                "SELECT 1 FROM old WHERE uid = ?1 UNION SELECT 1 FROM intents WHERE uid = ?1 AND path = ?2",
                (uid, path),
            )
        )

    def was_version(self, path: str, digest: str) -> bool:
        """Whether these bytes were an earlier version of the path, as far as this ledger has read the log."""
        return bool(self._all("SELECT 1 FROM old WHERE path = ? AND digest = ?", (path, digest)))

    def uploads_of(self, path: str, digest: str) -> list[str]:
        """The uids that the log has left behind of uploads of these bytes to this path."""
        rows = self._all("SELECT uid FROM old WHERE path = ? AND digest = ? AND digest != ''", (path, digest))
        return [str(uid) for (uid,) in rows]

    def superseded_at(self, path: str) -> int | None:
        """The newest commit that left an upload to this path behind; None: none that this ledger knows of."""
        found = self._all("SELECT max(seq) FROM old WHERE path = ?", (path,))[0][0]
        return None if found is None else int(str(found))

    def in_log(self, digest: str) -> bool:
        """Whether the log has these bytes anywhere, now or before; of a symlink's target, now."""
        return bool(
            self._all(
                "SELECT 1 FROM base WHERE digest = ?1 AND digest != '' UNION SELECT 1 FROM old WHERE digest = ?1"
                " AND digest != '' UNION SELECT 1 FROM ahead WHERE ?1 != '' AND instr(text, ?1)",
                (digest,),
            )
        ) or any(blake3(target.encode()).hexdigest() == digest for target in self._targets())

    def _targets(self) -> Iterator[str]:
        rows = self._all(
            "SELECT json_extract(text, '$[10]') FROM base WHERE kind = 'symlink' UNION ALL"
            " SELECT json_extract(text, '$[10]') FROM ahead WHERE NOT gone AND json_extract(text, '$[0]') = 'symlink'"
        )
        return (str(row[0]) for row in rows)

    def recent(self) -> list[str]:
        """Paths of which something was agreed in the last minutes that anything was, and that a disk may not have written yet."""
        with self._lock:
            marks = tables.marks_of(self._db)
        written = [seq for at, seq in marks if marks[-1][0] - at > tables.UNWRITTEN_S]
        after = max(written, default=-1)
        rows = self._all(
            "SELECT path FROM base WHERE json_extract(text, '$[6]') > ? AND json_extract(text, '$[11]') != ?"
            " AND path NOT IN (SELECT path FROM archives WHERE state = ?) ORDER BY path",
            (after, MEMBER, State.REMOVED),
        )
        return [str(row[0]) for row in rows]

    def exposed(self, path: str) -> bool:
        """Whether something took the place of what was agreed for this path, and nobody kept that."""
        return bool(self._all("SELECT 1 FROM exposed WHERE path = ?", (path,)))

    def left_out(self, path: str) -> Base | None:
        """What was agreed on for a path that a rule left out."""
        rows = self._all(
            "SELECT size, mtime_ns, ctime_ns, inode, mode, text FROM left_out WHERE path = ?", (path,)
        )
        return tables.base_of(rows[0]) if rows else None

    def leaves_out(self) -> bool:
        """Whether there is any such path."""
        return bool(self._all("SELECT 1 FROM left_out LIMIT 1"))

    def unswept(self, limit: int) -> list[str]:
        """Paths deleted by us whose object may still be there."""
        rows = self._all("SELECT path FROM ahead WHERE mine = 1 LIMIT ?", (limit,))
        return [str(row[0]) for row in rows]

    # -- the log moves

    def begin(self, commit_id: str, paths: Iterable[str]) -> None:
        """Durable before the commit is sent: what it says of these paths is what is here, also if no answer comes.

        Only for what has no upload of its own to be known by: deletions, directories, symlinks, modes.
        """
        with self._transaction() as db:
            begun = {**tables.begun(db), commit_id: list(paths)}
            tables.set_note(db, "begun", json.dumps(begun))

    def apply(self, commit: Commit) -> bool:
        """Someone else's commit, or one of ours whose answer was lost (True): the head moves to it."""
        with self._transaction() as db:
            ours = frozenset(tables.begun(db).get(commit.id, ()))
            for change in commit.changes:
                tables.apply_change(db, change, commit.seq, ours=change.path in ours)
            tables.condemn(db, commit.condemned, commit.seq, mine=bool(ours))
            tables.mark(db, commit.seq, self._clock())
            tables.set_tip(db, commit.seq, commit.id)
        return bool(ours)

    def replace(self, checkpoint: Checkpoint) -> None:
        """The head is this tree: at the first contact, or past commits that were pruned."""
        with self._transaction() as db:
            db.execute("CREATE TEMP TABLE IF NOT EXISTS present (path TEXT PRIMARY KEY) WITHOUT ROWID")
            db.execute("DELETE FROM present")
            for path, now in checkpoint.rows:
                db.execute("INSERT OR REPLACE INTO present VALUES (?)", (path,))
                tables.apply_change(db, Change(path, now), checkpoint.seq)
            # A path the checkpoint does not name was deleted, and its removal seen, before it was written.
            gone = Tombstone(vid=checkpoint.seq, swept=True)
            for table in ("ahead", "slices", "unsettled"):
                db.execute(f"DELETE FROM {table} WHERE path NOT IN (SELECT path FROM present)")  # noqa: S608
            # What is in none of them now was condemned in between, or is found by a listing.
            db.execute(
                "UPDATE packs SET live = (SELECT coalesce(sum(bytes), 0) FROM"
                " (SELECT max(bytes) AS bytes FROM slices WHERE pack = packs.pack GROUP BY offset))"
            )
            db.execute("DELETE FROM packs WHERE live = 0")
            db.execute(
                "INSERT INTO ahead SELECT path, ?, 1, 1, 0 FROM base WHERE path NOT IN (SELECT path FROM present)"
                " AND json_extract(text, '$[11]') != ?",
                (encode(gone), MEMBER),
            )
            # Nor does it name their uploads any more: an object that turns up with one of them is a leftover.
            db.execute(
                "INSERT OR IGNORE INTO old SELECT json_extract(text, '$[5]'), path, ?, digest FROM base"
                " WHERE kind = 'file' AND path NOT IN (SELECT path FROM present) AND json_extract(text, '$[11]') != ?",
                (checkpoint.seq, MEMBER),
            )
            db.execute("DELETE FROM present")
            # Nobody tells us what happened in between: what is here may be the last copy of it.
            db.execute(
                "INSERT OR IGNORE INTO exposed SELECT path FROM ahead JOIN base USING (path) WHERE kind = 'file'"
            )
            tables.set_tip(db, checkpoint.seq, "")

    def settle(
        self, seq: int, items: Iterable[Settled], commit_id: str = "", condemned: Iterable[str] = ()
    ) -> None:
        """Our own commit `seq` stands: the base moves to it. `commit_id`: as in `tip`; `condemned`: packs."""
        with self._transaction() as db:
            settled = list(items)
            rows = tables.rows(db, (one.change.path for one in settled))
            for change, stamp, adopted in settled:
                if adopted:
                    tables.apply_change(db, change, seq, ours=isinstance(change.now, Tombstone))
                    continue
                before = rows[change.path].remote
                now = None if change.now is None else resolved(change.now, before)
                tables.supersede(db, change.path, before, now, seq)
                for uid, _ in change.void:
                    db.execute("INSERT OR IGNORE INTO old VALUES (?, ?, ?, '')", (uid, change.path, seq))
                # Whatever was begun for this path is behind this commit now.
                db.execute("DELETE FROM intents WHERE path = ?", (change.path,))
                match now:
                    case Entry() as entry:
                        tables.set_base(db, change.path, entry, stamp)
                        db.execute("DELETE FROM ahead WHERE path = ?", (change.path,))
                    case Tombstone() as gone:
                        db.execute("DELETE FROM base WHERE path = ?", (change.path,))
                        tables.set_ahead(db, change.path, gone, mine=bool(gone.objects))
                    case None if change.swept:
                        tables.sweep(db, change.path)
            tables.condemn(db, condemned, seq, mine=True)
            tables.mark(db, seq, self._clock())
            tables.set_tip(db, seq, commit_id)

    # -- this machine's side

    def intend(self, intents: Iterable[Intent]) -> None:
        """Durable before the request is sent."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO intents (path, uid, digest) VALUES (?, ?, ?)",
                [tuple(one) for one in intents],
            )

    def land(self, landings: Iterable[Landing]) -> None:
        """Durable before the exchange."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO landings VALUES (?, ?, ?, ?, ?)",
                [(one.staged, one.path, encode(one.entry), one.keep_as, one.folder) for one in landings],
            )

    def agree(
        self,
        agreed: Iterable[Agreed],
        gone: Iterable[str] = (),
        landed: Iterable[str] = (),
        due: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Local and head agree on these paths; `gone`: on their absence; `landed`: staged names that are done with; `due`:
        archives, with their vid, that are to be extracted.
        """
        with self._transaction() as db:
            for path, entry, stamp in agreed:
                head = tables.row(db, path).remote
                tables.set_base(db, path, entry, stamp)
                # A download replaced whatever an unfinished upload of this path was about.
                db.execute("DELETE FROM intents WHERE path = ?", (path,))
                tables.restate(db, path, head, entry)
            for path in gone:
                head = tables.row(db, path).remote
                db.execute("DELETE FROM base WHERE path = ?", (path,))
                tables.restate(db, path, head, None)
            db.executemany("DELETE FROM landings WHERE staged = ?", [(one,) for one in landed])
            for path, vid in due:
                tables.set_archive(db, Archive(path, vid, State.DUE))

    def leave_out(self, paths: Iterable[str]) -> None:
        """A rule leaves these out: nothing is agreed on for them any more, and nobody's deletion of them means anything."""
        with self._transaction() as db:
            for path in paths:
                tables.leave_out(db, path)

    def take_back(self, paths: Iterable[str], forget: Iterable[str]) -> None:
        """These take part again, from what was agreed on before a rule left them out; `forget`: from nothing."""
        with self._transaction() as db:
            for path in paths:
                tables.take_back(db, path)
            db.executemany("DELETE FROM left_out WHERE path = ?", [(path,) for path in forget])

    def restamp(self, stamps: Iterable[tuple[str, Stamp]]) -> None:
        """The files are the base's still, only their stamps moved (or were not known)."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE base SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, mode = ? WHERE path = ?",
                [(*stamp, path) for path, stamp in stamps],
            )

    def remember(self, uploads: Iterable[tuple[str, str, int, str]]) -> None:
        """(uid, path, commit, digest or "") of uploads that the log left behind before we began to read it."""
        with self._transaction() as db:
            db.executemany("INSERT OR IGNORE INTO old VALUES (?, ?, ?, ?)", uploads)

    def swept(self, paths: Iterable[str]) -> None:
        """The objects of these tombstones were seen to be gone."""
        with self._transaction() as db:
            db.executemany("UPDATE ahead SET mine = 0 WHERE path = ?", [(path,) for path in paths])

    def tree(self) -> Iterator[tuple[str, Entry | Tombstone]]:
        """The head's tree, tombstones whose removal was not seen included, in order: a checkpoint's rows."""
        for row in self.walk():
            now = row.remote
            if now is not None and not (isinstance(now, Tombstone) and now.swept and not now.lasts):
                yield row.path, now

    def forget_old(self, below: int) -> None:
        """Superseded uids of commits that were pruned are nobody's concern any more."""
        with self._transaction() as db:
            db.execute("DELETE FROM old WHERE seq < ?", (below,))
            db.execute("DELETE FROM condemned WHERE seq < ? AND NOT mine", (below,))
