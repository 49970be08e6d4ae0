"""Entries and tombstones as text columns of the ledger."""

import json
from functools import lru_cache
from typing import Any, Final, NamedTuple

from holdall.model import MEMBER, Entry, Kind, Packed, Plain, Slice, Stamp, Tombstone

_KINDS: Final = {kind.value: kind for kind in Kind}  # a look-up, not a call: once for every row


class Base(NamedTuple):
    """What was last agreed for a path.

    stamp  of the local file, as its reader vouched for it; None where nobody looked at it since (after a crash), and where a
           later change could leave the same stamp: the next survey reads it again
    """

    stamp: Stamp | None
    text: str

    @property
    def entry(self) -> Entry:
        entry = decode(self.text)
        assert isinstance(entry, Entry)
        return entry


class Row(NamedTuple):
    """A path the ledger knows. `ahead` is what the head says where that is not what the base says."""

    path: str
    base: Base | None
    ahead: str | None

    @property
    def remote(self) -> Entry | Tombstone | None:
        if self.ahead is not None:
            return decode(self.ahead)
        entry = None if self.base is None else self.base.entry
        return None if entry is None or entry.flag == MEMBER else entry


def encode(what: Entry | Tombstone) -> str:
    if isinstance(what, Tombstone):
        return json.dumps(what)
    return json.dumps([what.kind.value, *what[1:]], ensure_ascii=False)


@lru_cache(maxsize=64)  # who looks at a row asks for its entry several times
def decode(text: str) -> Entry | Tombstone:
    row = json.loads(text)
    if isinstance(row[0], int):
        vid, digest, objects, *more = row
        return Tombstone(vid, digest, tuple((uid, etag) for uid, etag in objects), *more)
    kind, size, mtime_ns, mode, digest, uid, vid, uploaded_at, where, blocks, target, flag = row
    return Entry(
        _KINDS[kind],
        size,
        mtime_ns,
        mode,
        digest,
        uid,
        vid,
        uploaded_at,
        _where(where),
        tuple(blocks),
        target,
        flag,
    )


def _where(row: list[Any] | None) -> Plain | Packed | None:
    if row is None or isinstance(row[0], str):
        return None if row is None else Plain(*row)
    slices, shadow, lay = row
    return Packed(tuple(Slice(*one) for one in slices), tuple((uid, etag) for uid, etag in shadow), lay)
