"""The log by itself: every number there, every body readable, markers only below what is kept."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from holdall.errors import BadFormat, NotThere
from holdall.log import layout
from holdall.log.ahead import ahead
from holdall.log.codec import Commit, Pruned
from holdall.log.commits import CommitLog
from holdall.log.findings import Finding, Found
from holdall.log.history import History

_AT_ONCE: Final = 16


def verify_log(log: CommitLog) -> Iterator[Finding]:
    """Two listings, every commit and every checkpoint read once."""
    numbers: list[int] = []
    for info in log.store.list(layout.LOG):
        seq = layout.number_of(info.key)
        if seq is None:
            yield Finding(Found.FOREIGN, info.key, "is no commit's name")
        else:
            numbers.append(seq)
    numbers.sort()
    for before, seq in pairwise([0, *numbers]):
        if seq > before + 1:
            detail = f"commits {before + 1} to {seq - 1} are missing: numbers are never freed"
            yield Finding(Found.LOG, layout.log_key(before + 1), detail)
    pruned = 0
    for seq, found in ahead(lambda seq: (seq, _read(log, seq)), numbers, at_once=_AT_ONCE):
        if isinstance(found, str):
            yield Finding(Found.LOG, layout.log_key(seq), found)
        elif isinstance(found, Pruned):
            if pruned != seq - 1:
                yield Finding(Found.LOG, layout.log_key(seq), "is pruned, and an older commit is not")
            pruned = seq
    yield from _checkpoints(log, pruned, numbers[-1] if numbers else 0)


def _checkpoints(log: CommitLog, pruned: int, newest: int) -> Iterator[Finding]:
    listed = log.checkpoints()
    if pruned and (not listed or listed[-1] <= pruned):
        yield Finding(Found.LOG, layout.log_key(pruned), "is pruned, and no checkpoint behind it is there")
    for seq in listed:
        if problem := _unreadable(log, seq):
            yield Finding(Found.LOG, layout.checkpoint_key(seq), problem)
        elif seq > newest:
            yield Finding(Found.LOG, layout.checkpoint_key(seq), "is ahead of the newest commit")


def is_readable(history: History, head: int) -> bool:
    """Whether the head's tree can be put together."""
    try:
        for _ in history.rows(head):
            pass
    except (BadFormat, NotThere):
        return False
    return True


def _read(log: CommitLog, seq: int) -> Commit | Pruned | str:
    """A string says what is wrong with it."""
    try:
        found = log.read(seq)
    except BadFormat as exc:
        return exc.message
    return "went away while it was looked at" if found is None else found


def _unreadable(log: CommitLog, seq: int) -> str:
    try:
        for _ in log.checkpoint(seq).rows:
            pass
    except NotThere:
        return ""  # pruned since it was listed
    except BadFormat as exc:
        return exc.message
    return ""
