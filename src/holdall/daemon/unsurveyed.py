"""A release that got no look at the disk, because the store never answered: the disk is looked at without it."""

import sqlite3
import threading
import time
from itertools import islice
from typing import Final

from holdall.daemon.attachment import Attachment
from holdall.daemon.unsent import unsent
from holdall.engine.words import LeftPath, Outcome, Receipt
from holdall.errors import LocalError

_LOOK_S: Final = 1.0
_MOST: Final = 100_000
_NO_ANSWER: Final = "the store does not answer"


def named(attachment: Attachment, receipt: Receipt | None, began: float, under: str = "") -> Receipt:
    """The receipt, with all that is left by name where the survey behind it did not come to its end; None is one that never came.

    began  unix seconds, when it was asked for
    under  the path that it is about; "" is all

    Costs a second at most.
    """
    if receipt is not None and receipt.outcome is not Outcome.FAILED:
        return receipt
    known = () if receipt is None else receipt.left
    paths = {one.path for one in known}
    found = _look(attachment, trouble(attachment), under)
    left = tuple(sorted((*known, *(one for one in found if one.path not in paths))))
    return Receipt(
        Outcome.PARTIAL if left else Outcome.FAILED,
        attachment.mount.commit,
        left=left,
        overdue=receipt is None or receipt.overdue,
        started_at=began,
        finished_at=time.time(),
        problems=() if receipt is None else receipt.problems,
    )


def kept_back(attachment: Attachment, reason: str) -> Receipt:
    """Of a mount that is not to send anything."""
    began = time.time()
    left = _look(attachment, reason)
    outcome = Outcome.PARTIAL if left else Outcome.COMPLETE
    return Receipt(outcome, attachment.mount.commit, left=left, started_at=began, finished_at=time.time())


def trouble(attachment: Attachment) -> str:
    """Why nothing comes of it, for people."""
    return next((one.message for one in tuple(attachment.mount.problems.values())), _NO_ANSWER)


def _look(attachment: Attachment, reason: str, under: str = "") -> tuple[LeftPath, ...]:
    left: list[LeftPath] = []

    def look() -> None:
        try:
            found = unsent(attachment.disk, attachment.ledger, attachment.skip, reason, under)
            left.extend(islice(found, _MOST))
        except LocalError as exc:
            left.append(LeftPath(".", exc.message))
        except sqlite3.Error as exc:
            left.append(LeftPath(".", attachment.ledger.failure(exc).message))

    # The base may be in the hands of what hangs: this look gets its time, and no more.
    looking = threading.Thread(target=look, name="looking for what is left", daemon=True)
    looking.start()
    looking.join(_LOOK_S)
    if looking.is_alive():
        left.append(LeftPath(".", "not all of it could be looked at in time"))
    return tuple(left)
