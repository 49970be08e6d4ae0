"""What the ledger knows of packs: whose bytes are in which, what is still to be done about them, which are condemned."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from holdall.engine import tables
from holdall.rules.packing import LIVE_LEAST


class PackedRows:
    """A part of the Ledger. `query`: rows of a statement; `transaction`: as the Ledger's."""

    def __init__(
        self,
        query: Callable[[str, Sequence[object]], list[tuple[object, ...]]],
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
    ) -> None:
        self._query = query
        self._transaction = transaction

    def emptied(self, paths: Iterable[str]) -> set[str]:
        """The packs in which the head has nothing but these paths."""
        rows = self._query(
            "SELECT pack FROM slices s WHERE path IN (SELECT value FROM json_each(?)) GROUP BY pack"
            " HAVING count(*) = (SELECT count(*) FROM slices WHERE pack = s.pack)",
            (tables.json_array(paths),),
        )
        return {str(pack) for (pack,) in rows}

    def live(self) -> dict[str, int]:
        """Pack -> bytes of it that the head names, each once however many paths have them."""
        rows = self._query(
            "SELECT pack, sum(bytes) FROM (SELECT pack, max(bytes) AS bytes FROM slices GROUP BY pack, offset) GROUP BY pack",
            (),
        )
        return {str(pack): int(str(size)) for pack, size in rows}

    def least(self) -> dict[str, int]:
        """Pack -> bytes that it has to have, or something that the head names is not in it."""
        rows = self._query("SELECT pack, max(offset + bytes) FROM slices GROUP BY pack", ())
        return {str(pack): int(str(size)) for pack, size in rows}

    @property
    def wasteful(self) -> bool:
        """Whether too much of what the packs hold is named by nothing any more."""
        ((held, live),) = self._query("SELECT sum(bytes), sum(min(bytes, live)) FROM packs", ())
        return held is not None and int(str(live)) < LIVE_LEAST * int(str(held))

    def weighed(self, sizes: Mapping[str, int]) -> None:
        """What the packs really take in the store."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE packs SET bytes = ? WHERE pack = ?", [(size, pack) for pack, size in sizes.items()]
            )

    def paths_in(self, packs: Iterable[str]) -> list[str]:
        """What the head has in any of these packs."""
        rows = self._query(
            "SELECT DISTINCT path FROM slices WHERE pack IN (SELECT value FROM json_each(?)) ORDER BY path",
            (tables.json_array(packs),),
        )
        return [str(path) for (path,) in rows]

    def named(self, packs: Iterable[str]) -> set[str]:
        """Those of the packs in which the head has something."""
        rows = self._query(
            "SELECT DISTINCT pack FROM slices WHERE pack IN (SELECT value FROM json_each(?))",
            (tables.json_array(packs),),
        )
        return {str(pack) for (pack,) in rows}

    def to_lay(self, limit: int) -> list[str]:
        """Paths that are to be laid out as plain objects."""
        return self._unsettled(limit, lay=True)

    def shadowing(self, limit: int) -> list[str]:
        """Paths that stay in packs, and whose plain object before may still be there."""
        return self._unsettled(limit, lay=False)

    def _unsettled(self, limit: int, *, lay: bool) -> list[str]:
        rows = self._query("SELECT path FROM unsettled WHERE lay = ? LIMIT ?", (lay, limit))
        return [str(path) for (path,) in rows]

    def condemned(self, packs: Iterable[str]) -> set[str]:
        """Those of the packs that the log has left behind: nothing may be said to be in them any more."""
        rows = self._query(
            "SELECT pack FROM condemned WHERE pack IN (SELECT value FROM json_each(?))",
            (tables.json_array(packs),),
        )
        return {str(pack) for (pack,) in rows}

    def doomed(self) -> list[str]:
        """Condemned by us, and perhaps not taken away yet."""
        return [str(pack) for (pack,) in self._query("SELECT pack FROM condemned WHERE mine", ())]

    def discarded(self, packs: Iterable[str]) -> None:
        with self._transaction() as db:
            db.executemany("UPDATE condemned SET mine = 0 WHERE pack = ?", [(pack,) for pack in packs])
