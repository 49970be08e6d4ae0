"""The end of a process that may have threads that hang."""

import logging
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """At once: the interpreter would wait for every worker, also for one whose server never answers."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
