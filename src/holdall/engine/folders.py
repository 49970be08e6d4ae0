"""The directories that a download needs, where they are not here: as private as they are in the store."""

from holdall.engine.ledger import Ledger
from holdall.engine.shut import OPEN
from holdall.errors import Unreadable
from holdall.local.base import Disk, look_at
from holdall.model import DEFAULT_MODES, Entry, Kind, SeenAs
from holdall.rules.reconcile import parents


def make_folders(disk: Disk, ledger: Ledger, path: str) -> None:
    """Those above the path. One that takes no part itself, for a white list names only what is in it, is never set right later.

    What stands in the way, or cannot be written to, is left to whoever stages the file. Costs one look where nothing is missing.
    """
    missing = []
    for above in parents(path):
        if look_at(disk, above).what is not SeenAs.ABSENT:
            break
        missing.append(above)
    try:
        for above in reversed(missing):
            head = ledger.remote(above)
            mode = (
                head.access if isinstance(head, Entry) and head.kind is Kind.DIR else DEFAULT_MODES[Kind.DIR]
            )
            disk.make_dir(above, mode | OPEN)
    except Unreadable:
        return
