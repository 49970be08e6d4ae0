"""A store that does not answer keeps nobody from mounting; one that refuses ends what is begun, and parks what is there."""

import os
import secrets
import signal

import pytest
from tests import servers
from tests.daemon.machine import Machine
from tests.gate import Gate

SILENT = "the store does not answer; the mount is kept, and goes on by itself when it does\n"


@pytest.fixture
def bucket(seaweedfs):
    return seaweedfs.make_bucket(f"test-{secrets.token_hex(4)}")


@pytest.fixture
def port():
    """Nobody listens there yet."""
    return servers.free_ports(1)[0]


@pytest.fixture
def machine(machine, seaweedfs):
    machine.env |= seaweedfs.environment
    return machine


@pytest.fixture
def other(seaweedfs):
    found = Machine()
    found.env |= seaweedfs.environment
    yield found
    found.close()


def at(machine, url):
    machine.env["AWS_ENDPOINT_URL"] = url
    return machine


def config(machine, bucket):
    machine.directory("project", a="1")
    return machine.config(
        f'[store]\nurl = "s3://{bucket}/x"\n[[mounts]]\ncontext = "project"\npath = "{machine.home}/project"\n'
    )


def names(machine):
    return sorted(one.name for one in (machine.home / "project").iterdir())


def is_durable(machine):
    return machine.mounts()["project"]["durable"]


def test_up_says_so_and_goes_on_by_itself(machine, seaweedfs, bucket, port):
    at(machine, f"http://127.0.0.1:{port}").directory("project", a="1")
    said = machine.holdall("up", "project", "--store", f"s3://{bucket}/x")
    assert said.startswith(SILENT)
    assert "; it is tried again by itself\n" in said
    assert machine.background()
    found = machine.mounts()["project"]
    assert (found["status"], found["durable"]) == ("failed", False)
    assert found["problems"][0]["code"] == "unavailable"
    assert machine.holdall("up", "project").startswith(SILENT)
    with Gate(seaweedfs.url, port=port):
        machine.until(lambda: is_durable(machine))
        assert machine.mounts()["project"]["problems"] == []
        assert SILENT not in machine.holdall("up", "project")


def test_the_daemon_stays_up_and_goes_on_by_itself(machine, seaweedfs, bucket, port):
    at(machine, f"http://127.0.0.1:{port}")
    daemon = machine.daemon(config(machine, bucket))
    machine.until(lambda: machine.mounts()["project"]["status"] == "failed")
    with Gate(seaweedfs.url, port=port):
        machine.until(lambda: is_durable(machine))
        assert machine.end(daemon) == 0


@pytest.mark.parametrize("named", [True, False])
def test_up_is_refused_and_leaves_nothing_behind(machine, seaweedfs, bucket, named):
    at(machine, seaweedfs.url).directory("project", a="1")
    arguments = ["up", "project", *(["--context", "project"] if named else [])]
    done = machine.run(*arguments, "--store", "s3://nobody-made-this/x")
    assert done.returncode == 2
    assert done.stderr == (
        f"holdall: no bucket at {seaweedfs.url}/nobody-made-this\n  create it, or correct its name and endpoint\n"
    )
    done = machine.run(*arguments, "--store", f"s3://{bucket}/x", AWS_SECRET_ACCESS_KEY="wrong")
    assert done.returncode == 2
    assert (
        done.stderr
        == f"holdall: {seaweedfs.url}/{bucket} refused GET (SignatureDoesNotMatch)\n  check the access key and the secret key\n"
    )
    assert not machine.background()
    machine.daemon()
    assert machine.mounts() == {}


def test_an_endpoint_that_is_none(machine, bucket):
    at(machine, "nonsense").directory("project")
    for _ in range(2):
        done = machine.run("up", "project", "--store", f"s3://{bucket}/x")
        assert done.returncode == 2
        assert done.stderr.startswith(
            "holdall: the daemon ended at once: the endpoint 'nonsense' is not an http or https URL\n"
        )


def test_a_daemon_without_keys_is_told_from_a_shell_that_has_them(machine, seaweedfs, bucket):
    at(machine, seaweedfs.url).directory("project")
    keys = {
        name: machine.env.pop(name)
        for name in tuple(machine.env)
        if name.startswith("AWS_") and "KEY" in name
    }
    machine.env["AWS_EC2_METADATA_DISABLED"] = "true"
    daemon = machine.daemon(HOLDALL_STORE__URL=f"s3://{bucket}/x")
    done = machine.run("up", "project", **keys)
    assert done.returncode == 2
    assert f"the running daemon (pid {daemon.pid}): no AWS credentials found\n" in done.stderr
    assert "it has the credentials that it was started with; restart it with them" in done.stderr


def test_the_endpoint_is_kept_with_the_store_and_the_keys_are_not(machine, seaweedfs, bucket):
    at(machine, seaweedfs.url).directory("project", a="1")
    said = machine.holdall("up", "project", "--store", f"s3://{bucket}/x")
    assert "the keys in the environment are not kept; `aws configure` keeps them" in said
    machine.holdall("flush")
    os.kill(machine.background(), signal.SIGTERM)
    machine.until(lambda: not machine.background())
    del machine.env["AWS_ENDPOINT_URL"]
    machine.daemon()  # as after a reboot
    machine.until(lambda: is_durable(machine))
    assert "holdall-secret" not in (machine.state / "daemon.db").read_bytes().decode(errors="replace")


def test_a_daemon_that_is_refused_waits_for_a_person(machine, seaweedfs):
    bucket = f"late-{secrets.token_hex(4)}"
    daemon = at(machine, seaweedfs.url).daemon(config(machine, bucket))
    machine.until(lambda: machine.mounts()["project"]["status"] == "error")
    (problem,) = machine.mounts()["project"]["problems"]
    assert problem["code"] == "no-bucket"
    assert problem["fix"].endswith("then `holdall resume project`")
    seaweedfs.make_bucket(bucket)
    machine.holdall("resume", "project")
    machine.until(lambda: is_durable(machine))
    assert machine.end(daemon) == 0


def test_a_context_from_elsewhere_is_not_joined_when_the_store_answers_late(
    machine, other, seaweedfs, bucket, port
):
    at(other, seaweedfs.url).directory("project", theirs="1")
    other.holdall("up", "project", "--store", f"s3://{bucket}/x")
    other.holdall("flush")
    at(machine, f"http://127.0.0.1:{port}").directory("project", mine="1")
    machine.holdall("up", "project", "--store", f"s3://{bucket}/x")
    os.kill(machine.background(), signal.SIGKILL)
    machine.until(lambda: not machine.background())
    machine.daemon()  # who comes after asks as well
    with Gate(seaweedfs.url, port=port):
        machine.until(lambda: machine.mounts()["project"]["status"] == "error")
        message = machine.mounts()["project"]["problems"][0]["message"]
        assert message.startswith(f"the store has a context project already, from {other.home}/project on ")
        assert names(machine) == ["mine"]
        machine.holdall("up", "project", "--context", "project")
        machine.holdall("wait", "project")
        machine.holdall("flush")
        assert names(machine) == ["mine", "theirs"]
