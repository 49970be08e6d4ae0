"""What we ask of urllib3, against a server that says exactly what the test wants, in the pieces it wants."""

import select
import socket
import time
from contextlib import closing
from threading import Thread

import pytest

from holdall.errors import ConfigError
from holdall.store.s3.wire import NoReply, Wire
from holdall.store.silence import Silence

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: "x"\r\n\r\nhi'


class Scripted:
    """Answers the n-th connection by its script: a list of answers, each a list of pieces; then it closes."""

    def __init__(self, *scripts):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.scripts = scripts
        self.asked = []
        self.thread = Thread(target=self.run)
        self.thread.start()

    def run(self):
        for script in self.scripts:
            connection, _ = self.listener.accept()
            with connection:
                for pieces in script:
                    self.asked.append(self.read(connection))
                    for piece in pieces:
                        if isinstance(piece, float):
                            time.sleep(piece)
                        else:
                            connection.sendall(piece)
        self.listener.close()

    def read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or b"0")
        while len(body) < length:
            body += connection.recv(65536)
        return head.decode(), body


@pytest.fixture
def serve():
    made = []

    def serve(*scripts, timeout_s=5.0):
        server = Scripted(*scripts)
        wire = Wire(server.url, Silence(timeout_s))
        made.append((server, wire))
        return server, wire

    yield serve
    for server, wire in made:
        wire.close()
        server.thread.join(10)
        assert not server.thread.is_alive()


class Noting(Silence):
    """How often blocks were sent, and something was heard."""

    def __init__(self):
        super().__init__(5.0)
        self.times_sent = self.times_heard = 0

    def sent(self):
        super().sent()
        self.times_sent += 1

    def heard(self):
        super().heard()
        self.times_heard += 1


def ask(wire, method="GET", body=b""):
    return wire.exchange(method, "/b/k?x=1", {"host": wire.host, "x-a": "b"}, body)


def test_one_exchange(serve):
    server, wire = serve([[OK]])
    reply = ask(wire, "PUT", b"body")
    assert (reply.status, reply.headers, reply.body) == (200, {"content-length": "2", "etag": '"x"'}, b"hi")
    head, body = server.asked[0]
    first, *rest = head.splitlines()
    assert first == "PUT /b/k?x=1 HTTP/1.1"
    assert {f"host: {wire.host}", "x-a: b", "content-length: 4"} <= {line.lower() for line in rest}
    assert sum(line.lower().startswith("host:") for line in rest) == 1
    assert body == b"body"


@pytest.mark.parametrize(
    "target", ["/b/a%20b/%C3%BC~%2B?x=&y=a%2Fb", "/b//a/../b/./c", "/b/%25%2541%3F%23", "/b/k?uploads="]
)
def test_a_target_goes_out_as_it_was_signed(serve, target):
    server, wire = serve([[OK]])
    wire.exchange("GET", target, {"host": wire.host})
    assert server.asked[0][0].startswith(f"GET {target} HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 100 Continue\r\n\r\n", OK],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n", b"hi"],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"2\r", b"\nhi\r\n", b"0\r\n\r\n"],
    ],
)
def test_the_connection_is_kept(serve, pieces):
    server, wire = serve([pieces, [OK]])
    assert ask(wire).body == b"hi"
    assert ask(wire).body == b"hi"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 503 Slow Down\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n",
    ],
)
def test_nothing_is_redirected_or_repeated(serve, answer):
    server, wire = serve([[answer]])
    assert ask(wire).status in {301, 503}
    assert len(server.asked) == 1


def test_a_large_body_both_ways(serve):
    data = bytes(range(256)) * 40_000
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(data)
    server, wire = serve([[head, data]])
    assert ask(wire, "PUT", data).body == data
    assert server.asked[0][1] == data


