"""Which of a context's data is too old to stay in the store. Pure.

What counts is when the bytes of a path were last put there, by the store's clock (`Entry.uploaded_at`). What has no bytes of its
own in the store (directories, symlinks) does not expire: it is a line in the log. Half a repository is worth nothing, nor is a
database without its journal: these expire when the last upload of any of it is old enough.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from holdall.model import Entry, Kind, Recycling, Tombstone
from holdall.rules.bundles import database_of, git_dir

DAY_S: Final = 86_400.0
_LEAP_S: Final = 2 * DAY_S
_APART_S: Final = DAY_S


Row = tuple[str, Entry | Tombstone]


class Time(NamedTuple):
    """What the time is taken to be, in unix seconds; None with the reason why nobody can say."""

    by_s: float | None
    doubt: str = ""


def due_before_ms(recycling: Recycling, now_s: float) -> int | None:
    """What was put before this moment (unix ms) has expired; None: nothing ever does."""
    return None if recycling.days is None else int((now_s - recycling.days * DAY_S) * 1000)


def is_due(recycling: Recycling, path: str, put_ms: int, now_s: float) -> bool:
    """`put_ms`: when the bytes were put, and the newest of what they are only worth something with; 0: nobody knows."""
    before_ms = due_before_ms(recycling, now_s)
    return before_ms is not None and 0 < put_ms < before_ms and recycling.covers(path)


def due(recycling: Recycling, rows: Callable[[], Iterable[Row]], now_s: float) -> Iterator[tuple[str, Entry]]:
    """Of a whole tree in the order of its paths, gone through twice. What travels as a whole expires as a whole."""
    newest: dict[str, int] = {}
    for path, entry in _files(rows()):
        whole = whole_of(path)
        if whole != path:
            newest[whole] = max(entry.uploaded_at, newest.get(whole, 0))
    for path, entry in _files(rows()):
        whole = whole_of(path)
        if whole in newest:  # a database comes before what accompanies it
            newest[whole] = max(entry.uploaded_at, newest[whole])
        if is_due(recycling, path, newest.get(whole, entry.uploaded_at), now_s):
            yield path, entry


def whole_of(path: str) -> str:
    """The repository's `.git`, or the database, that a path is a part of; itself, where it is neither."""
    return git_dir(path) or database_of(path)


def _files(rows: Iterable[Row]) -> Iterator[tuple[str, Entry]]:
    return ((path, now) for path, now in rows if isinstance(now, Entry) and now.kind is Kind.FILE)


def believed(store_s: float, own_s: float, before_s: float | None, *, apart: bool) -> Time:
    """The time that may let data expire: a clock that is far ahead for a while must not take a whole context with it.

    store_s   the store's clock
    own_s     this machine's
    before_s  what was believed the last time, None at the first
    apart     the store's clock is another one than this machine's: where both agree, they are right. Where it is the same one,
              time goes on by two days at most from one look to the next, and the first look only notes it.
    """
    if abs(store_s - own_s) > _APART_S:
        days = round(abs(store_s - own_s) / DAY_S)
        way = "ahead of" if store_s > own_s else "behind"
        return Time(None, f"the store's clock is {days} days {way} this machine's: nothing expires")
    if apart:
        return Time(store_s)
    return Time(None) if before_s is None else Time(min(store_s, before_s + _LEAP_S))
