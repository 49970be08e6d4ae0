"""A barrier for one path: whether its receipt holds of that very path, or only of everything else."""

from dataclasses import replace

from holdall.daemon.attachment import Attachment
from holdall.engine.databases import is_shared_memory
from holdall.engine.words import LeftPath, Outcome, Receipt
from holdall.errors import LocalError, NotThere
from holdall.local.base import look_at
from holdall.local.names import oddity, printable
from holdall.model import Seen, SeenAs
from holdall.rules.bundles import is_git_lock
from holdall.rules.reconcile import TAKES_PART, parents
from holdall.rules.whitelist import Part


def vouched(attachment: Attachment, path: str, receipt: Receipt) -> Receipt:
    """A complete receipt of a barrier for `path`, with the path left where it takes no part: no survey speaks of it then.

    NotThere for one that neither side has, nor had as far back as this machine remembers. One look at disk and base.
    """
    if receipt.outcome is not Outcome.COMPLETE:
        return receipt
    shown = printable(path) if oddity(path) else path
    seen = look_at(attachment.disk, path)
    if seen.what is SeenAs.ABSENT and not _known(attachment, path):
        raise NotThere(
            "is neither here nor in the store",
            path=shown,
            hint="inside the mount a path is taken from where you are, elsewhere from the mount's top",
        )
    if reason := _kept_out(attachment, seen):
        size = 0 if seen.stamp is None else seen.stamp.size
        left = (LeftPath(shown, reason, size),)
        return replace(receipt, outcome=Outcome.PARTIAL, left=left)
    return receipt


def _known(attachment: Attachment, path: str) -> bool:
    """A path that was deleted is remembered: that it is gone on both sides is what was asked for."""
    if oddity(path):
        return False
    ledger = attachment.ledger
    row = ledger.row(path)
    return (
        row.base is not None
        or row.remote is not None
        or ledger.superseded_at(path) is not None
        or next(ledger.walk(path), None) is not None
    )


def _kept_out(attachment: Attachment, seen: Seen) -> str:
    """Why the path takes no part; "" where it does."""
    if seen.what is SeenAs.SPECIAL:
        return f"{seen.reason or seen.what.value} takes no part"
    if seen.what not in TAKES_PART:
        return seen.reason or seen.what.value
    path = seen.path
    if is_git_lock(path):
        return "git's lock files are never carried"
    try:
        if is_shared_memory(attachment.disk, path):
            return "the shared memory of a database is never carried"
    except LocalError as exc:
        return exc.message
    is_dir = seen.what is SeenAs.DIR
    may_be_dir = seen.what in {SeenAs.DIR, SeenAs.ABSENT}
    if attachment.skip.whites.part(path, is_dir=may_be_dir) is Part.OUTSIDE:
        return "the white list leaves it out"
    if attachment.skip(path, is_dir) or any(attachment.skip(above, True) for above in parents(path)):
        return "an ignore rule leaves it out"
    return ""
