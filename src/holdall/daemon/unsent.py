"""What is here and was never seen to be in the store, by a look at disk and base alone: for when the store cannot be asked."""

from collections.abc import Iterator

from holdall.engine.ledger import Ledger
from holdall.engine.rows import Row
from holdall.engine.words import LeftPath
from holdall.local.base import Disk, Skip
from holdall.model import Seen, SeenAs

_COUNTED = frozenset({SeenAs.FILE, SeenAs.SYMLINK, SeenAs.UNREADABLE})


def unsent(disk: Disk, ledger: Ledger, skip: Skip, reason: str) -> Iterator[LeftPath]:
    """Files and symlinks, and deletions, each with its reason. Costs one stat a file. LocalError where the root is gone."""
    rows = ledger.walk("")
    row = next(rows, None)
    for seen in disk.scan("", skip):
        while row is not None and row.path < seen.path:
            yield from _gone(row, skip, reason)
            row = next(rows, None)
        known = row if row is not None and row.path == seen.path else None
        if known is not None:
            row = next(rows, None)
        if seen.what in _COUNTED and not _agreed(known, seen):
            size = 0 if seen.stamp is None else seen.stamp.size
            yield LeftPath(seen.path, seen.reason or reason, size)
    while row is not None:
        yield from _gone(row, skip, reason)
        row = next(rows, None)


def _agreed(row: Row | None, seen: Seen) -> bool:
    return (
        row is not None and row.base is not None and seen.stamp is not None and row.base.stamp == seen.stamp
    )


def _gone(row: Row, skip: Skip, reason: str) -> Iterator[LeftPath]:
    if row.base is not None and not skip(row.path, False):
        yield LeftPath(row.path, f"deleted here, {reason}")
