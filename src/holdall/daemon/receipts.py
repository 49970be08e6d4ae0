"""A barrier's receipt as the document that every face shows."""

from collections.abc import Iterable
from typing import Any, Final

from holdall.engine.words import LeftPath, Outcome, Receipt
from holdall.errors import HoldallError

_LISTED_MAX: Final = 1000
"""More paths than a person reads; `left_files` counts all."""


def document(
    context: str, receipt: Receipt, deadline_s: float | None, troubles: Iterable[HoldallError] = ()
) -> dict[str, Any]:
    """Beyond the spec's keys: what came down, `held_deletions` (of the guard), `deadline_hit`, `discarded`, and problems.

    troubles  what the mount suffers from at present: why it is not complete
    """
    problems = receipt.problems or (() if receipt.outcome is Outcome.COMPLETE else tuple(troubles))
    return {
        "context": context,
        "outcome": receipt.outcome.value,
        "commit": receipt.commit if receipt.commit >= 0 else None,
        "uploaded_files": receipt.uploaded_files,
        "uploaded_bytes": receipt.uploaded_bytes,
        "deleted_files": receipt.deleted_files,
        "left": [{"path": one.path, "reason": one.reason} for one in receipt.left[:_LISTED_MAX]],
        "left_files": len(receipt.left),
        "left_bytes": sum(one.bytes for one in receipt.left),
        "left_by_policy": list(receipt.left_by_policy[:_LISTED_MAX]),
        "duration_s": round(receipt.finished_at - receipt.started_at, 3),
        "deadline_s": deadline_s,
        "downloaded_files": receipt.downloaded_files,
        "downloaded_bytes": receipt.downloaded_bytes,
        "held_deletions": receipt.held,
        "deadline_hit": receipt.overdue,
        "discarded": False,
        "problems": [problem(one) for one in problems],
    }


def discarded(context: str, receipt: Receipt) -> dict[str, Any]:
    """Of a mount that was given up: what is left was meant to be left."""
    return document(context, receipt, None) | {"discarded": True}


def never_attached(context: str, error: HoldallError) -> dict[str, Any]:
    """The mount could not be taken up at all: what is in its directory is unknown, and so is failure."""
    receipt = Receipt(Outcome.FAILED, -1, left=(LeftPath(".", error.message),), problems=(error,))
    return document(context, receipt, None)


def problem(error: HoldallError) -> dict[str, str | None]:
    return {"code": error.code, "message": error.message, "path": error.path, "hint": error.hint}
