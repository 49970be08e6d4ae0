"""Which directory a base is of: one that was moved keeps it.

What a directory lacks of its base counts as deleted there. So whatever is not beyond doubt is a first attach, which deletes
nothing: another disk, a copy, a directory that was replaced.
"""

import itertools
import json
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from holdall.daemon import standing
from holdall.daemon.locks import lock_file
from holdall.engine import state_file
from holdall.engine.ledger import Ledger
from holdall.errors import HoldallError
from holdall.local.identity import Identity, identity_of
from holdall.model import SeenAs

_LOGGER: Final = logging.getLogger("holdall")
_NOTE: Final = "directory"
_LOOKS: Final = 10_000


class Directory(NamedTuple):
    path: Path
    identity: Identity


def note(ledger: Ledger, path: Path) -> None:
    """Of which directory the base is, before anything is agreed on with the one that is at the path now.

    Where that is no longer the one that the base is of, it is of none from now on. LocalError, sqlite3.Error.
    """
    try:
        here = identity_of(path)
    except OSError:  # nothing is agreed on with what cannot be opened
        return
    if here is None:
        return
    found = Directory(path, here)
    if _noted(ledger) == found:
        return
    is_its = ledger.count() == 0 or _holds_unmoved(ledger, path)
    ledger.set_note(_NOTE, json.dumps([str(path), *here] if is_its else None))


def has_moved(ledger: Ledger, to: Path) -> bool:
    """Whether the directory that the base is of is at `to` now, and at its own path no more. HoldallError, sqlite3.Error."""
    known = _noted(ledger)
    if known is None:
        return False
    try:
        if identity_of(to) != known.identity or identity_of(known.path) == known.identity:
            return False
    except OSError:  # what cannot be looked at may be there as well
        return False
    return _holds_unmoved(ledger, to)


def bring_along(file: Path, path: Path, file_at: Callable[[Path], Path]) -> None:
    """Where nothing is remembered at `file`, and the directory at `path` was moved there: what was remembered of it.

    file     the caller's alone
    file_at  path -> the file of this context there

    What keeps it from that is told in the log; the mount is a first attach then.
    """
    if file.exists():
        return
    of_context = file.stem.rpartition("-")[0]
    for other in sorted(file.parent.glob(f"{of_context}-*.db")):
        try:
            came_from = _brought(other, file, path, file_at)
        except (HoldallError, OSError, sqlite3.Error) as exc:
            _LOGGER.warning(
                "whether %s is about %s, which may have been moved, cannot be told: %s", other, path, exc
            )
            continue
        if came_from is not None:
            _LOGGER.info("%s was %s: it goes on from what was agreed on there", path, came_from)
            return


def forget_all(folder: Path, file_at: Callable[[Path], Path]) -> None:
    """What is remembered of a context at every directory, where it was deleted on purpose: a new one of its name begins anew.

    file_at  as above, in `folder`. What another process has in its hands is left to it.
    """
    of_context = file_at(Path()).stem.rpartition("-")[0]
    for other in sorted(folder.glob(f"{of_context}-*.db")):
        lock = lock_file(other)
        if lock is None:
            continue
        try:
            with closing(Ledger(other)) as ledger:
                known = _noted(ledger)
            if known is not None and file_at(known.path) == other:
                state_file.remove(other)
        except (HoldallError, sqlite3.Error) as exc:
            _LOGGER.warning("what is remembered in %s stays, though its context was deleted: %s", other, exc)
        finally:
            os.close(lock)


def _brought(other: Path, file: Path, path: Path, file_at: Callable[[Path], Path]) -> Path | None:
    """The path that the directory was at; None where that is not for sure, or another process has the other file."""
    lock = lock_file(other)
    if lock is None:
        return None
    try:
        came_from = None if state_file.is_condemned(other) else _came_from(other, path)
        # The name says of which store and context it is: several begin alike.
        if came_from is None or file_at(came_from) != other:
            return None
        state_file.move(other, file)
        return came_from
    finally:
        os.close(lock)


def _came_from(other: Path, path: Path) -> Path | None:
    ledger = Ledger(other)
    try:
        known = _noted(ledger)
        return known.path if known is not None and has_moved(ledger, path) else None
    finally:
        ledger.close()


def _noted(ledger: Ledger) -> Directory | None:
    found = json.loads(ledger.note(_NOTE) or "null")
    if found is None:
        return None
    path, *identity = found
    return Directory(Path(path), Identity(*identity))


def _holds_unmoved(ledger: Ledger, path: Path) -> bool:
    """Whether a file of the base is in the directory, untouched since. That of a copy is another file."""
    rows = itertools.islice(ledger.walk(), _LOOKS)
    stamps = {row.path: row.base.stamp for row in rows if row.base is not None and row.base.stamp is not None}
    return any(
        seen.what in {SeenAs.FILE, SeenAs.SYMLINK} and seen.stamp == stamps[seen.path]
        for seen in standing.disk_of(path, standing.noted(ledger), ledger).look(stamps)
    )
