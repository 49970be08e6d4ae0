"""Whether the daemon is alive, and whether it can work."""

import asyncio
import os
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from holdall import __version__
from holdall.api.supervised import Ready, Supervised
from holdall.daemon import places
from holdall.daemon.supervisor import Supervisor
from holdall.errors import HoldallError
from holdall.log import layout

_PATIENCE_S: Final = 5.0

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(supervisor: Supervised, ready: Ready) -> JSONResponse:
    """200 when the mounts are loaded and the store answers within five seconds, else 503 with the reason."""
    if not ready:
        return JSONResponse({"status": "starting"}, 503)
    # Its own thread: a store that hangs must not use up those that the other calls run on.
    asked = supervisor.shop.pool.submit(_reach, supervisor)
    try:
        fault = await asyncio.wait_for(asyncio.wrap_future(asked), _PATIENCE_S)
    except TimeoutError:
        fault = "the store does not answer"
    if fault is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "waiting", "reason": fault}, 503)


@router.get("/api/v1/version")
async def version(supervisor: Supervised) -> dict[str, Any]:
    """`detached`: put into the background by `up`, so that no service manager starts it again."""
    return {
        "version": __version__,
        "api": "v1",
        "pid": os.getpid(),
        "store": supervisor.shop.url,
        "detached": os.environ.get(places.STARTED_BY) == "up",
    }


def _reach(supervisor: Supervisor) -> str | None:
    try:
        supervisor.shop.store.head(layout.CONTEXT)
    except HoldallError as exc:
        return exc.message
    return None
