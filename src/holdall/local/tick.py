"""How long a file system's clock stands still: what is written meanwhile leaves the same time twice."""

import time
from typing import Final

_SECOND_NS: Final = 1_000_000_000
_TICK_NS: Final = 10_000_000
"""Kernels before 6.13 set a file's times by a clock that goes on 100 to 1000 times a second."""


def wait_for_tick(ctime_ns: int) -> None:
    """Returns when nothing can be written any more that leaves this ctime. At once, where it is older than a tick.

    ext3, HFS+ and some servers count whole seconds, FAT counts two at a time.
    """
    tick_ns = _TICK_NS if ctime_ns % _SECOND_NS else 2 * _SECOND_NS
    left_ns = ctime_ns + tick_ns - time.time_ns()
    # More than a tick ahead of us: the clock was set back, and what is written now is earlier.
    if 0 < left_ns <= tick_ns:
        time.sleep(left_ns / _SECOND_NS)
