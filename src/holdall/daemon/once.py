"""The one pass of a `one` mount: done once in the life of its base, whatever is restarted in between."""

from typing import Final

from holdall.engine.ledger import Ledger
from holdall.engine.runner import Runner, Ticket
from holdall.engine.words import Outcome, Until

_NOTE: Final = "passed"


class OncePass:
    """`done`: from now on nothing goes up but what is asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._ticket: Ticket | None = None
        self.done = ledger.note(_NOTE) is not None

    def begin(self, runner: Runner) -> None:
        if not self.done and self._ticket is None:
            self._ticket = runner.ask(Until.DURABLE, asked=False)

    def look(self) -> None:
        """On the mount's thread, after every event."""
        receipt = None if self._ticket is None else self._ticket.wait(0)
        if receipt is None:
            return
        self._ticket = None
        if receipt.outcome is not Outcome.FAILED:  # what failed waits for `resume`
            self._ledger.set_note(_NOTE, "1")
            self.done = True
