"""Whether the daemon is alive, and whether it can work."""

import asyncio
import os
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from holdall import __version__
from holdall.daemon import places
from holdall.daemon.supervisor import Supervisor
from holdall.errors import HoldallError
from holdall.log import layout

_PATIENCE_S: Final = 5.0


def routes(supervisor: Supervisor, ready: Callable[[], bool]) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """200 when the mounts are loaded and the store answers within five seconds, else 503 with the reason."""
        if not ready():
            return JSONResponse({"status": "starting"}, 503)
        # Its own thread: a store that hangs must not use up those that the other calls run on.
        asked = supervisor.shop.pool.submit(_reach, supervisor)
        try:
            fault = await asyncio.wait_for(asyncio.wrap_future(asked), _PATIENCE_S)
        except TimeoutError:
            fault = "the store does not answer"
        return JSONResponse({"status": "ready"} if fault is None else {"status": "waiting", "reason": fault}, 200 if fault is None else 503)

    @router.get("/api/v1/version")
    async def version() -> dict[str, Any]:
        """`detached`: put into the background by `up`, so that no service manager starts it again."""
        return {
            "version": __version__,
            "api": "v1",
            "pid": os.getpid(),
            "store": supervisor.shop.url,
            "detached": os.environ.get(places.STARTED_BY) == "up",
        }

    return router


def _reach(supervisor: Supervisor) -> str | None:
    try:
        supervisor.shop.store.head(layout.CONTEXT)
    except HoldallError as exc:
        return exc.message
    return None
