"""Bars on a terminal, which has its cursor back whatever ends them."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from holdall.daemon.sizes import files

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

FILES: Final = "{task.fields[files]}"
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def drawn(*more: str, stderr: bool = False) -> Iterator["Progress"]:
    """Description, bar, bytes, rate and time to go of each task; gone when all is over.

    more  what else, as rich formats it: FILES for a Falling
    """
    from rich import progress  # noqa: PLC0415 (60 ms, where there is somebody to see it)
    from rich.console import Console  # noqa: PLC0415

    columns: list[ProgressColumn] = [
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        *map(progress.TextColumn, more),
    ]
    with (
        _ended_in_order(),
        progress.Progress(*columns, console=Console(stderr=stderr), transient=True) as bars,
    ):
        yield bars


class Falling:
    """The bar of work of which is known what is left: it began with the most that ever was, and never goes back."""

    def __init__(self, bars: "Progress", description: str) -> None:
        self._bars = bars
        self._task = bars.add_task(description, total=None, files="")
        self._most = self._done = 0

    def left(self, count: int, size: int, moved: int) -> None:
        """In files and bytes. `moved`: of these, what has travelled already of files that are under way."""
        self._most = max(self._most, size)
        self._done = max(self._done, self._most - size + moved)
        self._bars.update(
            self._task, total=self._most or None, completed=self._done, files=f"{files(count)} to go"
        )


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Signals that would end the process at once raise SystemExit meanwhile, with the code that a shell tells of them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
