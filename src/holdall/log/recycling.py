"""What is past its lifecycle, taken away without a mount: for a context that no daemon visits.

As a daemon does it: a commit that names what has expired, on the very head that was read, and then the objects, each kept for as
long as it can be restored. Whoever is killed in between leaves objects that the next daemon takes away.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from holdall.errors import StoreError
from holdall.log.ahead import ahead
from holdall.log.codec import Change, Commit, expired_by
from holdall.log.commits import CommitLog, NumberTaken
from holdall.log.history import History, Rows
from holdall.log.objects import Objects
from holdall.model import Entry, Tombstone

_MOST: Final = 10_000
_AT_ONCE: Final = 16

Due = Callable[[Callable[[], Rows]], Iterable[tuple[str, Entry]]]
"""What of a tree is past its lifecycle; the tree may be asked for more than once."""


class Expired(NamedTuple):
    """`removed`: its object is gone as well; where it is not, the next daemon sees to it."""

    path: str
    entry: Entry
    removed: bool = False


def would_go(history: History, due: Due, seq: int | None = None) -> Iterator[Expired]:
    """On the newest commit, or the given one. Costs as `History.rows`, as often as that is asked for."""
    at = history.head() if seq is None else seq
    return (Expired(path, entry) for path, entry in due(lambda: history.rows(at)))


def sweep(log: CommitLog, objects: Objects, due: Due, by: str) -> Iterator[Expired]:
    """Expire it. Every commit is of what is due on the commit before it: a lost number means another look.

    A tree for each 10,000 that go, and three requests for each of them. Unavailable where a commit was not answered.
    """
    history = History(log)
    while True:
        seq = history.head() + 1
        found = list(islice(would_go(history, due, seq - 1), _MOST))
        if not found:
            return
        gone = [Change(one.path, expired_by(one.entry, seq)) for one in found]
        try:
            log.append(Commit(secrets.token_hex(8), seq, int(log.store.now() * 1000), by, tuple(gone)))
        except NumberTaken:
            continue
        removed = ahead(lambda change: _removed(objects, change), gone, at_once=_AT_ONCE)
        for one, done in zip(found, removed, strict=True):
            yield one._replace(removed=done)


def _removed(objects: Objects, change: Change) -> bool:
    assert isinstance(change.now, Tombstone)
    try:
        return objects.remove(change.path, change.now)
    except StoreError:
        return False
