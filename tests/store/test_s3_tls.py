"""TLS and proxies: what the environment says, and what it says wrongly."""

import socket
import ssl
import subprocess
from contextlib import closing
from threading import Thread

import pytest

from holdall.errors import ConfigError
from holdall.store.s3.wire import NoReply, Wire
from holdall.store.silence import Silence


def ask(wire):
    return wire.exchange("GET", "/b/k", {"host": wire.host})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", folder / "key", "-out", folder / "cert", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def tls_url(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    listener = socket.create_server(("127.0.0.1", 0))
    body = bytes(range(256)) * 10_000

    def run():
        plain, _ = listener.accept()
        try:
            with context.wrap_socket(plain, server_side=True) as connection:
                for _ in range(2):
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        except ssl.SSLError:  # a client that does not trust us
            plain.close()

    thread = Thread(target=run)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}"
    thread.join()
    listener.close()


def test_tls(tls_url, certificate, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate / "cert"))
    wire = Wire(tls_url, Silence())
    for _ in range(2):
        assert ask(wire).body == bytes(range(256)) * 10_000
    wire.close()


def test_a_certificate_nobody_vouches_for(tls_url):
    with pytest.raises(NoReply, match="self-signed certificate") as caught:
        ask(Wire(tls_url, Silence()))
    assert "AWS_CA_BUNDLE" in caught.value.hint


def test_certificates_that_are_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="AWS_CA_BUNDLE"):
        Wire("https://host", Silence())


def test_through_a_proxy(tls_url, certificate, monkeypatch):
    asked = []
    listener = socket.create_server(("127.0.0.1", 0))

    def proxy():
        near, _ = listener.accept()
        asked.append(near.recv(65536).decode())
        far = socket.create_connection(("127.0.0.1", int(tls_url.rpartition(":")[2])))
        near.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        back = Thread(target=pump, args=(far, near))
        back.start()
        pump(near, far)
        back.join()
        near.close()
        far.close()

    thread = Thread(target=proxy)
    thread.start()
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate / "cert"))
    monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{listener.getsockname()[1]}")
    monkeypatch.setenv("no_proxy", "")
    wire = Wire(tls_url, Silence())
    for _ in range(2):
        assert len(ask(wire).body) == 2_560_000
    wire.close()
    thread.join()
    listener.close()
    assert asked[0].startswith(f"CONNECT {tls_url.removeprefix('https://')} ")
    assert "Basic bWU6cEBzcw==" in asked[0]


def test_past_the_proxy(tls_url, certificate, monkeypatch):
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate / "cert"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "localhost")
    with closing(Wire(tls_url, Silence())) as wire:
        for _ in range(2):
            assert len(ask(wire).body) == 2_560_000


def test_a_proxy_that_is_not_there(monkeypatch):
    monkeypatch.setenv("https_proxy", "127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(NoReply, match="Connection refused"):
        ask(Wire("https://host", Silence()))


def test_a_proxy_of_another_kind(monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://me:secret@host:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ConfigError, match="no http or https proxy") as caught:
        Wire("https://host", Silence())
    assert "secret" not in str(caught.value)


def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
