"""A relay in front of the server that counts what it is sent. Bytes pass as they are: the signatures name the relay's address."""

import contextlib
import socket
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

_PIECE_BYTES = 1 << 18


class Sent(NamedTuple):
    """heads  bytes of request lines and headers
    bodies  bytes of what follows them: a file's bytes, a commit, a list of deletions
    """

    requests: int
    heads: int
    bodies: int


@dataclass
class Relay:
    """Of HTTP/1.1 requests with a Content-Length; a thread each way of each connection."""

    target: str
    methods: Counter[str] = field(default_factory=Counter)
    latest: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    _heads: int = 0
    _bodies: int = 0

    def __post_init__(self):
        self._lock = threading.Lock()
        self._target = (urlsplit(self.target).hostname, urlsplit(self.target).port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def sent(self) -> Sent:
        """Since it was last asked."""
        with self._lock:
            found = Sent(self.methods.total(), self._heads, self._bodies)
            self.methods.clear()
            self.latest.clear()
            self._heads = self._bodies = 0
        return found

    def _accept(self):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for way, pair in ((self._requests, (client, server)), (_replies, (server, client))):
                    threading.Thread(target=way, args=pair, daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket):
        with contextlib.suppress(OSError), client.makefile("rb", _PIECE_BYTES) as reading:
            while head := _head(reading):
                size = _body_bytes(head)
                self._count(head, size)
                # One piece where it came as one: two would each wait for the other side's answer.
                server.sendall(head + reading.read(min(size, _PIECE_BYTES)))
                for left in range(size - _PIECE_BYTES, 0, -_PIECE_BYTES):
                    server.sendall(reading.read(min(left, _PIECE_BYTES)))
        _shut(server)

    def _count(self, head: bytes, size: int):
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        with self._lock:
            self.methods[method] += 1
            self.latest.append(f"{method} {target}")
            self._heads += len(head)
            self._bodies += size


def _head(reading: BinaryIO) -> bytes:
    """Up to the empty line; b"" at the end of the connection."""
    lines = []
    while (line := reading.readline()) not in (b"", b"\r\n"):
        lines.append(line)
    return b"".join([*lines, line]) if lines and line else b""


def _body_bytes(head: bytes) -> int:
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    assert b"transfer-encoding" not in fields, head
    return int(fields.get(b"content-length", 0))


def _replies(server: socket.socket, client: socket.socket):
    with contextlib.suppress(OSError):
        while piece := server.recv(_PIECE_BYTES):
            client.sendall(piece)
    _shut(client)


def _shut(one: socket.socket):
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_WR)
