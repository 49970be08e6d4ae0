"""When a mount wants to be woken, and whether it was in time."""

import math
from typing import Final

from holdall.engine.effects import Wake

_OVERSLEPT_S: Final = 30.0


class Alarm:
    def __init__(self) -> None:
        self._at = math.inf

    def overslept(self, now: float) -> bool:
        """Whether the machine was asleep: it was to be woken long ago."""
        return now > self._at + _OVERSLEPT_S

    def set(self, at: float | None) -> list[Wake]:
        """What asks for that; None: nothing is to come by itself."""
        self._at = math.inf if at is None else at
        return [] if at is None else [Wake(at)]
