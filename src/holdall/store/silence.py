"""For how long a store has said nothing to what it is asked.

Any answer breaks the silence, a refusal too, and so do bytes that arrive or are taken.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import ClassVar, Final

from holdall.errors import StoreError, Unavailable

_LIMIT_S: Final = 60.0
"""Servers copy and complete large objects in silence."""

_AGAIN_S: Final = 5.0
"""A request without an answer is made again within this time, or its caller is told: the pauses between are 3 s at most."""


class GivenUp(Unavailable):
    """The store said nothing for as long as it is waited for: asked again, it would only be waited for again."""

    permanent: ClassVar[bool] = True


class Silence:
    """Of one opened store, which any number of threads may ask. What is asked again is waited for since it was asked first.

    limit_s  how long one request waits for a single byte
    """

    def __init__(self, limit_s: float = _LIMIT_S, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit_s = limit_s
        self._clock = clock
        self._lock = Lock()
        self._asked = 0
        self._since = clock()
        self._unanswered_at: float | None = None

    def silent_s(self) -> float:
        """0.0 while nothing is asked, nor about to be asked again."""
        with self._lock:
            now = self._clock()
            is_asked_again = self._unanswered_at is not None and now - self._unanswered_at < _AGAIN_S
            return now - self._since if self._asked or is_asked_again else 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around what only the store can hold up. It has answered, unless Unavailable is raised, or what is no StoreError."""
        with self._lock:
            if not self._asked and self._unanswered_at is None:
                self._since = self._clock()
            self._asked += 1
        answered = False
        try:
            yield
            answered = True
        except StoreError as exc:
            answered = not isinstance(exc, Unavailable)
            raise
        finally:
            with self._lock:
                self._asked -= 1
                if not answered:
                    self._unanswered_at = self._clock()
            if answered:
                self.heard()

    def heard(self) -> None:
        """The store said something."""
        with self._lock:
            self._since = self._clock()
            self._unanswered_at = None

    def sent(self) -> None:
        """Bytes of a request were taken. After one without an answer that tells nothing: the kernel takes the first by itself."""
        with self._lock:
            if self._unanswered_at is None:
                self._since = self._clock()

    def unanswered(self, message: str, *, path: str | None, hint: str) -> Unavailable:
        """The error of a request that waited for `limit_s`."""
        return Unavailable(message, path=path, hint=hint)
