"""The ledger's tables (ledger.py says what they are for), and the statements that every transaction on them is made of."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from holdall.engine.rows import Base, Row, decode, encode
from holdall.log.codec import Change, resolved
from holdall.model import MEMBER, Entry, Stamp, Tombstone

SCHEMA: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE base (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, mode INTEGER,
    kind TEXT NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX base_digest ON base (digest) WHERE digest != '';
CREATE TABLE ahead (
    path TEXT PRIMARY KEY, text TEXT NOT NULL, gone INTEGER NOT NULL, swept INTEGER NOT NULL, mine INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE intents (uid TEXT PRIMARY KEY, path TEXT NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX intents_path ON intents (path);
CREATE TABLE landings (staged TEXT PRIMARY KEY, path TEXT NOT NULL, text TEXT NOT NULL, keep_as TEXT, folder INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE exposed (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE old (uid TEXT PRIMARY KEY, path TEXT NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX old_digest ON old (path, digest);
"""
PACKS: Final = """
CREATE TABLE slices (
    pack TEXT NOT NULL, offset INTEGER NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (pack, offset, path)
) WITHOUT ROWID;
CREATE INDEX slices_path ON slices (path);
CREATE TABLE packs (pack TEXT PRIMARY KEY, bytes INTEGER NOT NULL, live INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE unsettled (path TEXT PRIMARY KEY, lay INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE condemned (pack TEXT PRIMARY KEY, seq INTEGER NOT NULL, mine INTEGER NOT NULL) WITHOUT ROWID;
"""
ARCHIVES: Final = """
CREATE TABLE archives (
    path TEXT PRIMARY KEY, vid INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, fix TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE members (path TEXT PRIMARY KEY, archive TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX members_archive ON members (archive);
"""
LEFT_OUT: Final = """
CREATE TABLE left_out (
    path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER, mode INTEGER,
    kind TEXT NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
"""
AGES: Final = """
CREATE TABLE recycled (first TEXT PRIMARY KEY, past TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ages (path TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX ages_since ON ages (since, path);
CREATE TRIGGER base_ages AFTER INSERT ON base WHEN json_extract(NEW.text, '$[0]') = 'file' AND json_extract(NEW.text, '$[7]') > 0
    AND EXISTS (SELECT 1 FROM recycled WHERE NEW.path >= first AND NEW.path < past)
    BEGIN INSERT INTO ages VALUES (NEW.path, json_extract(NEW.text, '$[7]'))
    ON CONFLICT (path) DO UPDATE SET since = min(since, excluded.since); END;
CREATE TRIGGER ahead_ages AFTER INSERT ON ahead WHEN json_extract(NEW.text, '$[0]') = 'file' AND json_extract(NEW.text, '$[7]') > 0
    AND EXISTS (SELECT 1 FROM recycled WHERE NEW.path >= first AND NEW.path < past)
    BEGIN INSERT INTO ages VALUES (NEW.path, json_extract(NEW.text, '$[7]'))
    ON CONFLICT (path) DO UPDATE SET since = min(since, excluded.since); END;
"""
STEPS: Final = (SCHEMA, PACKS, LEFT_OUT, ARCHIVES, AGES)
"""What takes a ledger from each version to the next."""
VERSION: Final = len(STEPS)

UNWRITTEN_S = 120.0
"""What is older than this a local disk has written: Linux begins after 30 seconds, and asks its journals every 5."""
_MARK_EVERY_S = 10.0

_UNKEPT = {"foreign", "blind"}
"""Flags of entries before which nobody kept what had been there."""


def bring_on(db: sqlite3.Connection, version: int) -> None:
    """A ledger of an earlier version (0: an empty file) to this one."""
    for statement in "".join(STEPS[version:]).split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version={VERSION}")


def row(db: sqlite3.Connection, path: str) -> Row:
    found = db.execute(
        "SELECT ?1, b.size, b.mtime_ns, b.ctime_ns, b.inode, b.mode, b.text, a.text FROM (SELECT 1)"
        " LEFT JOIN base b ON b.path = ?1 LEFT JOIN ahead a ON a.path = ?1",
        (path,),
    ).fetchone()
    return row_of(found)


def rows(db: sqlite3.Connection, paths: Iterable[str]) -> dict[str, Row]:
    found = db.execute(
        "SELECT j.value, b.size, b.mtime_ns, b.ctime_ns, b.inode, b.mode, b.text, a.text FROM json_each(?) j"
        " LEFT JOIN base b ON b.path = j.value LEFT JOIN ahead a ON a.path = j.value",
        (json_array(paths),),
    )
    return {row.path: row for row in map(row_of, found)}


def row_of(row: Sequence[object]) -> Row:
    path, *stamp, text, ahead = row
    base = None if text is None else base_of([*stamp, text])
    return Row(str(path), base, None if ahead is None else str(ahead))


