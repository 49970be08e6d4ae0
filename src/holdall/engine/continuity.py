"""Whether the store is still the one that this ledger was made from.

Nothing at the next number says that there is no news. It says the same of a log that was put back from a backup, that has lost a
commit, or that went with its context. So before anybody goes by it, what this ledger has read is looked for. Numbers are never
freed (what is pruned leaves a marker): one that is gone was taken away by somebody else.
"""

from typing import Final

from holdall.engine.ledger import Ledger
from holdall.errors import BadFormat
from holdall.log.commits import CommitLog, ContextInfo

CONTEXT: Final = "context"
"""The note of the context's id."""

_REMOUNT: Final = "run `holdall unmount --discard` and mount it again: both sides are kept"
_NEAR: Final = 500
"""How far from the head numbers are looked for. One that is further on is seen when the head has come closer to it."""


class Continuity:
    """What is expected and not there raises BadFormat. That the context is gone says more than that its log is."""

    def __init__(self, ledger: Ledger, log: CommitLog) -> None:
        self._ledger = ledger
        self._log = log
        self._seen: tuple[int, str] | None = None

    def expect_context(self, found: ContextInfo | None) -> None:
        """`found`: what stands there now."""
        known = self._ledger.note(CONTEXT)
        if known is None:
            return
        if found is None:
            raise BadFormat("the context is not in the store any more", hint=_REMOUNT)
        if found.id != known:
            raise BadFormat(
                "the context in the store is not the one this state is about (it was deleted and made anew)",
                hint=_REMOUNT,
            )

    def expect_read(self) -> None:
        """The newest commit that was read is there, and what was the newest when this was asked last, and all between them.

        One GET; two where these are two; and a listing of a few keys where there are others between.
        """
        tip = self._ledger.tip
        seen = self._seen or tip
        between = tip[0] - seen[0] > 1
        for seq, known in dict.fromkeys((seen, tip)):
            owner = self._log.owner(seq) if seq > 0 else ""
            if owner is None:
                self._expect_tip(seq)
                between = True
            elif owner and known and owner != known:
                raise BadFormat(
                    f"commit {seq} in the store is not the one that was read here: the log was put back to an earlier state, and went"
                    " on from there",
                    hint=_REMOUNT,
                )
            elif owner and (seq, "") == tip:
                self._ledger.identify(owner)
        if between:
            self._expect_all(max(seen[0], tip[0] - _NEAR), tip[0])

    def expect_whole(self) -> None:
        """No number around the head is missing while later ones are there. One or two listings of a thousand keys at most."""
        seq = self._ledger.seq
        self._expect_all(seq - _NEAR, seq + _NEAR)

    def was_seen(self) -> None:
        """All that was read was there just now."""
        self._seen = self._ledger.tip

    def _expect_tip(self, missing: int) -> None:
        if missing < self._ledger.seq:
            return
        self.expect_context(self._log.info())
        raise BadFormat(
            f"commit {missing}, which was read here, is not in the store any more: the log was put back to an earlier state, or has"
            " lost it",
            hint=_REMOUNT,
        )

    def _expect_all(self, first: int, last: int) -> None:
        unlisted = self._log.unlisted(first, last)
        if not unlisted:
            return
        # Up to the newest checkpoint nobody reads the log who is not past that already.
        covered = min(self._log.listed_checkpoint() or 0, self._ledger.seq)
        for seq in unlisted:
            if seq > covered and self._log.owner(seq) is None:
                self.expect_context(self._log.info())
                raise lost(seq)


def lost(seq: int) -> BadFormat:
    """A commit that is missing while there is something behind it: whoever reads the log to it would take it for the head."""
    return BadFormat(
        f"commit {seq} is not in the store, and what came after it is",
        hint="run `holdall verify`; bring it back from a backup or an earlier version of the bucket, or mount a directory that is up"
        " to date under another context",
    )
