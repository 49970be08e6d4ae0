"""Entries by letter, as the tables write them.

A B C     files of differing content; their vid is 1, 2, 3
L M N     symlinks of differing targets
D         a directory
T         a tombstone; X the tombstone of A, expired
-         nothing; ? a path that could not be read; U a file whose bytes were not read yet
'         touched: the same bytes with another mode and mtime (twice: yet another)
+         brought in by a later commit
*         an earlier version of the path
"""

from holdall.model import Entry, Kind, Tombstone
from holdall.rules.reconcile import UNKNOWN, UNREAD, Local

FILES = "ABC"
LINKS = "LMN"


def entry(text: str) -> Entry:
    letter = text[0]
    touches = text.count("'")
    later = 10 if "+" in text else 0
    mode, mtime_ns = 0o644 - touches, 1000 + touches
    if letter == "U":
        return Entry(Kind.FILE, 1, mtime_ns, mode, UNREAD)
    if letter == "D":
        return Entry(Kind.DIR, mode=mode, mtime_ns=mtime_ns, vid=1 + later)
    if letter in LINKS:
        return Entry(Kind.SYMLINK, 1, mtime_ns, target=letter, vid=LINKS.index(letter) + 1 + later)
    vid = FILES.index(letter) + 1 + later
    return Entry(Kind.FILE, 1, mtime_ns, mode, digest=letter, uid=f"u{vid}", vid=vid)


def local(text: str) -> Local:
    match text:
        case "-":
            return None
        case "?":
            return UNKNOWN
        case _:
            return entry(text)


def remote(text: str) -> Entry | Tombstone | None:
    match text:
        case "-":
            return None
        case "T":
            return Tombstone(vid=4, digest="A")
        case "X":
            return Tombstone(vid=4, digest="A", expired=True)
        case _:
            return entry(text)
