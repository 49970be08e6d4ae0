"""A store that is opened when it is first asked for something, and asked for again as long as that fails.

A directory on a disk that is not mounted yet is to a mount what a server is that does not answer: nothing that ends a process.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from holdall.store.base import Store
from holdall.store.passing import Passing

_PART_BYTES: Final = 8 * 1024 * 1024


class Late(Passing):
    """`url` is the store's own. Every call raises what opening raises."""

    def __init__(self, url: str, opening: Callable[[], Store]) -> None:
        self._url = url
        self._opening = opening
        self._lock = threading.Lock()
        self._opened: Store | None = None

    @property
    def inner(self) -> Store:  # type: ignore[override]
        with self._lock:
            if self._opened is None:
                self._opened = self._opening()
            return self._opened

    @property
    def url(self) -> str:
        return self._url

    @property
    def part_bytes(self) -> int:
        return _PART_BYTES if self._opened is None else self._opened.part_bytes

    def now(self) -> float:
        return time.time() if self._opened is None else self._opened.now()

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
