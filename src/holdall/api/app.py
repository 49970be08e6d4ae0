"""The HTTP face: its parts put together."""

from collections.abc import Callable

from fastapi import FastAPI

from holdall import __version__
from holdall.api import contexts, errors, health, links, mounts, stock, supervised, transfers
from holdall.api.bounds import BoundedBodies
from holdall.api.loopback import Loopback
from holdall.api.stock import Stock
from holdall.daemon.supervisor import Supervisor


def make_app(supervisor: Supervisor, ready: Callable[[], bool]) -> FastAPI:
    """`ready`: whether each mount is watched or parked."""
    app = FastAPI(title="holdall", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(BoundedBodies)
    errors.install(app, supervisor)
    supervised.install(app, supervisor, ready)
    app.include_router(health.router)
    app.include_router(mounts.router)
    app.include_router(contexts.router)
    app.include_router(transfers.router)
    app.include_router(links.router)
    stocked = Stock.of(supervisor)
    stock.install(app, stocked)
    app.state.loopback = Loopback(_links_alone(supervisor, stocked))
    return app


def _links_alone(supervisor: Supervisor, stocked: Stock) -> FastAPI:
    """What answers on a port that is open to everybody on this machine."""
    app = FastAPI(title="holdall", version=__version__, openapi_url=None)
    errors.install(app, supervisor)
    supervised.install(app, supervisor, lambda: True)
    stock.install(app, stocked)
    app.include_router(links.router)
    return app
