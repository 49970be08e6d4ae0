"""Names that would be more than a line: refused where they are made, escaped where they are shown, ended where they are."""

import pytest

from holdall.api.client import Client, of_mount
from holdall.cli.statuslines import lines
from holdall.daemon.registry import Registry
from holdall.daemon.spec import Spec
from holdall.errors import ConfigError

ODD = "new\nline"


@pytest.fixture
def odd(machine):
    """A mount that an earlier holdall made."""
    directory = machine.directory("other", a="1")
    machine.state.mkdir(parents=True, mode=0o700)
    registry = Registry(machine.state / "daemon.db")
    registry.add(Spec(ODD, directory), f"file://{machine.store}")
    registry.close()
    machine.daemon()
    return machine


def test_one_that_is_there_is_reached(odd):
    client = Client(odd.socket)
    assert client.get(of_mount(ODD))["context"] == ODD
    assert client.post(of_mount(ODD, "flush"), {}, waits=True)["outcome"] == "complete"
    assert client.post(of_mount(ODD, "pause"))["status"] == "paused"


def test_one_that_is_there_is_ended(odd):
    odd.holdall("pause", ODD)
    odd.holdall("resume", ODD)
    odd.holdall("flush", ODD)
    odd.holdall("unmount", ODD)
    assert odd.mounts() == {}


def test_one_that_is_there_goes_with_all_others(odd):
    odd.holdall("mount", odd.directory("notes", a="1"))
    receipts = odd.holdall("release", "--json")["receipts"]
    assert [(one["context"], one["outcome"]) for one in receipts] == [
        (ODD, "complete"),
        ("notes", "complete"),
    ]


def test_none_is_made(machine):
    machine.daemon()
    path = str(machine.directory(ODD))
    with pytest.raises(
        ConfigError, match=r"the context's name is 'new\\nline', which holds a control"
    ) as found:
        Client(machine.socket).post("/api/v1/mounts", {"context": ODD, "path": path})
    assert found.value.hint == "--context gives it another one"
    done = machine.run("up", path)
    assert (done.returncode, machine.mounts()) == (2, {})
    assert r"'new\nline', which holds a control character" in done.stderr
    machine.holdall("up", path, "--context", "fine")
    assert machine.mounts()["fine"]["path"] == path


def test_a_line_of_status_is_one_line():
    problem = {"code": "left", "path": "a\nb", "message": "m\x1b[2J", "fix": "f\r"}
    mount = {
        "context": ODD, "path": "/p\nq", "status": "synced", "durable": True, "pending_files": 0, "pending_bytes": 0,
        "last_durable_at": None, "eta_s": None, "commit": 1, "problems": [problem], "policy": {},
    }  # fmt: skip
    first, second, third = lines([mount])
    assert first.startswith(r"new\nline  /p\nq  synced  durable  commit 1")
    assert (second, third) == (r"  a\nb: m\x1b[2J", r"    f\r")
