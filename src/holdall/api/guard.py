"""What has to be shown on a TCP address: that it is meant by its name, and the token."""

import hmac
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from holdall.api.loopback import LINKS, ORIGIN
from holdall.daemon.listening import Tcp

_OPEN: Final = frozenset({"/healthz", "/readyz"})


class Guarded:
    """The app, for a TCP address. A browser that was led here by another name, or by another site's page, gets nothing."""

    def __init__(self, app: ASGIApp, tcp: Tcp) -> None:
        self._app = app
        self._tcp = tcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(f"//{host}") or ("origin" in headers and not self._is_ours(headers["origin"])):
            await _refused(403, "this daemon is not called so, or is asked by another site's page")(
                scope, receive, send
            )
            return
        path: str = scope["path"]
        # A link is a permission of its own.
        if path not in _OPEN and not path.startswith(LINKS) and not self._has_token(headers, scope):
            await _refused(401, "Admin token does not match")(scope, receive, send)
            return
        scope[ORIGIN] = f"{scope['scheme']}://{host}"
        await self._app(scope, receive, send)

    def _is_ours(self, address: str) -> bool:
        try:
            return (urlsplit(address).hostname or "") in self._tcp.hosts
        except ValueError:
            return False

    def _has_token(self, headers: Headers, scope: Scope) -> bool:
        """A wrong one in the query is wrong beside a right header, too."""
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        said = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        said += [
            one for one in (headers.get("x-admin-token"), bearer if kind.lower() == "bearer" else None) if one
        ]
        return bool(said) and all(self._is_right(one) for one in said)

    def _is_right(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._tcp.token.encode())


def _refused(status: int, message: str) -> JSONResponse:
    error = {"code": "forbidden", "message": message, "path": None, "hint": None}
    return JSONResponse({"message": message, "error": error}, status)
