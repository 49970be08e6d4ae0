"""A link that is slow, and never silent for long: what goes over it arrives, however long it takes."""

import socket
import time
from contextlib import closing
from threading import Event, Thread

import pytest

from holdall.errors import Unavailable
from holdall.store.s3 import S3Settings, S3Store
from holdall.store.s3.wire import NoReply, Wire
from holdall.store.silence import Silence

SILENCE_S = 0.5
PIECES = 12
PAUSE_S = 0.1
"""From piece to piece; all of them together take longer than the silence that ends a request."""


class Slow:
    """One connection after another. Takes bodies, and sends the objects asked for, a piece at a time."""

    def __init__(self, size):
        self.body = bytes(size)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as asked:
            while line := asked.readline().decode():
                length = 0
                while (header := asked.readline().decode().lower()) not in {"\r\n", ""}:
                    name, _, value = header.partition(":")
                    length = int(value) if name == "content-length" else length
                self.answer(connection, asked, line.split()[0], line.split()[1], length)

    def answer(self, connection, asked, method, target, length):
        head = 'HTTP/1.1 200 OK\r\netag: "e"\r\nlast-modified: Sun, 22 Nov 2026 14:45:48 GMT\r\n'
        if method == "PUT":
            for _ in range(PIECES):
                time.sleep(PAUSE_S)
                asked.read(length // PIECES)
            asked.read(length % PIECES)
            connection.sendall(f"{head}content-length: 0\r\n\r\n".encode())
            return
        body = b"<ListBucketResult/>" if "?list" in target else self.body
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode())
        step = len(body) // PIECES + 1
        for at in range(0, len(body), step):
            if body is self.body:
                time.sleep(PAUSE_S)
            connection.sendall(body[at : at + step])


@pytest.fixture
def impatient():
    """A store of a server that takes its time, for an object of `size`."""
    made = []

    def impatient(size):
        server = Slow(size)
        settings = S3Settings("b", "p", server.url, "r", access_key="k", secret_key="s")
        store = S3Store(settings, Silence(SILENCE_S))
        made.append((server, store))
        return store

    yield impatient
    for server, store in made:
        store.close()
        server.listener.close()


@pytest.mark.parametrize("size", [1_000_000, 3_000_000])
def test_a_body_on_its_way_up(impatient, size):
    assert impatient(size).put("k", bytes(size)).etag == "e"


@pytest.mark.parametrize("size", [1_000, 300_000, 3_000_000])
def test_an_object_on_its_way_down(impatient, size, monkeypatch):
    heard = []
    monkeypatch.setattr(Silence, "heard", lambda _silence: heard.append(1))
    assert impatient(size).get("k") == bytes(size)
    assert len(heard) > PIECES // 2


def test_silence_ends_a_small_body_as_well(impatient, monkeypatch):
    monkeypatch.setitem(globals(), "PAUSE_S", 2 * SILENCE_S)
    with pytest.raises(Unavailable, match="no answer"):
        impatient(0).put("k", bytes(1000))


def test_little_waits_where_nobody_sees_it_move():
    """What the kernel has taken is silent until the link has taken it too."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended, taken = Event(), []

    def hold():
        connection, _ = listener.accept()
        with connection:
            ended.wait(10)
            count = 0
            try:
                while data := connection.recv(1 << 20):
                    count += len(data)
            except ConnectionResetError:
                pass
            taken.append(count)

    thread = Thread(target=hold)
    thread.start()
    with (
        closing(Wire(f"http://127.0.0.1:{listener.getsockname()[1]}", Silence(0.3))) as wire,
        pytest.raises(NoReply, match="no answer in time"),
    ):
        wire.exchange("PUT", "/b/k", {"host": wire.host}, bytes(30_000_000))
    ended.set()
    thread.join()
    listener.close()
    assert taken[0] < 1_000_000