def base_of(row: Sequence[object]) -> Base:
    *stamp, text = row
    return Base(None if stamp[0] is None else Stamp(*stamp), str(text))  # type: ignore[arg-type]


def set_base(db: sqlite3.Connection, path: str, entry: Entry, stamp: Stamp | None) -> None:
    db.execute("DELETE FROM exposed WHERE path = ?", (path,))
    db.execute("DELETE FROM left_out WHERE path = ?", (path,))
    db.execute(
        "INSERT OR REPLACE INTO base VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (path, *(stamp or (None,) * 5), entry.kind.value, entry.digest, encode(entry)),
    )


def set_archive(db: sqlite3.Connection, archive: tuple[object, ...]) -> None:
    db.execute("INSERT OR REPLACE INTO archives VALUES (?, ?, ?, ?, ?)", archive)


def restate(db: sqlite3.Connection, path: str, head: Entry | Tombstone | None, base: Entry | None) -> None:
    """The base moved, the head did not: it may be further on than what has just arrived."""
    if base is not None and base.flag == MEMBER:
        return
    if head == base or (base is None and isinstance(head, Tombstone) and head.swept and not head.lasts):
        db.execute("DELETE FROM ahead WHERE path = ?", (path,))
    elif head is None:
        set_ahead(db, path, Tombstone(vid=0, swept=True), mine=False)
    elif isinstance(head, Entry):
        set_ahead(db, path, head, mine=False)


def leave_out(db: sqlite3.Connection, path: str) -> None:
    head = row(db, path).remote
    db.execute("INSERT OR REPLACE INTO left_out SELECT * FROM base WHERE path = ?", (path,))
    db.execute("DELETE FROM base WHERE path = ?", (path,))
    restate(db, path, head, None)


def take_back(db: sqlite3.Connection, path: str) -> None:
    head = row(db, path).remote
    db.execute("INSERT OR IGNORE INTO base SELECT * FROM left_out WHERE path = ?", (path,))
    db.execute("DELETE FROM left_out WHERE path = ?", (path,))
    base = row(db, path).base
    restate(db, path, head, None if base is None else base.entry)


def set_ahead(db: sqlite3.Connection, path: str, now: Entry | Tombstone, *, mine: bool) -> None:
    gone = isinstance(now, Tombstone)
    db.execute(
        "INSERT OR REPLACE INTO ahead VALUES (?, ?, ?, ?, ?)",
        (path, encode(now), gone, isinstance(now, Tombstone) and now.swept, mine),
    )


def apply_change(db: sqlite3.Connection, change: Change, seq: int, *, ours: bool = False) -> None:
    path = change.path
    known = row(db, path)
    for uid, _ in change.void:
        db.execute("INSERT OR IGNORE INTO old VALUES (?, ?, ?, '')", (uid, path, seq))
    if change.now is None:
        if change.swept:
            sweep(db, path)
        return
    now = resolved(change.now, known.remote)
    supersede(db, path, known.remote, now, seq)
    base = None if known.base is None else known.base.entry
    if isinstance(now, Entry) and now.flag in _UNKEPT and base is not None and base.uid:
        db.execute("INSERT OR IGNORE INTO exposed VALUES (?)", (path,))
    if isinstance(now, Entry):
        announced = db.execute("DELETE FROM intents WHERE uid = ? AND path = ?", (now.uid, path)).rowcount > 0
        if ours or announced:
            # Our own commit, after all: this is what we agreed on, whatever came after it.
            set_base(db, path, now, None)
            base = now
    elif ours and not now.expired:
        db.execute("DELETE FROM base WHERE path = ?", (path,))
        base = None
    if base is not None and now == base:
        db.execute("DELETE FROM ahead WHERE path = ?", (path,))
    elif isinstance(now, Entry) and _is_only_moved(base, now):
        move(db, path, now)
    else:
        set_ahead(db, path, now, mine=ours and isinstance(now, Tombstone) and bool(now.objects))


def _is_only_moved(base: Entry | None, now: Entry) -> bool:
    return base is not None and now._replace(where=base.where) == base


def supersede(
    db: sqlite3.Connection,
    path: str,
    before: Entry | Tombstone | None,
    now: Entry | Tombstone | None,
    seq: int,
) -> None:
    """The head moves on from an entry: its slices, and the uids that the log has left behind, are noted."""
    repack(db, path, before, now)
    old: list[tuple[str, str, int, str]] = []
    if (
        isinstance(before, Entry)
        and before.uid
        and now is not None
        and not (isinstance(now, Entry) and now.uid == before.uid)
    ):
        old.append((before.uid, path, seq, before.digest))
    if isinstance(now, Tombstone):
        old.extend((uid, path, seq, now.digest) for uid, _ in now.objects if uid)
    db.executemany("INSERT OR IGNORE INTO old VALUES (?, ?, ?, ?)", old)
    if isinstance(now, Entry) and now.uid:
        # The same bytes at the same key again: the object that a tombstone was about is the version's own now.
        db.execute("DELETE FROM old WHERE uid = ?", (now.uid,))


