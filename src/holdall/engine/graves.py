"""Paths whose old object a late request may still remove, where the store ignores conditions on DELETE (PROTOCOL.md, rule 17).

A removal that got no answer may be carried out as long as its signature lives, whatever stands at the key by then. So nothing is
put there until the removal has been seen, and for a while after the deletion was committed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from holdall.engine.ledger import Ledger
from holdall.engine.words import Step, Waiting
from holdall.errors import StoreError
from holdall.log.codec import Commit
from holdall.log.commits import DELETE, CommitLog
from holdall.model import Entry, Kind, Tombstone
from holdall.rules.reconcile import Verdict

REST_S: Final = 20 * 60.0
"""A signature lives for 15 minutes."""

_AGAIN_S: Final = 60.0


class Graves:
    def __init__(self, ledger: Ledger, log: CommitLog) -> None:
        self._ledger = ledger
        self._log = log
        self._committed_at: dict[int, float] = {}

    def waits(self, steps: Iterable[Step]) -> list[Waiting]:
        """Those that may not go up yet, and all that has to travel together with one of them.

        Costs a GET for each commit that deleted one of them, once; where DELETE honours conditions, nothing.
        """
        if DELETE not in (self._ledger.note("ignores") or "").split():
            return []
        found: dict[str, Waiting] = {}
        bundles: dict[str, Waiting] = {}
        steps = list(steps)
        for step in steps:
            if _is_made_anew(step) and (waiting := self._waiting(step)) is not None:
                found[step.path] = waiting
                if step.bundle is not None:
                    bundles[step.bundle] = waiting
        for step in steps:
            if step.bundle in bundles and step.path not in found:
                first = bundles[step.bundle]
                reason = f"what it travels with waits: {first.reason}"
                found[step.path] = Waiting(step.path, reason, first.for_s, unswept=False)
        return list(found.values())

    def _waiting(self, step: Step) -> Waiting | None:
        number = self._ledger.superseded_at(step.path)
        if number is None:
            return None
        head = step.remote
        unswept = _is_to_be_emptied(head)
        try:
            until = self._at(number) + REST_S
        except StoreError:
            # When it was, only the store knows: until it says so, it is now.
            return Waiting(
                step.path, "its old object may still be deleted by a late request", _AGAIN_S, unswept
            )
        left_s = until - self._log.store.now()
        if left_s > 0:
            clock = datetime.fromtimestamp(until, UTC).astimezone()
            reason = f"its old object may still be deleted by a late request; goes up at {clock:%H:%M}"
            return Waiting(step.path, reason, left_s, unswept)
        if unswept:
            return Waiting(step.path, "its old object is not gone yet; goes up after it", _AGAIN_S, unswept)
        return None

    def _at(self, number: int) -> float:
        """By the store's clock; long ago for what is not in the log any more."""
        if number not in self._committed_at:
            commit = self._log.read(number)
            self._committed_at[number] = commit.at_ms / 1000 if isinstance(commit, Commit) else 0.0
        return self._committed_at[number]


def _is_to_be_emptied(head: Entry | Tombstone | None) -> bool:
    """Whether an object is to be removed from its key still, and may be being removed now."""
    if isinstance(head, Tombstone):
        return bool(head.objects) and not head.swept
    return head is not None and head.packed is not None and bool(head.packed.shadow) and not head.packed.lay


def _is_made_anew(step: Step) -> bool:
    """A file at a path whose key should be empty."""
    head = step.remote
    return (
        step.verdict is Verdict.PUSH
        and step.local is not None
        and step.local.kind is Kind.FILE
        and not (isinstance(head, Entry) and head.plain is not None)
    )
