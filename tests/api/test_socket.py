"""The HTTP face, over the real socket of a real daemon."""

import http.client
import json
import socket
import threading

import pytest

from holdall.api.client import Client, of_mount
from holdall.errors import ConfigError, NoDaemon, NoMount

STATUS_KEYS = [
    "context", "path", "sync", "policy", "status", "durable", "pending_files", "pending_bytes", "sent_bytes", "last_durable_at", "eta_s", "commit", "problems",
]  # fmt: skip


@pytest.fixture
def client(machine):
    machine.daemon()
    return Client(machine.socket)


def ask(machine, method, path, body=None, headers=()):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(machine.socket))
    connection.request(method, path, body, dict(headers) | {"content-type": "application/json"})
    reply = connection.getresponse()
    found = reply.status, json.loads(reply.read())
    connection.close()
    return found


def test_health(machine, client):
    assert client.get("/healthz") == {"status": "alive"}
    machine.until(lambda: ask(machine, "GET", "/readyz") == (200, {"status": "ready"}))
    found = client.get("/api/v1/version")
    assert (found["api"], found["store"], found["detached"]) == ("v1", f"file://{machine.store}", False)


def test_readyz_says_when_the_store_is_gone(machine, client):
    machine.until(lambda: ask(machine, "GET", "/readyz")[0] == 200)
    machine.store.rename(machine.home / "away")
    status, found = ask(machine, "GET", "/readyz")
    assert (status, found["status"]) == (503, "waiting")


def test_a_mount_from_first_to_last(machine, client):
    directory = machine.directory("p", a="1")
    body = {"context": "x y/z", "path": str(directory), "sync": "arch", "ignore": ["*.o"]}
    made = client.post("/api/v1/mounts", body)
    assert list(made) == STATUS_KEYS
    assert (made["context"], made["path"], made["sync"]) == ("x y/z", str(directory), "arch")
    assert client.post(of_mount("x y/z", "flush"), {}, waits=True)["outcome"] == "complete"
    found = client.get(of_mount("x y/z"))
    assert found["first_attach"] == {"only_here": 1, "only_there": 0, "differ": 0}
    assert (found["status"], found["durable"], found["commit"]) == ("synced", True, 1)
    assert [one["code"] for one in found["problems"]] == ["this-disk-only"]
    assert client.post(of_mount("x y/z", "pause"))["status"] == "paused"
    assert client.post(of_mount("x y/z", "resume"))["status"] in {"resuming", "syncing", "synced"}
    for verb in ("wait", "sync"):
        assert client.post(of_mount("x y/z", verb), {"timeout_s": 30}, waits=True)["outcome"] == "complete"
    receipt = client.post(of_mount("x y/z", "release"), {"deadline_s": 30}, waits=True)
    assert (receipt["outcome"], receipt["deadline_s"]) == ("complete", 30)
    assert client.get("/api/v1/mounts") == {"mounts": []}


def test_errors_come_back_as_they_were_raised(machine, client):
    with pytest.raises(NoMount) as found:
        client.get(of_mount("nix"))
    assert (found.value.message, found.value.hint) == ("no mount of nix", "nothing is mounted")
    with pytest.raises(ConfigError, match="/nix does not exist") as refused:
        client.post("/api/v1/mounts", {"context": "c", "path": "/nix"})
    assert refused.value.hint == "`mkdir -p /nix` makes it"
    with pytest.raises(NoDaemon, match="went away"):
        Client(machine.home / "nix.sock").get("/healthz")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("GET", "/nix", None, 404, "there is nothing at this address: GET /nix"),
        ("PUT", "/api/v1/mounts", "{}", 405, "this address does not take that method"),
        ("POST", "/api/v1/mounts", "{", 422, "the body is no JSON"),
        ("POST", "/api/v1/mounts", "{}", 422, "'context' is missing"),
        ("POST", "/api/v1/mounts", '{"context": "c", "path": "/p", "x": 1}', 422, "unknown key 'x'"),
        ("POST", "/api/v1/mounts", '{"context": "c", "path": "p"}', 400, "path is 'p', it must be an absolute path"),
        ("POST", "/api/v1/mounts", '{"context": "c", "path": "/", "sync": "x"}', 422, "'sync': input should be 'auto'"),
        ("POST", "/api/v1/mounts", '{"context": "c", "path": "/", "policy": {"x": 1}}', 422, "unknown key 'policy.x'; known here: "),
        ("POST", "/api/v1/mounts/c/flush", '{"timeout_s": -1}', 422, "'timeout_s': input should be greater"),
        ("POST", "/api/v1/mounts/c/flush", "{}", 404, "no mount of c"),
        ("POST", "/api/v1/mounts", "x" * 1_100_000, 413, "the body is larger than 1 MiB"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(machine, client, method, path, body, status, said):
    found = ask(machine, method, path, body)
    assert found[0] == status
    assert list(found[1]["error"]) == ["code", "message", "path", "hint"]
    assert said in found[1]["error"]["message"]


def test_a_path_that_is_not_utf8_comes_back_as_it_was_sent(machine, client):
    client.post("/api/v1/mounts", {"context": "c", "path": str(machine.directory("c"))})
    with pytest.raises(ConfigError, match="/etc/\udcff is not inside"):
        client.post(of_mount("c", "flush"), {"path": "/etc/\udcff"}, waits=True)


def test_who_waits_keeps_nobody_from_an_answer(machine, client):
    """Fifty barriers that cannot come through, more than the short calls have threads."""
    client.post("/api/v1/mounts", {"context": "c", "path": str(machine.directory("c"))})
    client.post(of_mount("c", "flush"), {}, waits=True)
    machine.store.rename(machine.home / "away")
    machine.store.write_text("")
    (machine.home / "c" / "x").write_text("1")
    found = []

    def flush():
        found.append(client.post(of_mount("c", "flush"), {"timeout_s": 3}, waits=True))

    waiting = [threading.Thread(target=flush) for _ in range(50)]
    for one in waiting:
        one.start()
    assert client.get("/api/v1/mounts")["mounts"][0]["context"] == "c"
    for one in waiting:
        one.join()
    assert {one["outcome"] for one in found} <= {"partial", "failed"}
    assert len(found) == 50


def test_the_openapi_document(client):
    paths = client.get("/openapi.json")["paths"]
    assert "/api/v1/mounts/{context}/release" in {path.replace(":path", "") for path in paths}
