"""Files in packs on a real server: Archive mode, and bursts in File mode."""

import json
import random
import shutil
import subprocess

import pytest
from tests.system.site import differences, tree

ARCHIVE = {"uploadPolicy": {"uploadMode": "Archive"}}
EXCLUDING = {"uploadPolicy": {"uploadMode": "Archive", "archiveExcludePaths": ["plain"]}}
MIB = 1 << 20


def begun(site, policy, name="mine"):
    """A machine, its daemon, and a directory that is mounted under this policy."""
    machine = site.machine()
    directory = machine.directory(name)
    daemon = machine.daemon()
    mount(machine, directory, policy)
    return machine, directory, daemon


def mount(machine, directory, policy):
    (machine.home / "policy.json").write_text(json.dumps(policy))
    machine.holdall("mount", directory, "--context", "project", "--policy", "policy.json")


def fill(directory, count=200):
    dice = random.Random(1)
    for number in range(count):
        path = directory / f"d{number % 7}" / f"{number}.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(dice.randbytes(dice.randrange(3000)))


def flush(machine):
    return machine.holdall("flush", "project", "--json")


def fetched(site, key):
    return site.server.client().get_object(Bucket=site.bucket, Key=f"contexts/project/{key}")["Body"].read()


def expect_all_in_a_fresh_mount(site, directory):
    machine, fresh = site.mounted("fresh")
    machine.holdall("wait", "project")
    assert tree(fresh) == tree(directory), differences(directory, fresh)
    machine.holdall("unmount", "project")


class TestArchiveMode:
    def test_from_the_configuration_many_files_are_few_objects_that_stock_tools_open(self, site, tmp_path):
        machine = site.machine()
        directory = machine.directory("mine")
        fill(directory)
        (directory / "script").write_text("#!/bin/sh")
        (directory / "script").chmod(0o755)
        (directory / "to").symlink_to("script")
        (directory / "empty").mkdir()
        machine.config(
            (machine.home / "holdall.toml").read_text()
            + f'[[mounts]]\ncontext = "project"\npath = "{directory}"\n'
            + '[mounts.policy.upload_policy]\nupload_mode = "Archive"\n'
        )
        machine.daemon(machine.home / "holdall.toml")
        assert flush(machine)["outcome"] == "complete"
        packs = site.keys("project", "packs/")
        assert 1 <= len(packs) <= 3
        assert site.keys("project") == set()
        assert machine.holdall("verify", "--data", "--json", "--context", "project")["intact"]
        expect_all_in_a_fresh_mount(site, directory)
        if shutil.which("tar") and shutil.which("zstd"):
            for pack in packs:
                (tmp_path / pack).write_bytes(fetched(site, f"packs/{pack}"))
                subprocess.run(["tar", "--zstd", "-xpf", pack], cwd=tmp_path, check=True)
                (tmp_path / pack).unlink()
            files = [path for path in directory.rglob("*") if path.is_file() and not path.is_symlink()]
            for path in files:
                other = tmp_path / path.relative_to(directory)
                assert other.read_bytes() == path.read_bytes()
                assert other.stat().st_mode == path.stat().st_mode

    def test_only_what_changed_travels(self, site):
        machine, directory, _ = begun(site, ARCHIVE)
        fill(directory)
        flush(machine)
        before = site.keys("project", "packs/")
        (directory / "d1/1.bin").write_text("changed")
        (directory / "d2/2.bin").rename(directory / "renamed")
        receipt = flush(machine)
        assert receipt["uploaded_files"] == 2
        assert receipt["uploaded_bytes"] < 1000
        assert len(site.keys("project", "packs/") - before) == 1
        expect_all_in_a_fresh_mount(site, directory)

    def test_of_a_large_file_the_block_that_changed_travels(self, site):
        machine, directory, _ = begun(site, ARCHIVE)
        (directory / "large").write_bytes(random.Random(1).randbytes(30 * MIB))
        receipt = flush(machine)
        assert receipt["uploaded_bytes"] > 30 * MIB
        with (directory / "large").open("r+b") as large:
            large.seek(13 * MIB)
            large.write(b"changed in the middle")
        receipt = flush(machine)
        assert 8 * MIB <= receipt["uploaded_bytes"] < 9 * MIB
        expect_all_in_a_fresh_mount(site, directory)

    def test_killed_while_a_large_file_goes_up(self, site):
        machine, directory, daemon = begun(site, ARCHIVE)
        fill(directory, 20)
        flush(machine)
        few = len(site.keys("project", "packs/"))
        (directory / "large").write_bytes(random.Random(2).randbytes(64 * MIB))
        machine.until(lambda: len(site.keys("project", "packs/")) > few)
        daemon.kill()
        daemon.wait()
        machine.daemon()
        assert flush(machine)["outcome"] == "complete"
        expect_all_in_a_fresh_mount(site, directory)
        assert machine.holdall("verify", "--json", "--context", "project")["intact"]


def test_paths_that_are_left_out_and_a_mode_that_changes_both_ways(site):
    machine, directory, _ = begun(site, EXCLUDING)
    fill(directory, 30)
    for name in ("plain/a", "plain/b/c", "plainer"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(name)
    flush(machine)
    assert site.keys("project") == {"plain/a", "plain/b/c"}

    machine.holdall("unmount", "project")
    mount(machine, directory, {})
    (directory / "d1/1.bin").write_text("plain from now on")
    (directory / "d1/8.bin").unlink()
    flush(machine)
    assert site.keys("project") == {"plain/a", "plain/b/c", "d1/1.bin"}
    expect_all_in_a_fresh_mount(site, directory)

    machine.holdall("unmount", "project")
    mount(machine, directory, ARCHIVE)
    (directory / "plain/a").write_text("in a pack from now on")
    (directory / "d1/1.bin").write_text("and back")
    flush(machine)
    machine.until(lambda: site.keys("project") == {"plain/b/c"})
    expect_all_in_a_fresh_mount(site, directory)
    assert machine.holdall("verify", "--data", "--json", "--context", "project")["intact"]


@pytest.mark.parametrize("killed", [False, True], ids=["", "and killed before it is laid out"])
def test_a_burst_travels_in_a_pack_and_is_laid_out(site, killed):
    machine = site.machine()
    directory = machine.directory("mine")
    fill(directory, 700)
    daemon = machine.daemon()
    mount(machine, directory, {})
    receipt = flush(machine)
    assert (receipt["outcome"], receipt["uploaded_files"]) == ("complete", 700)
    if killed:
        daemon.kill()
        daemon.wait()
        machine.daemon()
    expect_all_in_a_fresh_mount(site, directory)
    names = {path.relative_to(directory).as_posix() for path in directory.rglob("*.bin")}
    machine.until(lambda: site.keys("project") == names and not site.keys("project", "packs/"))
    assert any("/packs/" in key for key in site.keys("project", "trash/"))
    assert all(fetched(site, f"files/{name}") == (directory / name).read_bytes() for name in list(names)[:9])
    expect_all_in_a_fresh_mount(site, directory)
    assert machine.holdall("verify", "--data", "--json", "--context", "project")["intact"]
