"""When a store was last heard of, for those who show that it keeps silent.

Any answer counts, a refusal too, and so do bytes that arrive. "No answer" is none.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Final

from holdall.errors import StoreError, Unavailable
from holdall.store.base import Before, ObjectInfo, Part, Store, Written
from holdall.store.passing import Passing

_SLOW_BYTES_S: Final = 128 * 1024
"""A line that is slower than this may look like a silent store; a faster one does not."""


class Heard(Passing):
    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(store)
        self._clock = clock
        self._lock = Lock()
        self._numbers = 0
        self._heard_at = clock()
        self._unanswered_at: float | None = None
        self._asked: dict[int, tuple[float, float]] = {}

    def silent_s(self) -> float:
        """How long it has not answered what it is asked; 0.0 while it is asked nothing, or is being sent bytes."""
        with self._lock:
            now, heard_at, asked = self._clock(), self._heard_at, list(self._asked.values())
        silences = ((now - max(since, heard_at), sending_s) for since, sending_s in asked)
        return max((silent_s for silent_s, sending_s in silences if silent_s > sending_s), default=0.0)

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        with self._asking():
            return self.inner.get(key, when=when, offset=offset, length=length)

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        with self._asking() as number:

            def heard(offset: int, data: bytes) -> None:
                # A full disk or a limited line is ours, not the store's.
                self._pause(number)
                write(offset, data)
                self._go_on(number)

            self.inner.download(key, size, heard, when=when)

    def head(self, key: str) -> ObjectInfo | None:
        with self._asking():
            return self.inner.head(key)

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        with self._asking(len(data)):
            return self.inner.put(key, data, meta=meta, when=when)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        # Not asked: its parts travel for longer than anybody is silent. What else is asked meanwhile tells.
        written = self.inner.upload(key, parts, meta=meta, when=when, before=before)
        self._hear()
        return written

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        with self._asking():
            return self.inner.copy(source, target, etag=etag, meta=meta, when=when)

    def delete(self, key: str, *, when: str | None = None) -> None:
        with self._asking():
            self.inner.delete(key, when=when)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        found = self.inner.list(prefix)
        while True:
            with self._asking():
                info = next(found, None)
            if info is None:
                return
            yield info

    def _hear(self) -> None:
        with self._lock:
            self._heard_at = self._clock()
            self._unanswered_at = None

    def _pause(self, number: int) -> None:
        """It was heard of, and is asked nothing for a while."""
        self._hear()
        with self._lock:
            self._asked.pop(number, None)

    def _go_on(self, number: int) -> None:
        with self._lock:
            self._asked[number] = self._clock(), 0.0

    @contextmanager
    def _asking(self, sent: int = 0) -> Iterator[int]:
        with self._lock:
            self._numbers += 1
            number = self._numbers
            since = self._clock() if self._unanswered_at is None else self._unanswered_at
            self._asked[number] = since, sent / _SLOW_BYTES_S
        try:
            yield number
        except Unavailable:
            with self._lock:  # whoever asks again waits since then
                if since >= self._heard_at:
                    self._unanswered_at = since
            raise
        except StoreError:
            self._hear()
            raise
        else:
            self._hear()
        finally:
            with self._lock:
                self._asked.pop(number, None)