def test_what_moves_is_seen_to_move(serve):
    server, _ = serve([[b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", bytes(1_000_000)]])
    silence = Noting()
    with closing(Wire(server.url, silence)) as wire:
        ask(wire, "PUT", bytes(1_000_000))
    assert silence.times_sent == 16
    assert silence.times_heard > 16


@pytest.mark.parametrize("status", [b"206 Partial Content", b"403 Forbidden"])
def test_nobody_waits_for_the_server_while_a_sink_takes_its_time(serve, status):
    server, _ = serve([[b"HTTP/1.1 %b\r\ncontent-length: 200000\r\n\r\n" % status, bytes(200_000)]])
    now_s, seen = [0.0], []
    silence = Silence(clock=lambda: now_s[0])

    def sink(_piece):
        now_s[0] += 1000
        seen.append(silence.silent_s())

    with closing(Wire(server.url, silence)) as wire:
        wire.exchange("GET", "/", {}, sink=sink)
    assert set(seen) <= {0.0}
    assert silence.silent_s() == 0.0


def test_no_answer_is_none_and_the_next_one_is(serve):
    _, wire = serve([[]], [[OK]])
    with pytest.raises(NoReply):
        ask(wire)
    assert wire._silence.silent_s() > 0.0
    ask(wire)
    assert wire._silence.silent_s() == 0.0


def test_a_sink_takes_a_range_and_nothing_else(serve):
    data = bytes(range(256)) * 12_000
    part = b"HTTP/1.1 206 Partial Content\r\ncontent-length: %d\r\n\r\n" % len(data)
    _, wire = serve(
        [[part + data[:100], data[100:]], [OK], [b"HTTP/1.1 206 Partial\r\ncontent-length: 0\r\n\r\n"]]
    )
    pieces = []
    for expected in (b"", b"hi", b""):
        assert wire.exchange("GET", "/", {}, sink=pieces.append).body == expected
    assert b"".join(pieces) == data
    assert b"" not in pieces


def test_a_sink_that_raises_takes_its_connection_with_it(serve):
    def sink(_):
        raise OSError(28, "no space here")

    part = b"HTTP/1.1 206 Partial Content\r\ncontent-length: 3000000\r\n\r\n" + bytes(1_500_000)
    _, wire = serve([[part]], [[OK]])
    with pytest.raises(OSError, match="no space here"):
        wire.exchange("GET", "/", {}, sink=sink)
    assert ask(wire).body == b"hi"


def test_a_range_that_breaks_off(serve):
    _, wire = serve([[b"HTTP/1.1 206 Partial Content\r\ncontent-length: 9\r\n\r\n123"]])
    with pytest.raises(NoReply, match="broke off"):
        wire.exchange("GET", "/", {}, sink=lambda _: None)


def test_a_connection_that_the_server_closed_meanwhile_is_not_used(serve):
    _, wire = serve([[OK]], [[OK]])
    ask(wire)
    (kept,) = filter(None, wire._pool.pool.queue)
    assert select.select([kept.sock], [], [], 10)[0]  # the server's close has come
    assert ask(wire).body == b"hi"


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [b"HTTP/1.1 200 OK\r\ncontent-le"],
        [b"HTTP/1.1 200 OK\r\n"],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\netag: "],
        [b"HTTP/1.1 204 No Content\r\nx-amz-version-id: 12"],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhi"],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhi"],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhi\r\n"],
        [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"],
        [b"HTTP/1.1 OK\r\n\r\n"],
        [b"x" * 100_000],
        [b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nhi"],
    ],
)
def test_no_whole_answer_is_an_error(serve, answer):
    _, wire = serve([answer])
    with pytest.raises(NoReply, match=r"broke off|not the last one|reset") as caught:
        ask(wire)
    assert caught.value.hint


@pytest.mark.parametrize("begun", [[], [b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhi"]])
def test_silence_ends(serve, begun):
    _, wire = serve([[*begun, 0.6]], timeout_s=0.2)
    with pytest.raises(NoReply, match="no answer in time"):
        ask(wire)


class Deaf:
    """Takes a connection, and nothing on it until it may."""

    def __init__(self, deaf_s):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.deaf_s = deaf_s
        self.thread = Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()

    def run(self):
        connection, _ = self.listener.accept()
        with connection:
            time.sleep(self.deaf_s)
            taken = 0
            while taken < 30_000_000 and (data := connection.recv(1 << 20)):
                taken += len(data)
            if data:
                connection.sendall(OK)


def test_a_body_may_take_longer_than_a_connection(monkeypatch):
    monkeypatch.setattr("holdall.store.s3.connection.CONNECT_TIMEOUT_S", 0.2)
    with Deaf(0.6) as server, closing(Wire(server.url, Silence())) as wire:
        assert ask(wire, "PUT", bytes(30_000_000)).body == b"hi"


def test_a_server_that_takes_nothing():
    with (
        Deaf(0.6) as server,
        closing(Wire(server.url, Silence(0.2))) as wire,
        pytest.raises(NoReply, match="no answer in time"),
    ):
        ask(wire, "PUT", bytes(30_000_000))


def test_a_refusal_before_the_body_was_read_is_read():
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse():
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno")
        time.sleep(0.3)
        connection.close()

    thread = Thread(target=refuse)
    thread.start()
    wire = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}", Silence())
    try:
        reply = ask(wire, "PUT", b"x" * 50_000_000)
    except NoReply:  # the reset may overtake the answer: that is TCP's
        pass
    else:
        assert (reply.status, reply.body) == (403, b"no")
    thread.join()
    wire.close()
    listener.close()


def test_nobody_listens():
    with pytest.raises(NoReply, match="Connection refused") as caught:
        ask(Wire("http://127.0.0.1:1", Silence()))
    assert "server up" in caught.value.hint


def test_nobody_has_that_name():
    with pytest.raises(NoReply, match=r"Name or service|name resolution|nodename"):
        ask(Wire("http://nobody.invalid", Silence()))


def test_the_reason_is_not_what_was_being_handled():
    try:
        int("another story")
    except ValueError:
        with pytest.raises(NoReply, match="Connection refused"):
            ask(Wire("http://127.0.0.1:1", Silence()))


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://host:port", "http://host:99999", "https://", "s3://x", "host"]
)
def test_what_is_no_endpoint(url):
    with pytest.raises(ConfigError, match="not an http or https URL"):
        Wire(url, Silence())


def test_one_wire_for_many_threads(seaweedfs):
    """Each has a connection of its own."""
    from concurrent.futures import ThreadPoolExecutor

    wire = Wire(seaweedfs.url, Silence())
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda n: ask(wire), range(200)))
    assert {reply.status for reply in replies} == {403}
    wire.close()
