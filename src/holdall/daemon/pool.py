"""The threads that carry out effects. They are daemon threads: a request that hangs never keeps the process from ending."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Final, ParamSpec, TypeVar

from holdall.engine.effects import Fetch, Mend, Push

P = ParamSpec("P")
T = TypeVar("T")

_TRANSFERS: Final = (Push, Fetch, Mend)
_Job = tuple[Future[Any], Callable[[], Any]]


class _Crew:
    """Threads that are made as they are needed, and stay."""

    def __init__(self, name: str, most: int | None) -> None:
        self._name = name
        self._most = most
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0

    def put(self, job: _Job) -> None:
        with self._lock:
            if self._free > 0:
                self._free -= 1
            elif self._most is None or self._threads < self._most:
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
            else:
                self._free -= 1  # a debt: the next thread that comes free takes this job and is not free
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            future, call = self._jobs.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call())
                except BaseException as exc:  # noqa: BLE001 (it is the future's, whoever holds that sees it)
                    future.set_exception(exc)
            with self._lock:
                self._free += 1


class Pool(Executor):
    """Transfers are `workers` at a time, of all mounts together. What reads or writes a mount's three trees is at most one effect
    a mount, and never waits behind transfers: it has threads of its own.
    """

    def __init__(self, workers: int) -> None:
        self._transfers = _Crew("transfer", workers)
        self._lanes = _Crew("lane", None)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        crew = self._transfers if args and isinstance(args[0], _TRANSFERS) else self._lanes
        crew.put((future, lambda: fn(*args, **kwargs)))
        return future
