"""What is here and was never seen to be in the store, by a look at disk and base alone: for when the store cannot be asked."""

from collections.abc import Iterator

from holdall.engine.archives import State
from holdall.engine.ledger import Ledger
from holdall.engine.rows import Row
from holdall.engine.sight import Sight
from holdall.engine.words import LeftPath
from holdall.local.base import Disk, Skip
from holdall.model import Seen, SeenAs

_COUNTED = frozenset({SeenAs.FILE, SeenAs.SYMLINK, SeenAs.UNREADABLE, SeenAs.ODD_NAME})


def unsent(disk: Disk, ledger: Ledger, skip: Skip, reason: str, under: str = "") -> Iterator[LeftPath]:
    """Files and symlinks, and deletions, each with its reason. Costs one stat a file. LocalError where the root is gone.

    under  a path: itself, and what is below it; "" is all
    """
    away = {one.path for one in ledger.archives.known().values() if one.state is State.REMOVED}
    for row, seen in _shown(Sight(disk, ledger, skip), ledger, under):
        if row.path in away and seen.what is SeenAs.ABSENT:
            continue
        if seen.what is SeenAs.ABSENT and row.base is not None:
            yield LeftPath(row.path, f"deleted here, {reason}")
        elif seen.what in _COUNTED and not _agreed(row, seen):
            yield LeftPath(seen.path, seen.reason or reason, 0 if seen.stamp is None else seen.stamp.size)


def _shown(sight: Sight, ledger: Ledger, under: str) -> Iterator[tuple[Row, Seen]]:
    if under:
        row = ledger.row(under)
        seen = sight.at(under, row)
        if seen is None and not sight.passes(under):
            return
        if seen is not None:
            yield row, seen
    yield from sight.below(under)


def _agreed(row: Row, seen: Seen) -> bool:
    return row.base is not None and seen.stamp is not None and row.base.stamp == seen.stamp
