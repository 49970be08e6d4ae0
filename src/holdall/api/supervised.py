"""How an endpoint comes by what it speaks for."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from holdall.daemon.supervisor import Supervisor


def install(app: FastAPI, supervisor: Supervisor, ready: Callable[[], bool]) -> None:
    """`ready`: whether each mount is watched or parked."""
    app.state.supervisor = supervisor
    app.state.ready = ready


def _supervisor(request: Request) -> Supervisor:
    found: Supervisor = request.app.state.supervisor
    return found


def _ready(request: Request) -> bool:
    return bool(request.app.state.ready())


Supervised = Annotated[Supervisor, Depends(_supervisor)]
Ready = Annotated[bool, Depends(_ready)]
