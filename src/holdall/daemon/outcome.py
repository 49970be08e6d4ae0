"""What a receipt document says, to people and to scripts. Imports nothing of the engine: every command needs this."""

from collections.abc import Iterable
from typing import Any, Final

from holdall.daemon.sizes import counted, files, human

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
PARTIAL: Final = 3
GUARDED: Final = 4
LOCKED: Final = 5
OVERDUE: Final = 6
NOT_RESTORED: Final = 7

_WORST_FIRST: Final = (FAILED, OVERDUE, PARTIAL, GUARDED)


def exit_code(receipt: dict[str, Any]) -> int:
    """What is unknown is a failure: without a survey nobody can say that nothing was left. Of a mount that was given up, nobody
    asks; a daemon from before an upgrade does not say so.
    """
    if receipt.get("discarded"):
        return DONE
    if any(problem["code"] == "root" for problem in receipt["problems"]):
        return GUARDED  # the directory is gone: that is a deletion of everything, held back
    if receipt["deadline_hit"]:
        return OVERDUE
    if receipt["left_files"]:
        return PARTIAL
    if receipt["held_deletions"]:
        return GUARDED
    return DONE if receipt["outcome"] == "complete" else FAILED


def reason(receipt: dict[str, Any]) -> str:
    """Why it is not complete, in one sentence."""
    if receipt["problems"]:
        return _about(receipt["problems"][0], "message")
    if receipt["left"]:
        more = f", and {receipt['left_files'] - 1} more" if receipt["left_files"] > 1 else ""
        return f"left {_about(receipt['left'][0], 'reason')}{more}"
    if receipt["held_deletions"]:
        return f"{counted(receipt['held_deletions'], 'deletion')} held back: `holdall approve {receipt['context']}`"
    return "the deadline came first" if receipt["deadline_hit"] else "it did not come through"


def _about(row: dict[str, Any], name: str) -> str:
    return f"{row['path']}: {row[name]}" if row["path"] else str(row[name])


def worst(codes: Iterable[int]) -> int:
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), max(found, default=DONE))


def sentence(receipt: dict[str, Any]) -> str:
    """`complete, 12 files 3.4 MB went up, deleted 1, commit 418, 0.6 s`, and what was left."""
    parts = [receipt["outcome"]]
    if receipt["uploaded_files"]:
        parts.append(f"{files(receipt['uploaded_files'])} {human(receipt['uploaded_bytes'])} went up")
    if receipt["downloaded_files"]:
        parts.append(f"{files(receipt['downloaded_files'])} {human(receipt['downloaded_bytes'])} came down")
    if receipt["deleted_files"]:
        parts.append(f"deleted {receipt['deleted_files']}")
    if receipt["held_deletions"]:
        parts.append(f"{counted(receipt['held_deletions'], 'deletion')} held back")
    if receipt["left_files"]:
        parts.append(f"left {files(receipt['left_files'])} {human(receipt['left_bytes'])}")
    if receipt["left_by_policy"]:
        parts.append(f"{len(receipt['left_by_policy'])} stay here by the policy")
    if receipt["commit"] is not None:
        parts.append(f"commit {receipt['commit']}")
    return ", ".join([*parts, f"{receipt['duration_s']:.1f} s"])
