"""The staged files of this process: a scan that comes across one of them leaves it alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from holdall.keys import STAGED_PREFIX
from holdall.local.base import PART_PREFIX


class StagedNames:
    """Safe from several threads."""

    def __init__(self) -> None:
        self._ours: set[str] = set()
        self._naming = threading.Condition()
        self._being_made: set[object] = set()

    def add(self, staged: str) -> None:
        self._ours.add(_token(staged))

    def drop(self, *staged: str) -> None:
        """They are gone, or nobody's."""
        self._ours.difference_update(map(_token, staged))

    @contextmanager
    def being_made(self) -> Iterator[None]:
        """While a file is made whose name is yet to be added."""
        mark = object()
        with self._naming:
            self._being_made.add(mark)
        try:
            yield
        finally:
            with self._naming:
                self._being_made.discard(mark)
                self._naming.notify_all()

    def __contains__(self, staged: str) -> bool:
        with self._naming:
            # RACE: a scan may see the file before its name is added.
            under_way = set(self._being_made)
            self._naming.wait_for(lambda: under_way.isdisjoint(self._being_made))
            return _token(staged) in self._ours


def _token(staged: str) -> str:
    """What stays the same in a staged name when the file is finished."""
    return staged.replace(PART_PREFIX, STAGED_PREFIX)
