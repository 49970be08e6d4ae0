"""What the ledger knows of ages: when the bytes of files were put that may expire. The oldest cost as many steps as there are.

recycled  where paths may expire: from `first` on, before `past`
ages      path -> when bytes of it were put (unix ms), of paths in there. What took their place since was put later, or is gone: a
          row says where to look, not what the head has.

Both are empty where nothing expires. Triggers keep up with whatever is written to the tables that the head is in.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

from holdall.engine import tables
from holdall.model import Entry, Kind

_PAGE: Final = 2000
_NOTE: Final = "ages"
"""The note of the paths that the rows are about, once they are whole."""


class Ages:
    """A part of the Ledger. `query`: rows of a statement; `transaction`: as the Ledger's."""

    def __init__(
        self,
        query: Callable[[str, Sequence[object]], list[tuple[object, ...]]],
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
    ) -> None:
        self._query = query
        self._transaction = transaction

    def watch(self, paths: Iterable[str]) -> None:
        """Know how old the head's files at these paths and below are. A walk through all where these are others than before."""
        paths = sorted(paths)
        said = json.dumps(paths, ensure_ascii=False)
        if self._query("SELECT 1 FROM meta WHERE name = ? AND value = ?", (_NOTE, said)):
            return
        with self._transaction() as db:
            for table in ("ages", "recycled"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 (one of the two)
            db.execute("DELETE FROM meta WHERE name = ?", (_NOTE,))
            ranges = (one for path in paths for one in _ranges(path))
            db.executemany("INSERT OR IGNORE INTO recycled VALUES (?, ?)", ranges)
        for table in ("base", "ahead") if paths else ():
            after: str | None = ""
            while after is not None:
                with self._transaction() as db:
                    after = _note_page(db, table, after)
        with self._transaction() as db:
            tables.set_note(db, _NOTE, said)

    def put_off(self, until: Mapping[str, int]) -> None:
        """These are as old as something else that was put then: before that is old enough, nobody need look."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE ages SET since = ? WHERE path = ?", [(since, path) for path, since in until.items()]
            )

    def only_here(self) -> int:
        """Files that have expired, and that this disk still had when it was looked at last."""
        rows = self._query(
            "SELECT count(*) FROM ahead a JOIN base b USING (path) WHERE a.gone AND b.kind = 'file'"
            " AND json_extract(a.text, '$[3]')",
            (),
        )
        return int(str(rows[0][0]))

    def older(self, before_ms: int) -> Iterator[tuple[str, Entry]]:
        """The head's files whose bytes were put before, of those that are watched; the oldest first."""
        after = (0, "")
        while True:
            with self._transaction() as db:
                page = db.execute(
                    "SELECT since, path FROM ages WHERE since < ? AND (since, path) > (?, ?)"
                    " ORDER BY since, path LIMIT ?",
                    (before_ms, *after, _PAGE),
                ).fetchall()
                found = _corrected(db, page)
            yield from ((path, head) for path, head in found if head.uploaded_at < before_ms)
            if len(page) < _PAGE:
                return
            after = page[-1]


def _note_page(db: sqlite3.Connection, table: str, after: str) -> str | None:
    """Note what the table has behind a path; the last that was looked at, None at the end."""
    page = f"SELECT path, text FROM {table} WHERE path > ? ORDER BY path LIMIT {_PAGE}"  # noqa: S608 (one of the two)
    last, count = db.execute(f"SELECT max(path), count(*) FROM ({page})", (after,)).fetchone()  # noqa: S608
    db.execute(
        f"INSERT INTO ages SELECT path, json_extract(text, '$[7]') FROM ({page})"  # noqa: S608
        " WHERE json_extract(text, '$[0]') = 'file' AND json_extract(text, '$[7]') > 0"
        " AND EXISTS (SELECT 1 FROM recycled WHERE path >= first AND path < past)"
        " ON CONFLICT (path) DO UPDATE SET since = min(since, excluded.since)",
        (after,),
    )
    return str(last) if count == _PAGE else None


def _corrected(db: sqlite3.Connection, page: list[tuple[int, str]]) -> list[tuple[str, Entry]]:
    """What the head has there. Rows of something else are put right, so that each is looked at once for nothing at most."""
    rows = tables.rows(db, (path for _, path in page))
    found = []
    for since, path in page:
        head = rows[path].remote
        if not isinstance(head, Entry) or head.kind is not Kind.FILE:
            db.execute("DELETE FROM ages WHERE path = ?", (path,))
            continue
        found.append((path, head))
        if head.uploaded_at != since:
            db.execute("UPDATE ages SET since = ? WHERE path = ?", (head.uploaded_at, path))
    return found


def _ranges(path: str) -> list[tuple[str, str]]:
    if not path:
        return [("", "\U0010ffff")]
    # A path has no NUL, so before its own \x01 there is nothing but itself; "0" is the character after "/".
    return [(path, f"{path}\x01"), (f"{path}/", f"{path}0")]
