"""Bodies are bounded: nothing that is asked of a daemon is large, but for files."""

from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from holdall.api.loopback import LINKS

_BODY_BYTES_MAX: Final = 1024 * 1024


class BoundedBodies:
    """413 as soon as a body shows that it is larger than 1 MiB."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(LINKS):  # a file has bounds of its own
            await self._app(scope, receive, send)
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return  # the client went away before it had said what it wants
            body += message.get("body", b"")
            if len(body) > _BODY_BYTES_MAX:
                error = {
                    "code": "too-large",
                    "message": "the body is larger than 1 MiB",
                    "path": None,
                    "hint": None,
                }
                await JSONResponse({"error": error}, 413)(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        first = True

        async def again() -> Message:
            nonlocal first
            if first:
                first = False
                return {"type": "http.request", "body": bytes(body), "more_body": False}
            return await receive()

        await self._app(scope, again, send)
