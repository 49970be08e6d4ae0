"""How far the transfers are that are under way, for those who show it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock

from holdall.store.base import Before, Part, Store, Written
from holdall.store.passing import Passing, when_read


class Moving(Passing):
    """Counts the bytes of each upload and download while it lasts."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._lock = Lock()
        self._up: Counter[str] = Counter()
        self._down: Counter[str] = Counter()

    def up(self, prefix: str) -> int:
        """Bytes that were handed to the store, of uploads to keys that begin like this."""
        return self._sum(self._up, prefix)

    def down(self, prefix: str) -> int:
        """Bytes that arrived."""
        return self._sum(self._down, prefix)

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        def counted(offset: int, data: bytes) -> None:
            write(offset, data)
            self._add(self._down, key, len(data))

        try:
            self.inner.download(key, size, counted, when=when)
        finally:
            self._end(self._down, key)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        counted = [when_read(part, partial(self._add, self._up, key)) for part in parts]
        try:
            return self.inner.upload(key, counted, meta=meta, when=when, before=before)
        finally:
            self._end(self._up, key)

    def _add(self, counter: Counter[str], key: str, count: int) -> None:
        with self._lock:
            counter[key] += count

    def _end(self, counter: Counter[str], key: str) -> None:
        with self._lock:
            counter.pop(key, None)

    def _sum(self, counter: Counter[str], prefix: str) -> int:
        with self._lock:
            return sum(count for key, count in counter.items() if key.startswith(prefix))
