"""The HTTP face: its parts put together."""

from collections.abc import Callable

from fastapi import FastAPI

from holdall import __version__
from holdall.api import health, mounts
from holdall.api.bounds import BoundedBodies
from holdall.api.errors import install
from holdall.daemon.supervisor import Supervisor


def make_app(supervisor: Supervisor, ready: Callable[[], bool]) -> FastAPI:
    """`ready`: whether each mount is watched or parked."""
    app = FastAPI(title="holdall", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(BoundedBodies)
    install(app)
    app.include_router(health.routes(supervisor, ready))
    app.include_router(mounts.routes(supervisor))
    return app
