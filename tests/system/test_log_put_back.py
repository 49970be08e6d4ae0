"""Somebody puts the bucket back to an earlier state, or deletes a commit, while machines go on."""

from tests.system.site import differences, tree

PREFIX = "contexts/project/"


def log_of(site):
    """The numbers, as they stand in the keys."""
    return sorted(site.keys("project", "log/"))


def remove(site, number):
    site.server.client().delete_object(Bucket=site.bucket, Key=f"{PREFIX}log/{number}")


def fresh(site, *command):
    """What `exec` does on a machine that knows nothing of the context; its directory."""
    machine = site.machine()
    directory = machine.home / "fresh"
    return machine.run("exec", "--context", "project", "--path", directory, "--", *command), directory


def test_a_log_that_was_put_back_is_told_and_a_new_mount_has_both_sides(site):
    machine, directory = site.mounted()
    for number in range(3):
        (directory / f"before{number}").write_text("1")
        machine.holdall("flush", "project")
    backup = set(log_of(site))
    for number in range(3):
        (directory / f"after{number}").write_text("2")
        machine.holdall("flush", "project")
    for number in set(log_of(site)) - backup:
        remove(site, number)

    done = machine.run("flush", "project")
    assert done.returncode == 1
    assert "not in the store any more" in done.stdout
    assert "holdall unmount --discard" in done.stdout
    assert machine.mounts()["project"]["status"] == "error"

    (directory / "new").write_text("3")
    machine.holdall("unmount", "--discard", "project")
    assert set(log_of(site)) == backup
    machine.holdall("mount", directory, "--context", "project")
    machine.holdall("sync", "project")
    done, other = fresh(site, "true")
    assert done.returncode == 0, done.stderr
    assert tree(other) == tree(directory), differences(other, directory)
    assert len(tree(other)) == 7


def test_no_job_runs_on_the_tree_before_a_commit_that_is_missing(site):
    machine, directory = site.mounted()
    for number in range(4):
        (directory / "state").write_text(str(number))
        machine.holdall("flush", "project")
    missing = log_of(site)[1]
    remove(site, missing)

    done, other = fresh(site, "touch", machine.home / "ran")
    assert done.returncode == 7
    assert f"commit {int(missing)} is not in the store" in done.stderr
    assert not (machine.home / "ran").exists()
    assert not tree(other)
    verified = machine.run("verify", "--context", "project")
    assert verified.returncode == 1
    assert f"log/{missing}" in verified.stdout
    assert machine.run("sync", "project", "--force").returncode == 1
