"""Receipts on the command line: the document, or a sentence and what was left, and the exit code."""

from typing import Any, Final

from holdall.cli import show
from holdall.daemon import outcome

_NAMED_MAX: Final = 20


def tell(receipts: list[dict[str, Any]], *, as_json: bool) -> int:
    """Prints them; the exit code of the worst."""
    if as_json:
        show.document(receipts[0] if len(receipts) == 1 else {"receipts": receipts})
    elif not receipts:
        show.line("nothing is mounted")
    else:
        for receipt in receipts:
            _tell(receipt)
    return outcome.worst(outcome.exit_code(one) for one in receipts)


def _tell(receipt: dict[str, Any]) -> None:
    name = show.safe(receipt["context"])
    show.line(f"{name}: {outcome.sentence(receipt)}")
    for left in receipt["left"][:_NAMED_MAX]:
        show.line(f"  left: {show.safe(left['path'])}: {show.safe(left['reason'])}")
    if receipt["left_files"] > _NAMED_MAX:
        show.line(f"  left: {receipt['left_files'] - _NAMED_MAX} more")
    for path in receipt["left_by_policy"][:_NAMED_MAX]:
        show.line(f"  stays here by the policy: {show.safe(path)}")
    if receipt["held_deletions"]:
        show.line(f"  `holdall approve {name}` lets the deletions pass")
    for problem in receipt["problems"]:
        show.line(f"  {problem['message']}")
        if problem["hint"]:
            show.line(f"    {problem['hint']}")
