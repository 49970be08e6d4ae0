"""Calls that wait for a barrier: as long as it takes, on threads of their own, and no longer than the caller stays."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

import anyio
from fastapi import Request

T = TypeVar("T")

Gone = Callable[[], bool]
"""Whether the caller has hung up."""

_WAITING_MAX: Final = 256
"""Apart from the threads of the short calls: who waits must not keep `status` from being answered."""

_LOOK_S: Final = 0.5


async def patiently(request: Request, work: Callable[[Gone], T]) -> T:
    gone = threading.Event()
    watcher = asyncio.create_task(_watch(request, gone))
    try:
        return await anyio.to_thread.run_sync(work, gone.is_set, limiter=_limiter())
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def _watch(request: Request, gone: threading.Event) -> None:
    while not await request.is_disconnected():  # noqa: ASYNC110 (Starlette has nothing that could be waited for)
        await asyncio.sleep(_LOOK_S)
    gone.set()


_limiters: dict[int, anyio.CapacityLimiter] = {}


def _limiter() -> anyio.CapacityLimiter:
    """Of the running event loop; it cannot be made before there is one."""
    loop = id(asyncio.get_running_loop())
    if loop not in _limiters:
        _limiters[loop] = anyio.CapacityLimiter(_WAITING_MAX)
    return _limiters[loop]
