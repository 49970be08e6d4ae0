"""The HTTP face: its parts put together."""

from collections.abc import Callable

from fastapi import FastAPI

from holdall import __version__
from holdall.api import errors, health, mounts, supervised
from holdall.api.bounds import BoundedBodies
from holdall.daemon.supervisor import Supervisor


def make_app(supervisor: Supervisor, ready: Callable[[], bool]) -> FastAPI:
    """`ready`: whether each mount is watched or parked."""
    app = FastAPI(title="holdall", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(BoundedBodies)
    errors.install(app)
    supervised.install(app, supervisor, ready)
    app.include_router(health.router)
    app.include_router(mounts.router)
    return app
