"""What a power cut took back: files that are in the store, and that the local disk had not written yet.

Uploads do not wait for the local disk (a whole file system would have to be synced for each of them), so the base may be further
on than the disk after a boot. There, what was agreed last and is gone or old again is no deletion and no edit.
"""

import logging
from typing import Final

from holdall.engine.ledger import Ledger
from holdall.engine.words import Agreed
from holdall.errors import LocalError
from holdall.local.base import Disk, read_digest
from holdall.model import Entry, Kind, Seen, SeenAs

_LOGGER: Final = logging.getLogger(__name__)
_BOOT: Final = "boot"
"""The note of the boot in which this base was made."""


class Aftermath:
    """boot  names the boot of the machine; "" where it has no name"""

    def __init__(self, disk: Disk, ledger: Ledger, boot: str) -> None:
        self._disk = disk
        self._ledger = ledger
        self._boot = boot

    def take_stock(self) -> None:
        """Before the first survey of a process: of which paths the disk lost what was agreed. They are pulled again.

        Whatever is left of them is kept: it is a conflict, unless it is empty or an earlier version.
        """
        before = self._ledger.note(_BOOT)
        if not self._boot or before == self._boot:
            return
        if before is not None and (lost := self._lost()):
            _LOGGER.warning(
                "since the last boot the disk has not what was agreed on at %d paths (%r is one): they are pulled again",
                len(lost),
                lost[0],
            )
        self._ledger.set_note(_BOOT, self._boot)

    def _lost(self) -> list[str]:
        agreed: list[Agreed] = []
        gone: list[str] = []
        recent = self._ledger.recent()
        for seen in self._disk.look(recent):
            base = self._ledger.row(seen.path).base
            if base is None or seen.stamp == base.stamp:
                continue
            entry = base.entry
            if not _taken_back(seen, entry):
                continue
            earlier = self._earlier(seen, entry)
            if earlier is None:
                gone.append(seen.path)
            else:
                agreed.append(Agreed(seen.path, earlier, seen.stamp))
        self._ledger.agree(agreed, gone)
        return [*gone, *(one.path for one in agreed)]

    def _earlier(self, seen: Seen, entry: Entry) -> Entry | None:
        """The version that the disk is back at: as the base, it is replaced by the head's. None: what is there is unknown."""
        stamp = seen.stamp
        if seen.what is not SeenAs.FILE or entry.kind is not Kind.FILE or stamp is None:
            return None
        digest = self._digest(seen.path)
        if digest is None or not (stamp.size == 0 or self._ledger.was_version(seen.path, digest)):
            return None
        return Entry(Kind.FILE, stamp.size, stamp.mtime_ns, stamp.mode, digest)

    def _digest(self, path: str) -> str | None:
        try:
            reader = self._disk.open(path)
        except LocalError:
            return None
        try:
            digest = read_digest(reader)
            return None if reader.moved() else digest
        finally:
            reader.close()


def _taken_back(seen: Seen, entry: Entry) -> bool:
    """Whether the disk is further back than the entry. What was written since is newer than it, and an edit."""
    match seen.what:
        case SeenAs.ABSENT:
            return True
        case SeenAs.FILE | SeenAs.SYMLINK if seen.stamp is not None:
            return seen.stamp.mtime_ns <= entry.mtime_ns
        case _:
            return False
