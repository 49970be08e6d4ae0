"""urllib3's connections, but for two things: the time to connect is not the time to send, and half a head is no answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, RemoteDisconnected
from io import BufferedReader
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_TIMEOUT_S: Final = 5.0


class _Lines(BufferedReader):
    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise RemoteDisconnected("the server closed the connection in the middle of an answer")
        return line


class _WholeHead(HTTPResponse):
    """http.client takes the end of a connection for the end of the headers: some would be missing, and the last one cut."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fp = _Lines(self.fp.detach())


@contextmanager
def _connecting(connection: HTTPConnection) -> Iterator[None]:
    """urllib3 sends the body under its timeout to connect. That one is the silence, so this is the one to connect."""
    silence_s, connection.timeout = connection.timeout, CONNECT_TIMEOUT_S
    try:
        yield
        connection.sock.settimeout(silence_s)
    finally:
        connection.timeout = silence_s


class Http(HTTPConnection):
    response_class = _WholeHead

    def connect(self) -> None:
        with _connecting(self):
            super().connect()


class Https(HTTPSConnection):
    response_class = _WholeHead

    def connect(self) -> None:
        with _connecting(self):
            super().connect()
