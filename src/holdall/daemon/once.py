"""The one pass of a `one` mount: done once in the life of its base, whatever is restarted in between."""

import logging
import random
import sqlite3
import threading
import time
from typing import Final

from holdall.engine.ledger import Ledger
from holdall.engine.runner import Runner, Ticket
from holdall.engine.words import Outcome, Until
from holdall.rules.retry import Backoff

_LOGGER: Final = logging.getLogger(__name__)

_NOTE: Final = "passed"
_PAUSE: Final = Backoff(first_s=30.0, most_s=1800.0)


class OncePass:
    """`done`: from now on nothing goes up but what is asked for. A pass that leaves something behind is made again after a pause.

    pause  between two passes, and between two tries to note the last one down
    """

    def __init__(self, ledger: Ledger, pause: Backoff = _PAUSE) -> None:
        self._ledger = ledger
        self._pause = pause
        self._ticket: Ticket | None = None
        self._runner: Runner | None = None
        self._again_at = 0.0
        self._tries = 0
        self._noting: threading.Thread | None = None
        self._noted = self.done = ledger.note(_NOTE) is not None

    def begin(self, runner: Runner) -> None:
        """At the start, and when a person has mended something."""
        self._runner = runner
        if not self.done and self._ticket is None:
            self._ticket = runner.ask(Until.DURABLE, asked=False)

    def look(self) -> None:
        """On the mount's thread, after every event; never waits."""
        receipt = None if self._ticket is None else self._ticket.wait(0)
        if receipt is not None:
            self._ticket = None
            self.done = receipt.outcome is Outcome.COMPLETE
            self._rest()
            if self.done:
                self._begin_noting()
        elif time.monotonic() >= self._again_at and self._runner is not None:
            if not self.done:
                self.begin(self._runner)
            elif not self._noted:
                self._begin_noting()

    def _rest(self) -> None:
        self._tries += 1
        self._again_at = time.monotonic() + self._pause.delay_s(self._tries, random.random())  # noqa: S311

    def _begin_noting(self) -> None:
        # On a thread of its own: the ledger may be busy for long, and its disk full, while the mount has to go on.
        if self._noting is None or not self._noting.is_alive():
            self._noting = threading.Thread(target=self._note, name="noting the pass", daemon=True)
            self._noting.start()

    def _note(self) -> None:
        try:
            self._ledger.set_note(_NOTE, "1")
        except sqlite3.Error as exc:
            self._rest()
            _LOGGER.warning("the state cannot be written, a restart would make the one pass again: %s", exc)
        else:
            self._noted = True
