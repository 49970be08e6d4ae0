"""What an `exec` waits for, before its command and after it, as a bar: the terminal is the command's meanwhile."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from holdall.cli import bars
from holdall.daemon.session import Session

_SHORT_S: Final = 0.5


@contextmanager
def shown(session: Session, what: str, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Yields what is to be called a few times a second. Shows nothing that is over soon, and nothing without a terminal."""
    from_s = time.monotonic() + _SHORT_S
    line: bars.Falling | None = None
    with ExitStack() as stack:

        def look() -> None:
            nonlocal line
            if quiet or not sys.stderr.isatty() or time.monotonic() < from_s:
                return
            left = session.waiting()
            if left is None:
                return
            if line is None:
                line = bars.Falling(stack.enter_context(bars.drawn(bars.FILES, stderr=True)), what)
            line.left(*left)

        yield look
