"""What was agreed on for paths that a rule leaves out, until they take part again.

A rule says nothing of what is there, so its change deletes nothing: while a path takes no part, what becomes of it on either side
is nobody's deletion. An edit is one all the same, known by what was agreed on before.
"""

from collections.abc import Callable, Collection
from typing import Final

from holdall.engine.ledger import Ledger
from holdall.engine.rows import Base, Row, encode
from holdall.model import Tombstone
from holdall.rules.reconcile import Verdict

_PAGE: Final = 2000
_REMOVALS: Final = frozenset({Verdict.PUSH_DELETE, Verdict.PULL_DELETE, Verdict.FORGET})


class LeftOut:
    """`begin` before each survey; `settle` before anything is agreed on that rests on what `remembered` said."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._busy: Collection[str] = ()
        self._any = False
        self._leaving: list[str] = []
        self._back: list[str] = []
        self._gone: list[str] = []

    def begin(self, busy: Collection[str]) -> None:
        """`busy`: paths that are under way; they are left for a later survey."""
        self._busy = busy
        self._any = self._ledger.leaves_out()
        for some in (self._leaving, self._back, self._gone):
            some.clear()

    def leave(self, row: Row) -> None:
        """A rule leaves the path out."""
        if row.path not in self._busy:
            self._leaving.append(row.path)
            self._any = True
            self._settle_page()

    def remembered(self, row: Row, decide: Callable[[Row], Verdict]) -> Row:
        """A row that takes part: with what was agreed on before, unless a removal would come of it."""
        known = self._ledger.left_out(row.path) if self._any and row.base is None else None
        if known is None:
            return row
        back = _with(row, known)
        if decide(back) in _REMOVALS:
            self._gone.append(row.path)
            back = row
        else:
            self._back.append(row.path)
        self._settle_page()
        return back

    def settle(self) -> None:
        if self._leaving:
            self._ledger.leave_out(self._leaving)
        if self._back or self._gone:
            self._ledger.take_back(self._back, self._gone)
        for some in (self._leaving, self._back, self._gone):
            some.clear()

    def _settle_page(self) -> None:
        if len(self._leaving) + len(self._back) + len(self._gone) >= _PAGE:
            self.settle()


def _with(row: Row, base: Base) -> Row:
    head = row.remote
    if head is None:
        return row._replace(base=base, ahead=encode(Tombstone(vid=0, swept=True)))
    return row._replace(base=base, ahead=None if head == base.entry else row.ahead)
