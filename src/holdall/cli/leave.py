"""The end of a process that may have threads that hang."""

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

from holdall.cli import streams


def leave(code: int) -> NoReturn:
    """At once: the interpreter would wait for every worker, also for one whose server never answers."""
    logging.shutdown()
    code = streams.settled(code)
    with suppress(OSError):  # what stderr does not take, nobody can be told
        sys.stderr.flush()
    os._exit(code)
