"""A few requests at once for one large object."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Lock
from typing import Final, TypeVar

T = TypeVar("T")

THREADS: Final = 6
"""Of a whole store: 6 parts of 8 MiB bound the memory, however many large files are under way. Up to a server on
loopback, 2, 4 or 8 differed by less than the disk did from run to run."""


class Parallel:
    def __init__(self) -> None:
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None

    def run(self, jobs: Iterable[Callable[[], T]]) -> list[T]:
        """Their results in order. The first exception is raised once nothing of this call runs any more."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(THREADS, "holdall-s3")
        futures = [self._pool.submit(job) for job in jobs]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
            wait(futures)

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None
