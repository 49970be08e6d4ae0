"""File systems mounted below the root: what was on one that is not mounted was not deleted.

They are told by their device, so a bind mount from the file system that it lies in is not noticed, nor is its absence.
"""

import itertools
import json
from typing import Final

from holdall.engine.ledger import Ledger
from holdall.local.base import Disk, look_at
from holdall.model import Seen, SeenAs

_NOTE: Final = "nested"
_TOPS: Final = 10_000
_NOT_MOUNTED: Final = "its file system is not mounted: mount it, or `holdall approve` if it is gone for good"
_ANOTHER: Final = (
    "another file system covers what was synced here: unmount it, or `holdall approve` if it is meant"
)


class Nested:
    """`begin` before each survey; `told` of what it finds there, `hides` about what it misses; `keep` makes it last.

    What stands in the place of a missing file system says nothing, empty or not: services write into the bare mount point.
    Only a person does, or whoever removed the directory that it lay in.
    """

    def __init__(self, disk: Disk, ledger: Ledger) -> None:
        self._disk = disk
        self._ledger = ledger
        self._noted: set[str] = set(json.loads(ledger.note(_NOTE) or "[]"))
        self._known = set(self._noted)  # places of file systems
        self._others: set[str] = set()  # places where one covers what was synced
        self._sure: set[str] = set()  # known, mounted, and looked into since they were
        self._doubted: set[str] = set()  # places that were told to be another's, or nobody's
        self._accepted: set[str] = set()

    def begin(self, *, accept: bool) -> None:
        """`accept`: a person means what is mounted now, and what is not, at the places that they were told of."""
        self._accepted, self._doubted = (self._doubted, set()) if accept else (set(), self._doubted)
        self._known -= self._accepted
        self._others -= self._accepted

    def told(self, seen: Seen) -> Seen:
        """What counts of it: UNREADABLE where it is not what was synced. Costs nothing for what has no file system of its own."""
        path = seen.path
        if seen.what is SeenAs.DIR and seen.reason:
            return self._mounted(path, seen)
        if path not in self._known:
            if path in self._others:
                self._clear(path)
            return seen
        self._sure.discard(path)
        if seen.what is SeenAs.UNREADABLE:
            return seen
        if not self._is_missed(path, seen):
            self._known.discard(path)
            self._clear(path)
            return seen
        return self._doubt(path, _NOT_MOUNTED)

    def _mounted(self, path: str, seen: Seen) -> Seen:
        meant = (
            path in self._accepted or path in self._sure or holds_something(self._disk, self._ledger, path)
        )
        if not meant:
            self._others.add(path)
            return self._doubt(path, _ANOTHER)
        self._clear(path)
        self._known.add(path)
        self._sure.add(path)
        return seen

    def _doubt(self, path: str, reason: str) -> Seen:
        self._doubted.add(path)
        return Seen(path, SeenAs.UNREADABLE, reason=reason)

    def _clear(self, path: str) -> None:
        self._others.discard(path)
        self._doubted.discard(path)

    def _is_missed(self, path: str, seen: Seen) -> bool:
        if not self._ledger.above_something((path,)):
            return False
        parent = path.rpartition("/")[0]
        return seen.what is not SeenAs.ABSENT or not parent or self._look(parent).what is not SeenAs.ABSENT

    def hides(self, path: str) -> Seen | None:
        """The mount point at or above the path, as UNREADABLE, where what was synced below it cannot be seen now; None: the
        path is as seen.
        """
        if not self._known and not self._others:
            return None
        for place in sorted(self._known | self._others):
            if path == place or path.startswith(f"{place}/"):
                found = self.told(self._look(place))
                if found.what is SeenAs.UNREADABLE:
                    return found
        return None

    def keep(self) -> None:
        """Durable before anything that was seen there is agreed on."""
        if self._known != self._noted:
            self._ledger.set_note(_NOTE, json.dumps(sorted(self._known)))
            self._noted = set(self._known)

    def _look(self, path: str) -> Seen:
        return look_at(self._disk, path)


def holds_something(disk: Disk, ledger: Ledger, under: str) -> bool:
    """Whether a directory ("" is the disk's root) has any of what was agreed on directly in it, or nothing was."""
    under = under or disk.within
    at = len(under) + 1 if under else 0
    agreed = (row.path for row in ledger.walk(under) if row.base is not None)
    names = {path[at:].partition("/")[0] for path in itertools.islice(agreed, _TOPS)}
    tops = [f"{under}/{name}" if under else name for name in sorted(names)]
    return not tops or any(seen.what is not SeenAs.ABSENT for seen in disk.look(tops))
