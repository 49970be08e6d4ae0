"""Python's garbage collector, for a process that holds many small things for long."""

import gc
from typing import Final

_YOUNG: Final = 50_000
"""Rows and steps by the thousand live until their commit: looking through them every 700 took a tenth of all time."""


def unhurried() -> None:
    """What is loaded by now stays anyway, so it is never looked through again."""
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)
