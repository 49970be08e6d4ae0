"""What a path held before the checkpoint that this ledger began with, as far as the log is kept. For a first attach only."""

from typing import Final

from holdall.engine.ledger import Ledger
from holdall.log.commits import CommitLog
from holdall.log.history import History
from holdall.model import Entry, Kind

BEGAN: Final = "began"
"""The note that says with which checkpoint; 0 once what was before it is known."""


class Past:
    def __init__(self, ledger: Ledger, log: CommitLog) -> None:
        self._ledger = ledger
        self._log = log

    def had(self, path: str, digest: str) -> bool:
        """Whether these bytes were an earlier version of the path. The first time, one GET for each commit that is kept."""
        if self._ledger.was_version(path, digest):
            return True
        began = int(self._ledger.note(BEGAN) or 0)
        if not began:
            return False
        self._read(began)
        return self._ledger.was_version(path, digest)

    def _read(self, began: int) -> None:
        for commit in History(self._log).commits(began):
            rows = self._ledger.rows(change.path for change in commit.changes)
            versions = []
            for path, now, _, _ in commit.changes:
                head = rows[path].remote
                if not isinstance(now, Entry) or now.kind is not Kind.FILE:
                    continue
                if not (isinstance(head, Entry) and head.uid == now.uid):
                    versions.append((now.uid, path, commit.seq, now.digest))
            self._ledger.remember(versions)
        self._ledger.set_note(BEGAN, "0")