def repack(
    db: sqlite3.Connection, path: str, before: Entry | Tombstone | None, now: Entry | Tombstone | None
) -> None:
    """Note where in packs the head's bytes of a path are."""
    was = before.packed if isinstance(before, Entry) else None
    where = now.packed if isinstance(now, Entry) else None
    if now is None or was == where:
        return
    if was is not None:
        alone = _alone(db, path)
        db.executemany("UPDATE packs SET live = live - ?2 WHERE pack = ?1", alone)
        db.execute("DELETE FROM slices WHERE path = ?", (path,))
        db.execute("DELETE FROM unsettled WHERE path = ?", (path,))
    if where is not None:
        # A large file may have the same block twice.
        db.executemany(
            "INSERT OR IGNORE INTO slices VALUES (?, ?, ?, ?)",
            [(pack, offset, path, length) for pack, offset, length in where.slices],
        )
        db.executemany(
            "INSERT INTO packs VALUES (?1, 0, 0) ON CONFLICT DO NOTHING",
            {(one.pack,) for one in where.slices},
        )
        db.executemany(
            "UPDATE packs SET live = live + ?2, bytes = max(bytes, live + ?2) WHERE pack = ?1",
            _alone(db, path),
        )
        if where.lay or where.shadow:
            db.execute("INSERT INTO unsettled VALUES (?, ?)", (path, where.lay))


def _alone(db: sqlite3.Connection, path: str) -> list[tuple[str, int]]:
    """Pack -> bytes there that no other path has, too: copies of a file, and its blocks that stay, lie in one place."""
    return db.execute(
        "SELECT pack, sum(bytes) FROM slices s WHERE path = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM slices WHERE pack = s.pack AND offset = s.offset AND path != ?1) GROUP BY pack",
        (path,),
    ).fetchall()


def move(db: sqlite3.Connection, path: str, now: Entry) -> None:
    """The same version as the base's, elsewhere in the store: nothing that anybody has to look at."""
    db.execute("UPDATE base SET text = ? WHERE path = ?", (encode(now), path))
    db.execute("DELETE FROM ahead WHERE path = ?", (path,))


def condemn(db: sqlite3.Connection, packs: Iterable[str], seq: int, *, mine: bool) -> None:
    for pack in packs:
        db.execute("INSERT OR REPLACE INTO condemned VALUES (?, ?, ?)", (pack, seq, mine))
        db.execute("DELETE FROM packs WHERE pack = ?", (pack,))


def sweep(db: sqlite3.Connection, path: str) -> None:
    found = row(db, path)
    head = found.remote
    if isinstance(head, Entry) and head.packed is not None:
        now = head._replace(where=head.packed._replace(shadow=()))
        repack(db, path, head, now)
        if found.ahead is None and found.base is not None:
            move(db, path, now)
        else:
            set_ahead(db, path, now, mine=False)
        return
    if found.ahead is None:
        return
    gone = decode(found.ahead)
    if isinstance(gone, Tombstone):
        if found.base is None and not gone.lasts:
            db.execute("DELETE FROM ahead WHERE path = ?", (path,))
        else:
            set_ahead(db, path, gone._replace(swept=True), mine=False)


def json_array(paths: Iterable[str]) -> str:
    """For json_each: one statement in place of one for each path, between which other threads may take their turn."""
    return json.dumps(list(paths), ensure_ascii=False)


def begun(db: sqlite3.Connection) -> dict[str, list[str]]:
    row = db.execute("SELECT value FROM meta WHERE name = 'begun'").fetchone()
    return {} if row is None else dict(json.loads(row[0]))


def set_tip(db: sqlite3.Connection, seq: int, commit_id: str) -> None:
    """The log was read up to this commit. Whatever commits of ours were begun, they were for a number that is taken now."""
    set_note(db, "seq", str(seq))
    set_note(db, "tip", f"{seq} {commit_id}")
    db.execute("DELETE FROM meta WHERE name = 'begun'")


def mark(db: sqlite3.Connection, seq: int, at_s: float) -> None:
    """Commit `seq` was agreed on here at this time. Kept are the last minutes, and one mark from before them."""
    marks = [one for one in marks_of(db) if one[0] <= at_s]
    if not marks or at_s - marks[-1][0] >= _MARK_EVERY_S:
        marks.append((at_s, seq))
    old = [one for one in marks if at_s - one[0] > UNWRITTEN_S]
    set_note(db, "marks", json.dumps(marks[max(len(old) - 1, 0) :]))


def marks_of(db: sqlite3.Connection) -> list[tuple[float, int]]:
    """(unix seconds, number of a commit), the oldest first."""
    row = db.execute("SELECT value FROM meta WHERE name = 'marks'").fetchone()
    return [] if row is None else [(float(at), int(seq)) for at, seq in json.loads(row[0])]


def set_note(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
