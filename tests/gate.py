"""A gate in front of a server: so many bytes get through to it, and then none until it is opened."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

_PIECE_BYTES = 1 << 16


class Gate:
    """`url` stands for the target's. What is held back never arrives: its connections end when the gate opens.

    passes_bytes  None: it is open
    shut          set once something is held back
    """

    def __init__(self, target, passes_bytes=None, *, port=0):
        self._target = (urlsplit(target).hostname, urlsplit(target).port)
        self._left_bytes = passes_bytes or 0
        self._lock = threading.Lock()
        self._opened = threading.Event()
        self.shut = threading.Event()
        if passes_bytes is None:
            self.open()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open()
        self._listener.shutdown(socket.SHUT_RDWR)  # a close alone would not wake the accept
        self._listener.close()

    def open(self):
        self._opened.set()

    def _accept(self):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client):
        with client, socket.create_connection(self._target) as server:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            replies = threading.Thread(target=_replies, args=(server, client), daemon=True)
            replies.start()
            with contextlib.suppress(OSError):  # one side went away
                self._requests(client, server)
            _end(server)
            replies.join()

    def _requests(self, client, server):
        while piece := client.recv(_PIECE_BYTES):
            if not self._passes(len(piece)):
                client.shutdown(socket.SHUT_RDWR)
                return
            server.sendall(piece)

    def _passes(self, size_bytes):
        if self._opened.is_set():
            return True
        with self._lock:
            self._left_bytes -= size_bytes
            passes = self._left_bytes >= 0
        if not passes:
            self.shut.set()
            self._opened.wait()
        return passes


def _replies(server, client):
    with contextlib.suppress(OSError):
        while piece := server.recv(_PIECE_BYTES):
            client.sendall(piece)
    _end(client)


def _end(one):
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_WR)
