"""A server that ignores every condition: one machine at a time, and the next one finds all of it."""

import json
import secrets

import pytest
from tests.system.site import Site, differences, tree

LEASE = "contexts/project/lease.json"


@pytest.fixture
def site(rclone):
    found = Site(rclone, f"test-{secrets.token_hex(4)}")
    yield found
    found.close()


def lease(site):
    answer = site.server.client().get_object(Bucket=site.bucket, Key=LEASE)
    return json.loads(answer["Body"].read())


def let_it_end(site):
    """As if the minute were over."""
    ended = lease(site) | {"expires_at": 1.0}
    site.server.client().put_object(Bucket=site.bucket, Key=LEASE, Body=json.dumps(ended).encode())


def problems(machine, context="project"):
    return {one["code"]: one for one in machine.mounts()[context]["problems"]}


def test_what_one_machine_leaves_the_next_one_has(site):
    one, mine = site.mounted("mine")
    for number in range(40):
        (mine / f"{number}.txt").write_text(f"{number}" * 100)
    (mine / "deep/er").mkdir(parents=True)
    (mine / "deep/er/large").write_bytes(secrets.token_bytes(20_000_000))
    (mine / "script").write_text("#!/bin/sh")
    (mine / "script").chmod(0o755)
    one.holdall("flush", "project")
    (mine / "0.txt").write_text("changed")
    (mine / "1.txt").unlink()
    (mine / "2.txt").rename(mine / "deep" / "two.txt")
    with (mine / "deep/er/large").open("r+b") as large:
        large.write(b"changed")
    one.holdall("flush", "project")
    assert problems(one).keys() == {"single-writer"}
    assert "one machine at a time" in one.holdall("status")
    one.holdall("release", "project")
    assert "lease.json" not in site.keys("project", "")

    other, theirs = site.mounted("theirs")
    other.holdall("wait", "project")
    assert tree(mine) == tree(theirs), differences(mine, theirs)
    (theirs / "back.txt").write_text("from there")
    other.holdall("flush", "project")
    other.holdall("release", "project")
    one.holdall("mount", mine, "--context", "project")
    one.holdall("wait", "project")
    assert tree(mine) == tree(theirs), differences(mine, theirs)
    assert one.holdall("verify", "--data", "--json", "--context", "project")["intact"]


def test_a_second_machine_is_told_while_the_first_lives(site):
    one, mine = site.mounted("mine")
    (mine / "a").write_text("a")
    one.holdall("flush", "project")
    other = site.machine()
    theirs = other.directory("theirs")
    other.daemon()
    calls = (
        ("mount", theirs, "--context", "project"),
        ("up", theirs, "--context", "project"),
        ("exec", "--context", "project", "--path", other.home / "job", "--", "touch", other.home / "ran"),
    )
    for call in calls:
        done = other.run(*call)
        assert done.returncode == 5, (call, done)
        assert "writes project until" in done.stderr
        assert "`holdall release project` there" in done.stderr
    assert other.mounts() == {}
    assert not (other.home / "ran").exists()
    # Nobody has to be asked to read.
    assert "a" in other.holdall("ls", "--context", "project")
    one.holdall("unmount", "project")
    other.holdall("mount", theirs, "--context", "project")
    other.holdall("wait", "project")
    assert (theirs / "a").read_text() == "a"


def test_a_configured_mount_waits_and_goes_on_by_itself(site):
    one = site.machine()
    mine = one.directory("mine", a="a")
    daemon = one.daemon()
    one.holdall("mount", mine, "--context", "project")
    one.holdall("flush", "project")
    other = site.machine()
    theirs = other.directory("theirs", b="b")
    config = other.config(
        (other.home / "holdall.toml").read_text() + f'[[mounts]]\ncontext = "project"\npath = "{theirs}"\n'
    )
    other.daemon(config)
    other.until(lambda: "busy-elsewhere" in problems(other))
    assert problems(other)["busy-elsewhere"]["fix"].endswith("it goes on by itself then")
    assert one.end(daemon) == 0
    other.until((theirs / "a").exists)
    other.holdall("flush", "project")
    assert site.keys("project") == {"a", "b"}


def test_exec_leaves_the_context_free(site):
    for number in range(2):
        machine = site.machine()
        work = machine.home / "work"
        done = machine.run(
            "exec",
            "--context",
            "project",
            "--path",
            work,
            "--",
            "sh",
            "-c",
            f"ls {work}; touch {work}/{number}",
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == [str(one) for one in range(number)]


def test_a_holder_that_was_killed(site):
    one = site.machine()
    mine = one.directory("mine")
    daemon = one.daemon()
    one.holdall("mount", mine, "--context", "project")
    (mine / "a").write_text("a")
    one.holdall("flush", "project")
    daemon.kill()
    daemon.wait()
    other = site.machine()
    theirs = other.directory("theirs")
    other.daemon()
    assert other.run("mount", theirs, "--context", "project").returncode == 5

    # The machine itself takes it again at once.
    (mine / "b").write_text("b")
    daemon = one.daemon()
    one.holdall("flush", "project", "--timeout", "20s")
    assert lease(site)["holder"]
    daemon.kill()
    daemon.wait()

    let_it_end(site)
    other.holdall("mount", theirs, "--context", "project")
    other.holdall("wait", "project")
    assert tree(mine) == tree(theirs), differences(mine, theirs)

    # And who comes back finds it taken: what it has meanwhile waits.
    (mine / "c").write_text("c")
    one.daemon()
    one.until(lambda: "busy-elsewhere" in problems(one))
    other.holdall("unmount", "project")
    one.until(lambda: site.keys("project") == {"a", "b", "c"})


def test_doctor_says_so(site):
    machine = site.machine()
    done = machine.run("doctor")
    assert "contexts are single-writer here" in done.stdout
