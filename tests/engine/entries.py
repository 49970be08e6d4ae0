"""Versions and commits for the ledger's tests."""

from holdall.log.codec import Change, Commit
from holdall.model import Entry, Kind, Plain, Stamp, Tombstone


def file(name, vid=1):
    """A version: its uid, digest and ETag are named after it."""
    return Entry(
        Kind.FILE, 1, vid * 10, 0o644, f"digest {name}", f"uid {name}", vid, 0, Plain("p", f"etag {name}")
    )


A, B, C = file("A", 1), file("B", 2), file("C", 3)
DIR = Entry(Kind.DIR, mode=0o755, vid=1)


def stamp(n=1):
    return Stamp(1, n, n, n, 0o644)


def tombstone(entry, vid):
    return Tombstone(vid, entry.digest, ((entry.uid, entry.where.etag),))


def theirs(seq, *changes, commit_id="theirs"):
    return Commit(commit_id, seq, 0, "there", tuple(Change(path, now) for path, now in changes))


def sides(ledger, path="p"):
    row = ledger.row(path)
    return (None if row.base is None else row.base.entry), row.remote
