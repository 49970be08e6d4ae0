"""The disk beside the ledger: each path that either of them knows, with what the disk shows of it.

What cannot be known is UNREADABLE, never ABSENT: what is below a directory that cannot be read, or on a file system that is
not mounted. What takes no part, by a rule or as one of git's locks, is left out where only the ledger has it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from holdall.engine.ledger import Ledger
from holdall.engine.nested import Nested
from holdall.engine.rows import Row
from holdall.engine.rulebook import Rulebook
from holdall.local.base import Disk, Skip, look_at
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.bundles import is_git_lock
from holdall.rules.reconcile import parents
from holdall.rules.whitelist import WhiteList

_NO_LIST: Final = "its directory cannot be read"


class Sight:
    """`begin` before each survey, `keep` before anything that was seen in it is agreed on.

    skip      what takes no part; a Rulebook is brought up to date on the way, each part of it before it counts
    left_out  told what was agreed on for a path, where a rule leaves the path out
    """

    def __init__(
        self,
        disk: Disk,
        ledger: Ledger,
        skip: Skip | None,
        left_out: Callable[[Row], None] = lambda _row: None,
    ) -> None:
        self._left_out = left_out
        self._disk = disk
        self._ledger = ledger
        self._rules = skip if isinstance(skip, Rulebook) else None
        self.skip = skip if self._rules is None else self._rules.scanned
        self.passes = (lambda _path: False) if self._rules is None else self._rules.passes
        self.whites = WhiteList() if self._rules is None else self._rules.whites
        self.nested = Nested(disk, ledger)

    def begin(self, *, accept: bool) -> None:
        """`accept`: see Nested."""
        self.nested.begin(accept=accept)
        if self._rules is not None:
            self._rules.begin()

    def keep(self) -> None:
        self.nested.keep()
        if self._rules is not None:
            self._rules.settle()

    def look(self, path: str) -> Seen:
        """The disk's own word on it."""
        return look_at(self._disk, path)

    def at(self, path: str, row: Row) -> Seen | None:
        """None where it takes no part."""
        if not _is_in(path, self._disk.within):
            return None
        if self._rules is not None:
            self._rules.named(path)
        seen = None if self._is_below_outside(path) else self._taking_part(row, self.look(path))
        if seen is None:
            self._leave_out(row)
            return None
        seen = self.nested.told(seen)
        hidden = None if seen.what is SeenAs.UNREADABLE else self.nested.hides(path)
        return seen if hidden is None else _unreadable(path, hidden.reason)

    def below(self, under: str) -> Iterator[tuple[Row, Seen]]:
        """One subtree ("" is all), in order, `under` itself not included. Of the whole, what this disk has of it."""
        within = self._disk.within
        if under != within and not _is_in(under, within):
            if not _is_in(within, under):
                return
            under = within
        dark = _Dark()
        rows = self._ledger.walk(under)
        looks = iter(self._scan(under, dark))
        row, seen = next(rows, None), next(looks, None)
        while row is not None or seen is not None:
            if seen is not None and seen.what is SeenAs.ODD_NAME:
                # Its path is for people: it has no place in this order, and is nobody's row.
                yield Row(seen.path, None, None), seen
                seen = next(looks, None)
            elif seen is not None and (row is None or seen.path <= row.path):
                known = row if row is not None and row.path == seen.path else None
                found = self._found(seen, dark)
                if found is not None:
                    yield known or Row(seen.path, None, None), found
                elif known is not None:
                    self._leave_out(known)
                if known is not None:
                    row = next(rows, None)
                seen = next(looks, None)
            else:
                assert row is not None
                if (missed := self._missed(row, dark)) is not None:
                    yield row, missed
                else:
                    self._leave_out(row)
                row = next(rows, None)

    def _scan(self, under: str, dark: "_Dark") -> Iterable[Seen]:
        if not under:
            return self._disk.scan("", self.skip)
        top = self.look(under)
        hidden = self.nested.hides(under)
        if hidden is not None:
            dark.add(hidden.path, hidden.reason)
        elif top.what is SeenAs.UNREADABLE:
            dark.add(under, _NO_LIST)
        return self._disk.scan(under, self.skip) if top.what is SeenAs.DIR else ()

    def _found(self, seen: Seen, dark: "_Dark") -> Seen | None:
        """None for a directory that is only entered."""
        if dark and (reason := dark.over(seen.path)):
            return _unreadable(seen.path, reason)
        told = self.nested.told(seen)
        if told.what is SeenAs.UNREADABLE:
            dark.add(told.path, _NO_LIST if told is seen else told.reason)
        return None if told.what is SeenAs.DIR and self.passes(told.path) else told

    def _missed(self, row: Row, dark: "_Dark") -> Seen | None:
        """Of what a scan did not come across; None where it takes no part."""
        path = row.path
        if dark and (reason := dark.over(path)):
            return _unreadable(path, reason)
        absent = Seen(path, SeenAs.ABSENT)
        if self._is_below_outside(path) or self._is_outside(row, absent):
            return None
        hidden = self.nested.hides(path)
        if hidden is not None:
            dark.add(hidden.path, hidden.reason)
            return _unreadable(path, hidden.reason)
        if row.base is None:
            return absent
        # Before it counts as a deletion it is asked for by name: a scan shows odd names otherwise, and may pass by what is
        # replaced while it lists a directory.
        return self._taking_part(row, self.look(path)._replace(path=path))

    def _taking_part(self, row: Row, seen: Seen) -> Seen | None:
        """None where it takes no part; ABSENT where only what is there now does not."""
        if not self._is_outside(row, seen):
            return seen
        absent = Seen(row.path, SeenAs.ABSENT)
        return None if row.base is None or self._is_outside(row, absent) else absent

    def _is_outside(self, row: Row, seen: Seen) -> bool:
        """By its kind, since a rule may be about directories only. What is gone takes no part as what it was."""
        path = row.path
        if is_git_lock(path):
            return True
        skip = self.skip
        if skip is None:
            return False
        if seen.what is not SeenAs.ABSENT:
            kinds = {seen.what is SeenAs.DIR}
        else:
            entries = (None if row.base is None else row.base.entry, row.remote)
            kinds = {entry.kind is Kind.DIR for entry in entries if isinstance(entry, Entry)} or {False}
        return any(skip(path, is_dir) or (is_dir and self.passes(path)) for is_dir in kinds)

    def _leave_out(self, row: Row) -> None:
        """Not where a rules file cannot be read: what it says is not known then."""
        if (
            row.base is not None
            and not is_git_lock(row.path)
            and (self._rules is None or self._rules.is_sure)
        ):
            self._left_out(row)

    def _is_below_outside(self, path: str) -> bool:
        skip = self.skip
        return skip is not None and any(skip(above, True) for above in parents(path))


class _Dark:
    """Directories that nothing below is known of, of a walk in the order of the paths: told and asked in that order.

    What is below `a` may come after `a-b` and all that is in it, so several wait for theirs; the innermost ends first.
    """

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    def add(self, path: str, reason: str) -> None:
        self._leave(path)
        self._open.append((path, reason))

    def over(self, path: str) -> str:
        """Why nothing is known of the path; "" where something is."""
        self._leave(path)
        if self._open and path.startswith(f"{self._open[-1][0]}/"):
            return self._open[-1][1]
        return ""

    def _leave(self, path: str) -> None:
        while self._open and path >= f"{self._open[-1][0]}0":  # "0" is the character after "/"
            self._open.pop()


def _is_in(path: str, folder: str) -> bool:
    """Whether it lies in the directory; "" is the root, that all lies in."""
    return not folder or path.startswith(f"{folder}/")


def _unreadable(path: str, reason: str) -> Seen:
    return Seen(path, SeenAs.UNREADABLE, reason=reason)
