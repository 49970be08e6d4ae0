"""Which entries of a white list match nothing, on either side: most often somebody has mistyped a path."""

from collections.abc import Iterator

from holdall.engine.rows import Row
from holdall.model import Entry, Seen, SeenAs
from holdall.rules.whitelist import WhiteList


class Unmatched:
    """`begin` before a look everywhere; `heed` for each path that takes part, until all entries are matched; then `found`."""

    def __init__(self, whites: WhiteList) -> None:
        self._whites = whites
        self._open: list[int] = []

    def begin(self) -> None:
        self._open = list(range(len(self._whites.listed)))

    def heed(self, row: Row, seen: Seen) -> None:
        if self._open and (seen.what is not SeenAs.ABSENT or isinstance(row.remote, Entry)):
            self._open = [number for number in self._open if not self._whites.takes(number, row.path)]

    def found(self) -> Iterator[tuple[int, str]]:
        """Number and path. That of everything is matched by an empty directory, too."""
        for number in self._open:
            if path := self._whites.listed[number].path:
                yield number, path
