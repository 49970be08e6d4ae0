"""Receipts on the command line: the document, or a sentence and what was left, and the exit code."""

from typing import Any, Final

from holdall.cli import output
from holdall.daemon import outcome

_NAMED_MAX: Final = 20


def show(receipts: list[dict[str, Any]], *, as_json: bool) -> int:
    """Prints them; the exit code of the worst."""
    if as_json:
        output.document(receipts[0] if len(receipts) == 1 else {"receipts": receipts})
    elif not receipts:
        output.line("nothing is mounted")
    else:
        for receipt in receipts:
            _show(receipt)
    return outcome.worst(outcome.exit_code(one) for one in receipts)


def _show(receipt: dict[str, Any]) -> None:
    output.line(f"{receipt['context']}: {outcome.sentence(receipt)}")
    for left in receipt["left"][:_NAMED_MAX]:
        output.line(f"  left: {left['path']}: {left['reason']}")
    if receipt["left_files"] > _NAMED_MAX:
        output.line(f"  left: {receipt['left_files'] - _NAMED_MAX} more")
    for path in receipt["left_by_policy"][:_NAMED_MAX]:
        output.line(f"  stays here by the policy: {path}")
    if receipt["held_deletions"]:
        output.line(f"  `holdall approve {receipt['context']}` lets the deletions pass")
    for problem in receipt["problems"]:
        output.line(f"  {problem['message']}")
        if problem["hint"]:
            output.line(f"    {problem['hint']}")
