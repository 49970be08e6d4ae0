"""What a ledger remembers of archives that are extracted here, and of what came out of them.

archives  path of the archive -> the version that it is about, and how far that is
members   path -> the archive that holds a member of this name, whatever became of the file here

A member as it was extracted is a row of the base with the flag "member": it is in no log. Once its user edits it, the base is
what they uploaded, as for any file.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import NamedTuple

from holdall.engine import tables
from holdall.engine.rows import Base
from holdall.engine.words import Agreed
from holdall.model import MEMBER


class State(StrEnum):
    DUE = "due"  # it was downloaded, and is to be extracted
    DONE = "done"
    REMOVED = "removed"  # done, and the archive itself was taken away here by us
    REFUSED = "refused"


class Archive(NamedTuple):
    """`vid` of its bytes; `reason`, `fix`: why it is refused, and what a person can do."""

    path: str
    vid: int
    state: State
    reason: str = ""
    fix: str = ""


class Archives:
    """The part of a ledger that is about archives; its methods are transactions like the ledger's own."""

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
        rows: Callable[[str, Sequence[object]], list[tuple[object, ...]]],
    ) -> None:
        self._transaction = transaction
        self._rows = rows

    def known(self) -> dict[str, Archive]:
        """By path."""
        rows = self._rows("SELECT path, vid, state, reason, fix FROM archives ORDER BY path", ())
        found = (
            Archive(str(row[0]), int(str(row[1])), State(str(row[2])), *map(str, row[3:])) for row in rows
        )
        return {one.path: one for one in found}

    def members(self, archive: str) -> dict[str, Base]:
        """What came out of it and is, as far as is known, still as it did."""
        rows = self._rows(
            "SELECT b.path, b.size, b.mtime_ns, b.ctime_ns, b.inode, b.mode, b.text FROM members m JOIN base b USING (path)"
            " WHERE m.archive = ? AND json_extract(text, '$[11]') = ? ORDER BY path",
            (archive, MEMBER),
        )
        return {str(row[0]): tables.base_of(row[1:]) for row in rows}

    def of(self, paths: Iterable[str]) -> dict[str, str]:
        """Those of the paths that are members' -> the archive."""
        rows = self._rows(
            "SELECT m.path, m.archive FROM json_each(?) j JOIN members m ON m.path = j.value",
            (tables.json_array(paths),),
        )
        return {str(path): str(archive) for path, archive in rows}

    def begin(self, archive: str, members: Iterable[str], folders: Iterable[Agreed]) -> None:
        """Durable before the first of its members is put in its place; `folders`: those of them that are about to be made."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO members VALUES (?, ?)", [(one, archive) for one in members]
            )
            for path, entry, stamp in folders:
                tables.set_base(db, path, entry, stamp)

    def forget(self, paths: Iterable[str]) -> None:
        """An earlier version's members that this one does not have."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM base WHERE path = ? AND json_extract(text, '$[11]') = ?",
                [(one, MEMBER) for one in paths],
            )

    def placed(self, agreed: Iterable[Agreed], landed: Iterable[str] = ()) -> None:
        """These members are in their places; `landed`: the staged names that they had."""
        with self._transaction() as db:
            for path, entry, stamp in agreed:
                tables.set_base(db, path, entry, stamp)
            db.executemany("DELETE FROM landings WHERE staged = ?", [(one,) for one in landed])

    def note(self, archive: Archive) -> list[str]:
        """How it stands. Where it is refused, what came out of an earlier version is its user's from now on: the paths."""
        with self._transaction() as db:
            tables.set_archive(db, archive)
            return _release(db, archive.path) if archive.state is State.REFUSED else []

    def release_stale(self) -> list[str]:
        """Of archives that are gone from the head, or of which another version is here that is not extracted: what came out
        of them is their user's from now on. The paths. What came out of one that has expired is as old as that.
        """
        stale = self._rows(
            "SELECT a.path, b.path IS NULL FROM archives a LEFT JOIN base b USING (path) LEFT JOIN ahead h USING (path)"
            " WHERE CASE WHEN b.path IS NULL THEN coalesce(h.gone AND NOT json_extract(h.text, '$[3]'), 1)"
            " ELSE json_extract(b.text, '$[6]') != a.vid END",
            (),
        )
        if not stale:
            return []
        released: list[str] = []
        with self._transaction() as db:
            for archive, is_gone in stale:
                released += _release(db, str(archive))
                db.execute("DELETE FROM archives WHERE path = ?", (archive,))
                if is_gone:
                    db.execute("DELETE FROM members WHERE archive = ?", (archive,))
        return released


def _release(db: sqlite3.Connection, archive: str) -> list[str]:
    found = db.execute(
        "DELETE FROM base WHERE path IN (SELECT path FROM members WHERE archive = ?)"
        " AND json_extract(text, '$[11]') = ? RETURNING path",
        (archive, MEMBER),
    )
    return [str(row[0]) for row in found.fetchall()]
