"""Errors as JSON: {"error": {"code", "message", "path", "hint"}}, with the status that fits and never a trace."""

import json
import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from holdall.daemon.context_name import escaped
from holdall.daemon.receipts import problem
from holdall.errors import (
    Abandoned,
    BadPolicy,
    ConfigError,
    Denied,
    HoldallError,
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
    (Locked, 409),
    (Paused, 409),
    (Abandoned, 409),
    (NotThere, 404),
    (Denied, 502),
    (StoreError, 503),
    (LocalError, 409),
)
_WORDS: Final = {404: "there is nothing at this address", 405: "this address does not take that method"}


def install(app: FastAPI) -> None:
    app.add_exception_handler(HoldallError, _ours)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


class _Ascii(JSONResponse):
    """A path that is not UTF-8 comes back as it was sent."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode()


async def _ours(_: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HoldallError)
    status = next((status for kind, status in _STATUS if isinstance(exc, kind)), 500)
    return _Ascii({"error": problem(exc)}, status)


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
    _LOGGER.error("%s %s failed", request.method, request.url.path, exc_info=exc)
    error = {
        "code": "internal",
        "message": "internal error",
        "path": None,
        "hint": "please report it with the log",
    }
    return JSONResponse({"error": error}, 500)
