"""A context that began on a Windows machine, mounted here at paths of its own system: spec 1, Mapping."""

import json
import os

import pytest

ORIGIN = "C:\\Users\\me\\proj"
FILES = {"top.txt": "top", "docs/a.txt": "a", "docs/deep/b.txt": "b", "Src/main.c": "c", "a:b.": "odd"}


@pytest.fixture
def origin(site):
    """A machine that has all of it; in the store it is from ORIGIN."""
    machine, directory = site.mounted("theirs", context="proj")
    for path, text in FILES.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    (directory / "link").symlink_to("C:\\Users\\me\\proj\\docs\\a.txt")
    machine.holdall("flush", "proj")
    client, key = site.server.client(), "contexts/proj/context.json"
    found = json.loads(client.get_object(Bucket=site.bucket, Key=key)["Body"].read())
    assert found["origin"]["path"] == str(directory)
    assert found["origin"]["os"] == "posix"
    found["origin"] |= {"path": ORIGIN, "os": "windows", "host": "PC"}
    client.put_object(Bucket=site.bucket, Key=key, Body=json.dumps(found).encode())
    return machine, directory


@pytest.fixture
def here(site):
    machine = site.machine()
    machine.daemon()
    return machine


def mount(machine, directory, mapping, *args, code=0, command="mount"):
    policy = machine.home / "policy.json"
    policy.write_text(json.dumps({"mappingPolicy": {"path": mapping}}))
    return machine.run(command, directory, "--context", "proj", "--policy", policy, *args)


def mounted(machine, name, mapping):
    directory = machine.directory(name)
    done = mount(machine, directory, mapping)
    assert done.returncode == 0, done.stderr
    machine.holdall("sync", "proj", "--timeout", "60s")
    return directory


