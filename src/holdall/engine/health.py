"""What is wrong with a mount's store or root, and when to try again."""

import math
import random
from typing import Final

from holdall.errors import HoldallError, Lapsed, RootLost
from holdall.rules.retry import Backoff

_ROOT: Final = "root"
_ROOT_AGAIN_S: Final = 5.0


class Health:
    """`problems`: code -> error. Nothing is lost by any of them; everything waits."""

    def __init__(self, backoff: Backoff, dice: random.Random) -> None:
        self.problems: dict[str, HoldallError] = {}
        self.offline_until = 0.0
        self.root_again_at = 0.0
        self._backoff = backoff
        self._dice = dice
        self._failures = 0

    def trouble(self, error: HoldallError, now: float) -> None:
        if isinstance(error, RootLost):
            self.problems[_ROOT] = error
            self.root_again_at = now + _ROOT_AGAIN_S
            return
        if not isinstance(error, Lapsed):  # the next look at the head puts it right, or says why not
            self.problems[error.code] = error
        self._failures += 1
        wait = self._backoff.delay_s(self._failures, self._dice.random())
        # What a person has to mend is not asked for again until they say so.
        self.offline_until = math.inf if error.permanent else now + wait

    def store_answered(self) -> None:
        self._failures = 0
        self.problems = {code: error for code, error in self.problems.items() if code == _ROOT}

    def root_found(self) -> bool:
        """The root is there, or was accepted; whether it had been missed."""
        self.root_again_at = 0.0
        return self.problems.pop(_ROOT, None) is not None

    def reset(self) -> None:
        """A person has mended something, or the machine woke up: try at once."""
        self.problems.clear()
        self.offline_until = self.root_again_at = 0.0

    def online(self, now: float) -> bool:
        return now >= self.offline_until

    @property
    def root_lost(self) -> bool:
        return _ROOT in self.problems

    @property
    def blocked(self) -> HoldallError | None:
        """What only a person can mend."""
        return next((one for one in self.problems.values() if one.permanent), None)
