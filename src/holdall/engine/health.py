"""What is wrong with a mount's store or root, and when to try again."""

import random
from typing import Final

from holdall.errors import HoldallError, Lapsed, RootLost, StoreError
from holdall.rules.retry import Backoff

_ROOT: Final = "root"
_ROOT_AGAIN_S: Final = 5.0
_MENDED_AGAIN_S: Final = 300.0
"""What a person has to mend is asked for this often: often they mend it, and tell nobody here."""
_OF_ONE_KEY: Final = frozenset({"missing", "condition", "refused"})


def is_the_stores(error: HoldallError) -> bool:
    """Whether it is about the store, not about one path or its key."""
    return isinstance(error, StoreError) and error.code not in _OF_ONE_KEY


class Health:
    """`problems`: code -> error. Nothing is lost by any of them; everything waits."""

    def __init__(self, backoff: Backoff, dice: random.Random) -> None:
        self.problems: dict[str, HoldallError] = {}
        self.offline_until = 0.0
        self.root_again_at = 0.0
        self._backoff = backoff
        self._dice = dice
        self._failures = 0
        self._asked_anew: set[str] = set()

    def trouble(self, error: HoldallError, now: float) -> None:
        if isinstance(error, RootLost):
            self.problems[_ROOT] = error
            self.root_again_at = now + _ROOT_AGAIN_S
            return
        if not isinstance(error, Lapsed):  # the next look at the head puts it right, or says why not
            self.problems[error.code] = error
            self._asked_anew.discard(error.code)
        self._failures += 1
        wait = self._backoff.delay_s(self._failures, self._dice.random())
        self.offline_until = now + (_MENDED_AGAIN_S if error.permanent else wait)

    def store_answered(self) -> None:
        self._failures = 0
        self.problems = {code: error for code, error in self.problems.items() if code == _ROOT}

    def root_found(self) -> bool:
        """The root is there, or was accepted; whether it had been missed."""
        self.root_again_at = 0.0
        return self.problems.pop(_ROOT, None) is not None

    def try_now(self) -> None:
        """Somebody waits: what a person had to mend is asked for once more before they are told that it is not."""
        if self.blocked is not None:
            self._asked_anew = {
                code for code, error in self.problems.items() if error.permanent and code != _ROOT
            }
            self.offline_until = 0.0

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
        """What only a person can mend, as far as is known."""
        known = (error for code, error in self.problems.items() if code not in self._asked_anew)
        return next((error for error in known if error.permanent), None)
