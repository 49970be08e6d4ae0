"""Unavailable is asked again, with growing pauses; everything else, and a store that was given up, is raised at once.

A write whose answer was lost may have happened. Repeated without a condition it does the same again. Repeated with one, it may
raise ConditionFailed because of itself: only the caller knows what its own object looks like (the log reads the number back and
looks for its id), so that is raised as it is, with a note. Parts may be asked for their bytes again, and `write` of a download
called again for the same offset. A listing is repeated until its first object has come; later it breaks off.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Final, TypeVar

from holdall.errors import ConditionFailed, Unavailable
from holdall.store.base import Before, ObjectInfo, Part, Store, Written
from holdall.store.passing import Passing

T = TypeVar("T")

_ATTEMPTS: Final = 4
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 8.0
_NOTE: Final = "an earlier attempt got no answer: what stands at the key may be its work"


class Retrying(Passing):
    def __init__(
        self, store: Store, *, attempts: int = _ATTEMPTS, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(store)
        self._attempts = attempts
        self._sleep = sleep

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        return self._again(partial(self.inner.get, key, when=when, offset=offset, length=length))

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        self._again(partial(self.inner.download, key, size, write, when=when))

    def head(self, key: str) -> ObjectInfo | None:
        return self._again(partial(self.inner.head, key))

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        return self._again(partial(self.inner.put, key, data, meta=meta, when=when))

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        return self._again(partial(self.inner.upload, key, parts, meta=meta, when=when, before=before))

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        return self._again(partial(self.inner.copy, source, target, etag=etag, meta=meta, when=when))

    def delete(self, key: str, *, when: str | None = None) -> None:
        self._again(partial(self.inner.delete, key, when=when))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        def begin() -> Iterator[ObjectInfo]:
            found = self.inner.list(prefix)
            first = next(found, None)
            return iter(()) if first is None else chain([first], found)

        yield from self._again(begin)

    def folders(self, prefix: str) -> Iterator[str]:
        return iter(self._again(lambda: list(self.inner.folders(prefix))))

    def _again(self, act: Callable[[], T]) -> T:
        for attempt in range(1, self._attempts):
            try:
                return act()
            except Unavailable as exc:
                if exc.permanent:
                    raise
                longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
                self._sleep(random.uniform(longest / 4, longest))  # noqa: S311  (so that machines do not come back together)
            except ConditionFailed as exc:
                if attempt > 1:
                    exc.add_note(_NOTE)
                raise
        return act()
