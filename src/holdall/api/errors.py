"""Errors as JSON: {"error": {"code", "message", "path", "hint"}}, with the status that fits and never a trace."""

import json
import logging
import re
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from holdall.api.loopback import ORIGIN
from holdall.daemon.context_name import escaped
from holdall.daemon.receipts import problem
from holdall.daemon.supervisor import Supervisor
from holdall.errors import (
    Abandoned,
    BadPolicy,
    ConfigError,
    Denied,
    Forbidden,
    HoldallError,
    InUse,
    LocalError,
    Locked,
    NoMount,
    NotThere,
    Paused,
    StoreError,
)

_LOGGER: Final = logging.getLogger("holdall")
_STATUS: Final[tuple[tuple[type[HoldallError], int], ...]] = (
    (NoMount, 404),
    (BadPolicy, 422),
    (ConfigError, 400),
    (Forbidden, 403),
    (InUse, 409),
    (Locked, 409),
    (Paused, 409),
    (Abandoned, 409),
    (NotThere, 404),
    (Denied, 502),
    (StoreError, 503),
    (LocalError, 409),
)
_REQUEST_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_MOUNTS: Final = "/api/v1/mounts"
_WORDS: Final = {404: "there is nothing at this address", 405: "this address does not take that method"}


def install(app: FastAPI, supervisor: Supervisor) -> None:
    """Beside the mounts, whose directories are what callers speak of, no place of this machine is named."""
    shop = supervisor.shop
    named = ((shop.embedded, "the store"), (str(shop.state), "the state directory"))
    app.state.places = tuple((place, word) for place, word in named if place)
    app.add_exception_handler(HoldallError, _ours)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


class _Ascii(JSONResponse):
    """A path that is not UTF-8 comes back as it was sent."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode()


async def _ours(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HoldallError)
    status = next((status for kind, status in _STATUS if isinstance(exc, kind)), 500)
    said = problem(exc)
    if ORIGIN in request.scope or not request.url.path.startswith(_MOUNTS):
        said = {key: _placeless(request, text) for key, text in said.items()}
    return _Ascii({"error": said}, status)


def _placeless(request: Request, text: str | None) -> str | None:
    for place, word in request.app.state.places if text else ():
        text = text and text.replace(f"file://{place}", word).replace(place, word)
    return text


async def _unfit(_: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    faults = exc.errors()
    # A key that nobody knows is likely the one that is missing.
    found = next((one for one in faults if one["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in found["loc"][1:])
    match found["type"]:
        case "json_invalid":
            message = "the body is no JSON"
        case "missing":
            message = f"'{key}' is missing" if key else "the body is missing"
        case "extra_forbidden":
            message = f"unknown key '{key}'"
        case _:
            message = f"'{key}': {found['msg'][:1].lower()}{found['msg'][1:]}"
    return JSONResponse({"error": {"code": "config", "message": message, "path": None, "hint": None}}, 422)


async def _http(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)
    message = f"{_WORDS.get(exc.status_code, str(exc.detail))}: {request.method} {escaped(request.url.path)}"
    return JSONResponse(
        {"error": {"code": "http", "message": message, "path": None, "hint": None}}, exc.status_code
    )


async def _defect(request: Request, exc: Exception) -> JSONResponse:
    asked = request.headers.get("x-request-id", "")
    named = f" (request {asked})" if _REQUEST_ID.fullmatch(asked) else ""
    _LOGGER.error("%s %s failed%s", request.method, request.url.path, named, exc_info=exc)
    error = {
        "code": "internal",
        "message": "internal error",
        "path": None,
        "hint": "please report it with the log",
    }
    return JSONResponse({"error": error}, 500)
