"""A limit on bytes a second, up and down, shared by all threads of a process.

What is asked for at once passes whole and is paid for afterwards, so the rate holds on average and a burst is one second's worth.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

from holdall.store.base import Before, Part, Store, Written
from holdall.store.passing import Passing, when_read


class Bucket:
    """Tokens for `bytes_s` bytes a second; None: any number."""

    def __init__(
        self,
        bytes_s: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._bytes_s = bytes_s
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._free_at = clock()

    def take(self, count: int) -> None:
        """Returns when `count` bytes may pass."""
        if not self._bytes_s:
            return
        with self._lock:
            now = self._clock()
            start = max(self._free_at, now - 1.0)
            self._free_at = start + count / self._bytes_s
        if start > now:
            self._sleep(start - now)


class Line:
    """What one process may send and receive a second, whatever it is about; None: any number of bytes."""

    def __init__(self, up_bytes_s: float | None = None, down_bytes_s: float | None = None) -> None:
        self._up = Bucket(up_bytes_s)
        self._down = Bucket(down_bytes_s)

    def to(self, store: Store) -> Store:
        return Limited(store, up=self._up, down=self._down)


class Limited(Passing):
    def __init__(self, store: Store, *, up: Bucket, down: Bucket) -> None:
        super().__init__(store)
        self._up = up
        self._down = down

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        data = self.inner.get(key, when=when, offset=offset, length=length)
        self._down.take(len(data))
        return data

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        def slowly(offset: int, data: bytes) -> None:
            self._down.take(len(data))
            write(offset, data)

        self.inner.download(key, size, slowly, when=when)

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        self._up.take(len(data))
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
        return self.inner.upload(
            key, [when_read(part, self._up.take) for part in parts], meta=meta, when=when, before=before
        )
