"""The TCP address: who is answered there, and a client that comes by it."""

import http.client
import json
import urllib.request
from pathlib import Path

import pytest
from tests.daemon.machine import Machine
from tests.servers import free_ports

from holdall import Client

TOKEN = "0123456789abcdef-token"
VERSION = "/api/v1/version"


@pytest.fixture(scope="module")
def machine():
    found = Machine()
    (found.port,) = free_ports(1)
    token = found.home / "token"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    config = found.config(
        f'[api]\nlisten = "127.0.0.1:{found.port}"\nhosts = ["store.example"]\nadmin_token_file = "{token}"\n'
    )
    found.daemon(config)
    yield found
    found.close()


def ask(machine, path=VERSION, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", machine.port)
    connection.request(method, path, headers={name.replace("_", "-"): one for name, one in headers.items()})
    reply = connection.getresponse()
    found = reply.status, json.loads(reply.read())
    connection.close()
    return found


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (VERSION, {}, 401),
        (VERSION, {"authorization": f"Bearer {TOKEN}"}, 200),
        (VERSION, {"authorization": f"bearer {TOKEN}"}, 200),
        (VERSION, {"authorization": f"Basic {TOKEN}"}, 401),
        (VERSION, {"authorization": f"Bearer {TOKEN}x"}, 401),
        (VERSION, {"x_admin_token": TOKEN}, 200),
        (f"{VERSION}?token={TOKEN}", {}, 200),
        (f"{VERSION}?token=wrong", {"x_admin_token": TOKEN}, 401),
        (f"{VERSION}?token={TOKEN}&token=wrong", {}, 401),
        (f"{VERSION}?token=%C3%BC", {}, 401),
        ("/openapi.json", {}, 401),
        ("/healthz", {}, 200),
        ("/readyz", {}, 200),
        ("/healthz", {"host": "evil.example"}, 403),
        (VERSION, {"host": "store.example:80", "x_admin_token": TOKEN}, 200),
        (VERSION, {"host": "localhost", "x_admin_token": TOKEN}, 200),
        (VERSION, {"host": "evil.example", "x_admin_token": TOKEN}, 403),
        (VERSION, {"origin": "http://evil.example", "x_admin_token": TOKEN}, 403),
        (VERSION, {"origin": "null", "x_admin_token": TOKEN}, 403),
        (VERSION, {"origin": "http://localhost:1", "x_admin_token": TOKEN}, 200),
    ],
)
def test_who_is_answered(machine, path, headers, status):
    machine.until(lambda: ask(machine, "/readyz")[0] == 200)
    found, body = ask(machine, path, **headers)
    assert found == status
    if status == 401:
        assert body["message"] == "Admin token does not match"


def test_a_client_by_url(machine):
    url = f"http://127.0.0.1:{machine.port}"
    client = Client(url, token=TOKEN)
    made = client.context.create("notes")
    assert made.success, made.error_message
    upload = client.context.get_file_upload_url("notes", "f").url
    assert upload.startswith(f"{url}/api/v1/links/")
    large = b"x" * 3_000_000
    with urllib.request.urlopen(urllib.request.Request(upload, data=large, method="PUT")) as reply:
        assert reply.status == 200
    with urllib.request.urlopen(client.context.get_file_download_url("notes", "f").url) as reply:
        assert reply.read() == large
    assert Client(url).context.list().error_message == "Admin token does not match"
    assert Client(url, token="x" * 20).context.list().error_message == "Admin token does not match"


def test_no_answer_names_a_place_of_this_machine(machine):
    client = Client(f"http://127.0.0.1:{machine.port}", token=TOKEN)
    client.context.create("gone")
    machine.store.rename(machine.home / "away")
    said = [
        client.context.list().error_message,
        client.create([{"context_id": "gone", "path": "/proc/x"}]).error_message,
    ]
    (machine.home / "away").rename(machine.store)
    assert all(said)
    assert not any(str(machine.home) in one for one in said)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('listen = "127.0.0.1:7711"\nadmin_token_file = "/nix"', "the token in /nix cannot be read"),
        ('listen = "127.0.0.1:7711"\nadmin_token_file = "SHORT"', "has fewer than 16 characters"),
        ('listen = "127.0.0.1:7711"\nadmin_token_file = "OPEN"', "everybody may read the token"),
        ('listen = "192.0.2.1:7711"\nadmin_token_file = "GOOD"', "192.0.2.1:7711 cannot be listened at"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(tmp_path, table, said):
    machine = Machine()
    for name, token, mode in (
        ("SHORT", "short", 0o600),
        ("OPEN", "x" * 20, 0o644),
        ("GOOD", "x" * 20, 0o600),
    ):
        file = Path(tmp_path / name)
        file.write_text(token)
        file.chmod(mode)
        table = table.replace(f'"{name}"', f'"{file}"')
    done = machine.run("run", machine.config(f"[api]\n{table}\n"))
    machine.close()
    assert done.returncode == 2
    assert said in done.stderr
