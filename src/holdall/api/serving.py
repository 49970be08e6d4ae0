"""uvicorn, as every face of the daemon runs it."""

import uvicorn
from starlette.types import ASGIApp


def serving(app: ASGIApp) -> uvicorn.Server:
    settings = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(settings)
