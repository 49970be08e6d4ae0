"""Files and bytes of long work on the store, told while it goes on: a bar on a terminal, now and then a line elsewhere."""

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from holdall.cli import bars
from holdall.daemon.sizes import human

if TYPE_CHECKING:
    from rich.progress import Progress as Bars, TaskID

_EVERY_S: Final = 5.0


class Tally:
    """`with Tally("read", files, bytes) as told: told.add(1, 4096)`. On stderr. Short work is not told at all elsewhere."""

    def __init__(self, verb: str, files: int, size: int) -> None:
        self._verb = verb
        self._files, self._size = files, size
        self._done_files = self._done_size = 0
        self._next_at = time.monotonic() + _EVERY_S
        self._drawn = ExitStack()
        self._bars: Bars | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bars = self._drawn.enter_context(bars.drawn(stderr=True))
            self._task = self._bars.add_task(self._text(), total=self._size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drawn.close()

    def add(self, files: int, size: int) -> None:
        self.at(self._done_files + files, self._done_size + size)

    def at(self, files: int, size: int) -> None:
        """So far."""
        self._done_files, self._done_size = files, size
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=size, description=self._text())
        elif time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + _EVERY_S
            sys.stderr.write(f"{self._text()}, {human(size)} of {human(self._size)}\n")

    def _text(self) -> str:
        return f"{self._verb} {self._done_files} of {self._files} files"
