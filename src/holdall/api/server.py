"""The HTTP face on its socket, on a thread of its own. What it is made of is loaded there, while mounts are taken up."""

import logging
import socket
import threading
from typing import TYPE_CHECKING, Final

from holdall.daemon.listening import Tcp
from holdall.daemon.supervisor import Supervisor

if TYPE_CHECKING:
    from uvicorn import Server as Uvicorn

_LOGGER: Final = logging.getLogger("holdall")


class Server:
    """`ready`: each mount is watched or parked."""

    def __init__(self, supervisor: Supervisor, listener: socket.socket, tcp: Tcp | None = None) -> None:
        self.ready = False
        self._tcp = tcp
        self._beside: Uvicorn | None = None
        self._supervisor = supervisor
        self._listener = listener
        self._uvicorn: Uvicorn | None = None
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether somebody answers, or is about to."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Connections that come before it is loaded wait in the socket's queue."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        for one in (self._uvicorn, self._beside):
            if one is not None:
                one.should_exit = True
        self._thread.join(timeout_s)

    def _run(self) -> None:
        from holdall.api.app import make_app  # noqa: PLC0415
        from holdall.api.serving import serving  # noqa: PLC0415

        app = make_app(self._supervisor, lambda: self.ready)
        if self._tcp is not None:
            from holdall.api.guard import Guarded  # noqa: PLC0415

            self._beside = serving(Guarded(app, self._tcp))
            options = {"sockets": [self._tcp.listener]}
            threading.Thread(target=self._beside.run, kwargs=options, name="tcp", daemon=True).start()
        self._uvicorn = serving(app)
        self._uvicorn.run(sockets=[self._listener])
