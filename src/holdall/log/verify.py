"""Log and store compared: what the head names and the store lacks, and what the store has and the log does not name.

It runs beside machines that work. What differs is looked at again when the rest is done, and what a commit has spoken of in
the meantime is not reported.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from holdall.errors import HoldallError, Missing, Unavailable
from holdall.keys import key_of, path_of
from holdall.log import layout, reading
from holdall.log.ahead import ahead
from holdall.log.codec import Change
from holdall.log.commits import CommitLog
from holdall.log.findings import Finding, Found
from holdall.log.history import History
from holdall.log.objects import Foreign, is_own, key_of_file, label_of, may_be
from holdall.log.packs import Packs, packs_of
from holdall.log.verify_log import is_readable, verify_log
from holdall.model import Entry, Kind

_AT_ONCE: Final = 16
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """`read_bytes`: of data, where all of it was asked for; 0 where what the store says of its objects was compared."""

    commit: int
    files: int
    bytes: int
    read_bytes: int
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        return not any(one.found.is_damage for one in self.findings)


def verify(log: CommitLog, *, data: bool = False, seen: Callable[[int, int], None] | None = None) -> Report:
    """Compare. `seen` is told files and bytes as they are done.

    Costs a listing of `files/`, the newest checkpoint and a GET for every commit that is kept; a HEAD or two for each object that
    is not listed with the ETag of its entry, and of what does not say what it is the bytes; with `data` a GET for every 8 MiB of
    every file. The listing is kept in a temporary file. Raises what makes the whole store unreadable (Denied, ...).
    """
    history = History(log)
    findings = list(verify_log(log))
    head = history.head()
    if any(one.found is Found.LOG for one in findings) and not is_readable(history, head):
        return Report(head, 0, 0, 0, tuple(findings))
    with _Listing() as listing:
        listing.fill(log)
        packs = Packs(log.store).listed()
        # After the listing, so that what is listed is at most as new.
        head = history.head()
        files = size = 0
        suspects: list[tuple[str, Entry]] = []
        unnamed = set(packs)
        for path, entry in history.tree(head):
            if entry.kind is not Kind.FILE:
                continue
            files += 1
            size += entry.size
            if entry.packed is not None:
                unnamed -= packs_of(entry)
                if any(one.pack not in packs or packs[one.pack][0] < one.end for one in entry.packed.slices):
                    suspects.append((path, entry))
                for _, etag in entry.packed.shadow:
                    # What it stands over is taken away, or written over, in time.
                    listing.drop(key_of(path), etag)
            elif entry.plain is None or not listing.take(entry.plain.key, entry.plain.etag, entry.size):
                suspects.append((path, entry))
            if seen is not None and not data:
                seen(files, size)
        odd = []
        for (_, entry), finding in ahead(
            lambda one: (one, _misplaced(log, *one, data=data)), suspects, at_once=_AT_ONCE
        ):
            if finding is not None:
                odd.append(finding)
            elif entry.plain is not None:
                listing.drop(entry.plain.key)
        odd.extend(_strangers(history, head, listing))
        odd.extend(_unnamed(log, {pack: packs[pack][0] for pack in unnamed}))
    read_bytes = 0
    if data:
        lost = {one.path for one in odd if one.found is Found.MISSING}
        present = (
            (path, entry)
            for path, entry in history.tree(head)
            if entry.kind is Kind.FILE and path not in lost
        )
        damaged, read_bytes = _read_all(log, present, seen)
        odd.extend(damaged)
    spoken_of = {change.path for commit in history.between(head, history.head()) for change in commit.changes}
    findings.extend(one for one in odd if one.path not in spoken_of)
    return Report(head, files, size, read_bytes, tuple(findings))


def _misplaced(log: CommitLog, path: str, entry: Entry, *, data: bool) -> Finding | None:
    """What is wrong with an entry whose key was not listed as it says. `data`: all bytes are read later."""
    if entry.packed is not None:
        return _unpacked(log, path, entry)
    where = entry.plain
    if where is None:
        return Finding(Found.MISSING, path, "the log names no object for it")
    key = where.key
    info = log.store.head(layout.file_key(key))
    if info is not None and (info.etag, info.size) == (where.etag, entry.size):
        return None  # put there after the listing
    found = None if info is None else Foreign(info, label_of(key, info.meta))
    if found is not None and is_own(found, entry):
        return None  # a copy of the store: its objects have other ETags
    stands = "its key holds other bytes" if found is not None else "nothing is at its key"
    kept = log.store.head(layout.trash_key(entry.uid, key))
    if kept is not None and kept.size == entry.size:
        return Finding(Found.RETAINED, path, f"{stands}, the trash has the right ones")
    if found is not None and may_be(found, entry) and (data or reading.is_there(log.store, entry)):
        return None
    return Finding(Found.MISSING, path, f"{stands}, and the trash has none either")


def _unpacked(log: CommitLog, path: str, entry: Entry) -> Finding | None:
    assert entry.packed is not None
    ends: dict[str, int] = {}
    for one in entry.packed.slices:
        ends[one.pack] = max(one.end, ends.get(one.pack, 0))
    found = {pack: log.store.head(layout.pack_key(pack)) for pack in ends}
    if any(info is not None and info.size < ends[pack] for pack, info in found.items()):
        return Finding(Found.DAMAGED, path, "a pack that it is in is cut off")
    if all(info is not None for info in found.values()):
        return None  # put there after the listing
    if Packs(log.store).is_there(entry):
        return Finding(Found.RETAINED, path, "its pack is in the trash")
    return Finding(Found.MISSING, path, "a pack that it is in is not in the store")


def _unnamed(log: CommitLog, packs: dict[str, int]) -> Iterator[Finding]:
    for pack, size in sorted(packs.items()):
        if Packs(log.store).stands(pack):
            yield Finding(Found.UNFINISHED, layout.pack_key(pack), f"{size} bytes that no commit names")


def _strangers(history: History, head: int, listing: "_Listing") -> Iterator[Finding]:
    """Objects that no entry of the head names, told apart by what they say of themselves."""
    store = history.log.store
    uids: dict[str, tuple[str, int]] = {}
    for key, etag in listing.rest():
        path = path_of(key)
        found = store.head(layout.file_key(key))
        if found is None or found.etag != etag:
            continue  # it moved since: somebody works on it
        if path is None:
            yield Finding(Found.FOREIGN, layout.file_key(key), "no path has this key, so it takes no part")
        elif uid := label_of(key, found.meta).uid:
            uids[uid] = path, found.size
        else:
            yield Finding(Found.FOREIGN, path, f"{found.size} bytes of another tool")
    if not uids:
        return
    named = _named(history, head, set(uids))
    for uid, (path, size) in uids.items():
        if uid in named:
            yield Finding(Found.LEFTOVER, path, f"{size} bytes that the log has left behind")
        else:
            yield Finding(Found.UNFINISHED, path, f"{size} bytes that no commit names")


def _named(history: History, head: int, wanted: set[str]) -> set[str]:
    """Those of the uids that what is kept of the log speaks of."""
    oldest = history.oldest(head)
    found: set[str] = set()
    for path, now in history.rows(oldest) if oldest > 1 else ():
        found.update(wanted & Change(path, now).uids)
    for commit in history.between(oldest - 1, head):
        for change in commit.changes:
            found.update(wanted & change.uids)
    return found


def _read_all(
    log: CommitLog, tree: Iterator[tuple[str, Entry]], seen: Callable[[int, int], None] | None
) -> tuple[list[Finding], int]:
    def check(item: tuple[str, Entry]) -> tuple[Finding | None, int]:
        path, entry = item
        size = 0
        try:
            for piece in reading.pieces(log.store, path, entry):
                size += len(piece)
        except Unavailable:
            raise  # says nothing of the bytes
        except Missing as exc:
            return Finding(Found.MISSING, path, exc.message), size
        except HoldallError as exc:
            return Finding(Found.DAMAGED, path, exc.message), size
        return None, size

    findings: list[Finding] = []
    total = 0
    for files, (finding, size) in enumerate(ahead(check, tree, at_once=_AT_ONCE), 1):
        total += size
        if finding is not None:
            findings.append(finding)
        if seen is not None:
            seen(files, total)
    return findings, total


class _Listing:
    """key -> ETag and size of what is under `files/`, in a temporary file: a million of them do not fit well in memory."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("CREATE TABLE listed (key TEXT PRIMARY KEY, etag TEXT, size INTEGER) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def fill(self, log: CommitLog) -> None:
        rows = ((key_of_file(info.key), info.etag, info.size) for info in log.store.list(layout.FILES))
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR REPLACE INTO listed VALUES (?, ?, ?)", rows)
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def drop(self, key: str, etag: str | None = None) -> None:
        """It is no stranger (where it has this ETag), although it is listed otherwise than the log has it."""
        self._db.execute("DELETE FROM listed WHERE key = ?1 AND etag = ifnull(?2, etag)", (key, etag))

    def take(self, key: str, etag: str, size: int) -> bool:
        """Whether the object is there just so: then it is no stranger."""
        gone = self._db.execute(
            "DELETE FROM listed WHERE key = ? AND etag = ? AND size = ?", (key, etag, size)
        )
        return gone.rowcount == 1

    def rest(self) -> Iterator[tuple[str, str]]:
        after = ""
        while page := self._db.execute(
            "SELECT key, etag FROM listed WHERE key > ? ORDER BY key LIMIT ?", (after, _PAGE)
        ).fetchall():
            yield from page
            after = page[-1][0]