def files(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_text()
        for path in directory.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def target(link):
    return str(link.readlink())


def below(folder):
    return {
        path.removeprefix(f"{folder}/"): text for path, text in FILES.items() if path.startswith(f"{folder}/")
    }


def test_equal_to_the_origin_it_is_the_whole_tree(origin, here):
    machine, theirs = origin
    mine = mounted(here, "mine", "c:/users/ME/proj")
    assert files(mine) == FILES
    assert target(mine / "link") == str(mine / "docs/a.txt")
    assert here.mounts()["proj"]["path"] == str(mine)

    (mine / "docs/a.txt").write_text("edited")
    (mine / "new").symlink_to(mine / "docs/deep")
    (mine / "away").symlink_to("/etc/hosts")
    here.holdall("flush", "proj")
    machine.holdall("sync", "proj")
    assert files(theirs) == FILES | {"docs/a.txt": "edited"}
    links = {path.name: target(path) for path in theirs.iterdir() if path.is_symlink()}
    assert links == {"link": f"{ORIGIN}\\docs\\a.txt", "new": f"{ORIGIN}\\docs\\deep", "away": "/etc/hosts"}


def test_below_the_origin_it_is_that_subtree(origin, here, site):
    machine, theirs = origin
    mine = mounted(here, "mine", f"{ORIGIN}\\DOCS")
    assert files(mine) == below("docs")

    (mine / "new.txt").write_text("new")
    (mine / "deep/b.txt").unlink()
    receipt = here.holdall("flush", "proj", "--json")
    assert (receipt["uploaded_files"], receipt["deleted_files"]) == (1, 1)
    machine.holdall("sync", "proj")
    expected = FILES | {"docs/new.txt": "new"}
    del expected["docs/deep/b.txt"]
    assert files(theirs) == expected

    (theirs / "docs/a.txt").write_text("edited there")
    (theirs / "top.txt").write_text("nobody's here")
    machine.holdall("flush", "proj")
    here.holdall("wait", "proj")
    assert files(mine) == {"a.txt": "edited there", "new.txt": "new"}

    # A path of the mount is one of that part of the context.
    (mine / "x").write_text("x")
    assert here.holdall("flush", "proj", "--path", mine / "x", "--json")["outcome"] == "complete"
    assert "docs/x" in site.keys("proj")


def test_above_the_origin_the_tree_is_under_the_remaining_parts(origin, here):
    machine, theirs = origin
    mine = mounted(here, "mine", "C:\\Users")
    assert files(mine) == {f"me/proj/{path}": text for path, text in FILES.items()}
    assert target(mine / "me/proj/link") == str(mine / "me/proj/docs/a.txt")
    assert here.mounts()["proj"]["path"] == str(mine)

    (mine / "beside.txt").write_text("takes no part")
    (mine / "me/proj/docs/new.txt").write_text("new")
    assert here.holdall("flush", "proj", "--json")["uploaded_files"] == 1
    machine.holdall("sync", "proj")
    assert files(theirs) == FILES | {"docs/new.txt": "new"}


def test_unrelated_is_an_error_that_names_the_origin(origin, here):
    done = mount(here, here.directory("mine"), "D:\\elsewhere")
    assert done.returncode == 2
    assert ORIGIN in done.stderr
    assert "windows" in done.stderr
    assert here.mounts() == {}


def test_another_mapping_of_the_same_directory_deletes_nothing(origin, here, site):
    mine = mounted(here, "mine", f"{ORIGIN}\\docs")
    before = site.keys("proj")
    mounted(here, "mine", f"{ORIGIN}\\Src")
    assert files(mine) == below("docs") | below("Src")
    assert before <= site.keys("proj")
    mounted(here, "mine", f"{ORIGIN}\\docs")
    assert before <= site.keys("proj")
    assert "main.c" in files(mine)


def test_it_goes_on_where_it_was_though_the_store_is_silent(origin, site):
    here = site.machine()
    daemon = here.daemon()
    mine = mounted(here, "mine", f"{ORIGIN}\\docs")
    here.end(daemon)
    (mine / "a.txt").write_text("while nobody looked")
    site.server.pause()
    try:
        here.daemon()
        here.until(lambda: here.mounts()["proj"]["commit"])
    finally:
        site.server.resume()
    here.holdall("flush", "proj", "--timeout", "60s")
    machine, theirs = origin
    machine.holdall("sync", "proj")
    assert files(theirs) == FILES | {"docs/a.txt": "while nobody looked"}


def test_a_lost_part_is_no_deletion(origin, here, site):
    mine = mounted(here, "mine", "C:\\Users")
    before = site.keys("proj")
    (mine / "me/proj").rename(here.home / "away")
    here.run("flush", "proj", "--timeout", "3s")
    assert {one["code"] for one in here.mounts()["proj"]["problems"]} >= {"root"}
    assert site.keys("proj") == before


def test_a_context_that_begins_under_a_mapping_is_from_there(here, site):
    mine = here.directory("mine", a="1")
    assert mount(here, mine, "\\\\nas\\team/work").returncode == 0
    here.holdall("flush", "proj")
    client = site.server.client()
    found = json.loads(client.get_object(Bucket=site.bucket, Key="contexts/proj/context.json")["Body"].read())
    assert found["origin"]["path"] == "\\\\nas\\team\\work"
    assert found["origin"]["os"] == "windows"
    again = site.machine()
    again.daemon()
    assert files(mounted(again, "again", "//NAS/team/work")) == {"a": "1"}


def test_the_commands_know_where_it_stands(origin, here):
    mine = mounted(here, "mine", f"{ORIGIN}\\docs")
    assert f"for {ORIGIN}\\docs" in here.holdall("status")
    (mine / "a.txt").write_text("edited")
    (mine / "deep/fifo.txt").write_text("x")
    here.holdall("flush", "proj")
    assert len(here.holdall("history", "a.txt", cwd=mine).splitlines()) == 2
    here.holdall("restore", "--at", "1", ".", cwd=mine)
    assert files(mine) == below("docs") | {"deep/fifo.txt": "x"}
    os.mkfifo(mine / "deep/pipe")
    here.until(lambda: "deep/pipe" in {one["path"] for one in here.mounts()["proj"]["problems"]})
