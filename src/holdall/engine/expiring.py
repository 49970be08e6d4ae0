"""When to see what has expired, and what became of it."""

import random
from typing import Final

from holdall.engine.events import Recycled
from holdall.engine.inflight import Inflight

_FIRST_S: Final = 4000.0
_EVERY_S: Final = 3600.0
_AGAIN_S: Final = 300.0


class Expiring:
    """at         the next time; None before the head was read
    only_here  files that have expired, as of the last survey
    doubt      why nothing expires although a lifecycle says so
    """

    def __init__(self, dice: random.Random) -> None:
        self.at: float | None = None
        self.only_here = 0
        self.doubt = ""
        self._dice = dice

    def is_time(self, now: float) -> bool:
        """About once an hour. Where something may expire from the start, that was asked for then."""
        if self.at is None:
            self.at = now + _FIRST_S
        if now < self.at:
            return False
        self.at = now + _EVERY_S * (0.9 + 0.2 * self._dice.random())
        return True

    def soon(self) -> None:
        self.at = 0.0

    def later(self, now: float) -> None:
        """It came to nothing."""
        self.at = now + _AGAIN_S

    def found(self, event: Recycled, flow: Inflight, now: float) -> None:
        self.doubt = event.doubt
        for item in event.due:
            if item.step.path in flow.busy:
                self.later(now)
            else:
                flow.pushed(item, now)
        if event.more:
            self.soon()
