"""A person waits: that a store says nothing is told soon, and before long it is given up."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from holdall.errors import Unavailable
from holdall.store.silence import GivenUp, Silence

_TOLD_AFTER_S: Final = 3.0
_SILENCE_S: Final = 15.0
_LAPSE_S: Final = 25.0
"""Of a store that was heard before: longer than one silence, for only a connection may have died, and less than two."""


class Impatience(Silence):
    """Of one command with its store. What was given up is asked nothing any more: `waiting` raises GivenUp.

    tell  called once at most, from a thread of its own, when nothing was heard for three seconds
    """

    def __init__(self, tell: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(_SILENCE_S, clock)
        self._tell = tell
        self._watch: threading.Timer | None = None
        self._was_heard = False
        self._given_up: GivenUp | None = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        if (last := self._given_up) is not None:
            raise GivenUp(last.message, hint=last.hint)
        with super().waiting():
            with self._lock:
                if self._watch is None:
                    self._look_in(_TOLD_AFTER_S)
            yield

    def heard(self) -> None:
        super().heard()
        self._was_heard = True

    def unanswered(self, message: str, *, path: str | None, hint: str) -> Unavailable:
        if self.silent_s() < (_LAPSE_S if self._was_heard else _SILENCE_S):
            return super().unanswered(message, path=path, hint=hint)
        self._given_up = GivenUp(message, path=path, hint=hint)
        return self._given_up

    def _look_in(self, seconds: float) -> None:
        self._watch = threading.Timer(seconds, self._look)
        self._watch.daemon = True
        self._watch.start()

    def _look(self) -> None:
        silent_s = self.silent_s()
        with self._lock:
            if not self._asked:
                self._watch = None
                return
            if silent_s < _TOLD_AFTER_S:
                self._look_in(_TOLD_AFTER_S - silent_s)
                return
        self._tell()  # once: the watch stays, and none is begun beside it
