"""Directories that their owner may not write to, as a module cache has them, while something is put there or taken away.

They are opened for their owner, nobody else, and shut again. What mode each had is noted before, and durably: what a crash leaves
open is shut at the next start, and is no edit of a user's.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from holdall.engine.ledger import Ledger
from holdall.errors import Moved, Unreadable
from holdall.local.base import Disk, look_at
from holdall.model import Seen, SeenAs

OPEN: Final = 0o700
_WRITE: Final = 0o200
_NOTE: Final = "opened"
"""The note of what is open: path -> mode that it is to have again."""


def is_shut(seen: Seen) -> bool:
    return seen.what is SeenAs.DIR and seen.stamp is not None and not seen.stamp.mode & _WRITE


@contextmanager
def opened(disk: Disk, ledger: Ledger, paths: Iterable[str]) -> Iterator[None]:
    """While the directories that these paths lie in, or are about to, can be written to. One at a time."""
    shut = {seen.path: seen for seen in _above(disk, paths) if is_shut(seen)}
    if not shut:
        yield
        return
    modes = {path: seen.stamp.mode for path, seen in shut.items() if seen.stamp is not None}
    ledger.set_note(_NOTE, json.dumps({**_noted(ledger), **modes}))
    try:
        for path, mode in sorted(modes.items()):
            # Not ours, or changed just now: then what is to be done in it fails, and says so.
            with suppress(Moved, Unreadable):
                disk.set_meta(path, shut[path], mode=mode | OPEN, mtime_ns=None)
        yield
    finally:
        shut_again(disk, ledger)


def shut_again(disk: Disk, ledger: Ledger) -> None:
    """What was opened, and never shut. Costs nothing where there is none."""
    noted = _noted(ledger)
    if not noted:
        return
    # The innermost first: the way to it leads through the others.
    for path, mode in sorted(noted.items(), reverse=True):
        seen = look_at(disk, path)
        if seen.what is SeenAs.DIR and seen.stamp is not None and seen.stamp.mode == mode | OPEN:
            # Its user was here since: then the mode is theirs.
            with suppress(Moved, Unreadable):
                disk.set_meta(path, seen, mode=mode, mtime_ns=None)
    disk.sync()
    ledger.set_note(_NOTE, "{}")


def _noted(ledger: Ledger) -> dict[str, int]:
    return dict(json.loads(ledger.note(_NOTE) or "{}"))


def _above(disk: Disk, paths: Iterable[str]) -> Iterator[Seen]:
    """Of each path the nearest directory that is there."""
    folders = {path.rpartition("/")[0] for path in paths}
    while folders := folders - {""}:
        looks = list(disk.look(sorted(folders)))
        yield from looks
        folders = {seen.path.rpartition("/")[0] for seen in looks if seen.what is SeenAs.ABSENT}
