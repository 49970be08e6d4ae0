"""What has expired, and is only on this disk: what a survey has to know of it."""

from collections.abc import Iterable

from holdall.engine.ledger import Ledger
from holdall.engine.words import Step
from holdall.local.base import Disk
from holdall.model import Entry, Kind, SeenAs, Tombstone
from holdall.rules.reconcile import Verdict


def agreed_as(step: Step) -> Entry:
    """What an AGREE agrees on: the head's entry, or of what has expired what is here, so that it is not read again."""
    if isinstance(step.remote, Entry):
        return step.remote
    assert step.local is not None
    return step.local._replace(vid=0 if step.base is None else step.base.vid)


def in_the_way(steps: Iterable[Step], ledger: Ledger, disk: Disk) -> dict[str, Step]:
    """Directories that are something else in the store by now, and hold what has expired there: they go aside with it."""
    return {
        step.path: step._replace(verdict=Verdict.CONFLICT)
        for step in steps
        if step.verdict is Verdict.PULL and _replaces_directory(step) and _holds_some(step.path, ledger, disk)
    }


def _replaces_directory(step: Step) -> bool:
    was_directory = step.local is not None and step.local.kind is Kind.DIR
    return was_directory and isinstance(step.remote, Entry) and step.remote.kind is not Kind.DIR


def _holds_some(path: str, ledger: Ledger, disk: Disk) -> bool:
    rows = (row for row in ledger.walk(path) if row.base is not None and row.ahead is not None)
    kept = (row.path for row in rows if isinstance(row.remote, Tombstone) and row.remote.expired)
    return any(seen.what is SeenAs.FILE for seen in disk.look(kept))
