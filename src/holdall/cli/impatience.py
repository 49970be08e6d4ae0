"""A person waits: that a store says nothing is told soon, and before long it is given up."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from holdall.errors import Unavailable
from holdall.store.patience import GivenUp, Patience

_TOLD_AFTER_S: Final = 3.0
_SILENCE_S: Final = 15.0
_LAPSE_S: Final = 25.0
"""Of a store that was heard before: longer than one silence, for only a connection may have died, and less than two."""


class Impatience(Patience):
    """Of one command with its store. What was given up is asked nothing any more.

    tell  called once at most, from a thread of its own, when nothing was heard for three seconds
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__(_SILENCE_S)
        self._tell = tell
        self._lock = threading.Lock()
        self._begun: dict[object, float] = {}
        self._watch: threading.Timer | None = None
        self._heard_at = -math.inf
        self._lasts_until: float | None = None
        self._given_up: GivenUp | None = None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        if (last := self._given_up) is not None:
            raise GivenUp(last.message, hint=last.hint)
        mine = object()
        with self._lock:
            self._begun[mine] = now = time.monotonic()
            if self._lasts_until is None:
                self._lasts_until = now + _SILENCE_S
            if self._watch is None:
                self._look_in(_TOLD_AFTER_S)
        try:
            yield
        finally:
            with self._lock:
                del self._begun[mine]

    def heard(self) -> None:
        self._heard_at = time.monotonic()
        self._lasts_until = self._heard_at + _LAPSE_S

    def silent(self, message: str, *, path: str | None, hint: str) -> Unavailable:
        if self._lasts_until is not None and time.monotonic() < self._lasts_until:
            return super().silent(message, path=path, hint=hint)
        self._given_up = GivenUp(message, path=path, hint=hint)
        return self._given_up

    def _look_in(self, seconds: float) -> None:
        self._watch = threading.Timer(seconds, self._look)
        self._watch.daemon = True
        self._watch.start()

    def _look(self) -> None:
        with self._lock:
            oldest = next(iter(self._begun.values()), None)
            if oldest is None:
                self._watch = None
                return
            left_s = max(oldest, self._heard_at) + _TOLD_AFTER_S - time.monotonic()
            if left_s > 0:
                self._look_in(left_s)
                return
        self._tell()  # once: the watch stays, and none is begun beside it
