"""Archives on a real store, with the real daemon: spec 1, Extract, sentence by sentence."""

import gzip
import json

import pytest
from tests.local.extract.making import PACKED, tar, zipped
from tests.system.site import tree

MEMBERS = (("m.json", b"{}"), ("d/n.txt", b"n"))
PACK = zipped(*MEMBERS)


@pytest.fixture
def maker(site):
    """A machine that puts archives into the context, and its directory."""
    return site.mounted("made", context="work")


def send(maker, **files):
    machine, directory = maker
    for name, data in files.items():
        path = directory / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    machine.holdall("flush", "work", "--timeout", "60s")


def mounted(site, *, name="here", limits="", **policy):
    """A fresh machine with this extract policy, once all is there: it and its directory."""
    machine = site.machine()
    if limits:
        file = machine.home / "holdall.toml"
        file.write_text(f"{file.read_text()}\n[limits.extract]\n{limits}\n")
    directory = machine.directory(name)
    file = machine.home / "policy.json"
    file.write_text(json.dumps({"extractPolicy": policy} if policy else {}))
    machine.daemon()
    machine.holdall("mount", directory, "--context", "work", "--policy", file)
    settled(machine)
    return machine, directory


def settled(machine):
    machine.holdall("sync", "work", "--timeout", "60s")


def files(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def problems(machine):
    return [one for one in machine.mounts()["work"]["problems"] if one["code"] == "extract"]


def test_every_kind_of_archive_is_extracted_after_its_download(site, maker):
    kinds = PACKED | {"zip": lambda _: PACK}
    send(
        maker,
        **{f"a__{kind[-3:]}_{kind.replace('.', '_')}": pack(tar(*MEMBERS)) for kind, pack in kinds.items()},
    )
    _, here = mounted(site, extract=True)
    names = [kind[-3:] for kind in kinds]
    assert files(here) == {f"a/{name}/{path}": data for name in names for path, data in MEMBERS}


def test_all_three_flags(site, maker):
    send(maker, a__pack_zip=PACK)
    members = {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n"}
    assert files(mounted(site, extract=False)[1]) == {"a/pack.zip": PACK}
    assert files(mounted(site, extract=True, deleteSrcFile=False)[1]) == members | {"a/pack.zip": PACK}
    here = mounted(site, extract=True, extractToCurrentFolder=True)[1]
    assert files(here) == {"a/m.json": b"{}", "a/d/n.txt": b"n"}


def test_the_removal_of_the_archive_is_never_mirrored_and_nothing_unchanged_goes_up(site, maker):
    send(maker, a__pack_zip=PACK)
    log = site.keys("work", "log/")
    machine, _ = mounted(site, extract=True)
    machine.holdall("flush", "work")
    machine.end(machine._daemons[-1])
    machine.daemon()
    settled(machine)
    assert site.keys("work") == {"a/pack.zip"}
    assert site.keys("work", "log/") == log
    settled(maker[0])
    assert files(maker[1]) == {"a/pack.zip": PACK}


def test_what_its_user_changes_adds_and_deletes_is_on_a_fresh_mount(site, maker):
    send(maker, a__pack_zip=PACK)
    machine, here = mounted(site, extract=True)
    (here / "a/pack/m.json").write_bytes(b"edited")
    (here / "a/pack/new").write_bytes(b"new")
    (here / "a/pack/d/n.txt").unlink()
    machine.holdall("flush", "work", "--timeout", "60s")
    left = tree(here)
    machine.holdall("unmount", "work")
    assert site.keys("work") == {"a/pack.zip", "a/pack/m.json", "a/pack/new"}
    assert tree(mounted(site, extract=True)[1]) == left


def test_an_existing_file_is_never_overwritten(site, maker):
    send(maker, a__pack_zip=PACK)
    machine = site.machine()
    here = machine.directory("here")
    (here / "a/pack").mkdir(parents=True)
    (here / "a/pack/m.json").write_bytes(b"mine")
    policy = machine.home / "policy.json"
    policy.write_text(json.dumps({"extractPolicy": {}}))
    machine.daemon()
    machine.holdall("mount", here, "--context", "work", "--policy", policy)
    settled(machine)
    assert files(here) == {"a/pack/m.json": b"mine", "a/pack/d/n.txt": b"n"}


HOSTILE = {
    "out.zip": (zipped(("ok", b"1"), ("../../evil", b"2")), "../../evil: its name leads outside, by `..`"),
    "huge.zip": (zipped(("ok", b"1" * 2000)), "ok: the archive holds more than 1000 bytes"),
    "short.zip": (PACK[:-1], "it is no zip archive, or is cut off"),
    "flipped.tar.gz": (
        gzip.compress(tar(("a", b"1")))[:-8] + bytes(8),
        "it is damaged: its checksum differs",
    ),
}


def test_a_hostile_or_damaged_archive_is_refused_whole(site, maker):
    send(maker, **{f"a__{name.replace('.', '_')}": data for name, (data, _) in HOSTILE.items()})
    machine, here = mounted(site, extract=True, limits="bytes = 1000")
    assert tree(here).keys() == {"a", *(f"a/{name}" for name in HOSTILE)}
    found = {one["path"]: one for one in problems(machine)}
    assert found.keys() == {f"a/{name}" for name in HOSTILE}
    for name, (_, said) in HOSTILE.items():
        assert said in found[f"a/{name}"]["message"]
        assert found[f"a/{name}"]["fix"]
    assert machine.mounts()["work"]["durable"]
    send(maker, a__out_zip=zipped(("x", b"1")))
    settled(machine)
    assert (here / "a/out/x").read_bytes() == b"1"
    assert "a/out.zip" not in {one["path"] for one in problems(machine)}


def test_a_command_finds_it_extracted(site, maker):
    """`exec` restores first: with the policy of a mount, the members are there when the command begins."""
    send(maker, a__pack_zip=PACK)
    machine = site.machine()
    here = machine.directory("work")
    policy = machine.home / "policy.json"
    policy.write_text(json.dumps({"extractPolicy": {}}))
    done = machine.run(
        "exec", "--context", "work", "--path", here, "--policy", policy, "--", "cat", here / "a/pack/m.json"
    )
    assert done.stdout == "{}", done.stderr


def test_killed_while_it_extracts_it_goes_on(site, maker):
    many = zipped(*((f"d{number % 50}/f{number}", b"%d" % number) for number in range(4000)))
    send(maker, many_zip=many)
    machine = site.machine()
    here = machine.directory("here")
    policy = machine.home / "policy.json"
    policy.write_text(json.dumps({"extractPolicy": {}}))
    daemon = machine.daemon()
    machine.holdall("mount", here, "--context", "work", "--policy", policy)
    machine.until(lambda: (here / "many").exists() or any(here.glob(".~holdall-*")))
    machine.end(daemon, 9)
    machine.daemon()
    settled(machine)
    assert len(files(here)) == 4000
    assert not list(here.glob(".~holdall-*"))
    assert site.keys("work") == {"many.zip"}
