"""Where the daemon hands out files by signed URLs, for stores that have none of their own: on this machine, once asked."""

import socket
import threading
import time
from contextlib import closing
from typing import Any, Final

from fastapi import FastAPI, Request

from holdall.api.stock import Stock
from holdall.daemon.files import LINK_S
from holdall.daemon.links import Link
from holdall.daemon.moments import iso

LINKS: Final = "/api/v1/links/"
ORIGIN: Final = "holdall.origin"
"""In the scope of a call over TCP: what its address begins with, as the caller has it."""


def address_of(
    request: Request, stock: Stock, method: str, context: str, path: str, url: str | None
) -> dict[str, Any]:
    """The answer with a URL: the store's own, or else one of this daemon."""
    until = int(time.time()) + LINK_S
    if url is None:
        loopback: Loopback = request.app.state.loopback
        origin = request.scope.get(ORIGIN) or loopback.origin()
        url = f"{origin}{LINKS}{stock.links.token(Link(method, context, path, until))}"
    return {"url": url, "method": method, "path": path, "expires_at": iso(until), "expire_time": until}


class Loopback:
    """A port of 127.0.0.1 that nobody opens before the first URL is asked for. `app` answers there."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._origin = ""

    def origin(self) -> str:
        with self._lock:
            if not self._origin:
                listener = socket.socket()
                listener.bind(("127.0.0.1", 0))
                listener.listen(128)
                threading.Thread(target=self._run, args=(listener,), name="links", daemon=True).start()
                self._origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
            return self._origin

    def _run(self, listener: socket.socket) -> None:
        from holdall.api.serving import serving  # noqa: PLC0415

        with closing(listener):
            serving(self._app).run(sockets=[listener])
