"""A directory that is a part of its context, and links that are written for another system."""

from itertools import count

import pytest
from tests.local.asking import ABSENT, names, seen, staged
from tests.local.over_memory import OverMemory

from holdall.errors import Unreadable
from holdall.local.memory import MemoryDisk
from holdall.local.part import PartDisk
from holdall.model import SeenAs
from holdall.rules.foreign_path import understood
from holdall.rules.mapping import Links

LINKS = Links(understood("C:\\work\\a\\b"), "/srv/b")


@pytest.fixture
def known():
    return {}


@pytest.fixture
def disk(known):
    return PartDisk(MemoryDisk(count(1_000_000_000).__next__), "a/b", LINKS, lambda path: known.get(path, ()))


class TestPartOfTheWhole(OverMemory):
    """`within` "": only links are translated."""

    @pytest.fixture
    def disk(self):
        return PartDisk(MemoryDisk(count(1_000_000_000).__next__), "", LINKS, lambda _: ())


def test_it_has_the_paths_of_the_context(disk):
    disk.below.write("x", b"1")
    disk.below.write("d/y", b"2")
    assert names(disk) == names(disk, "a") == names(disk, "a/b") == ["a/b/d", "a/b/d/y", "a/b/x"]
    assert names(disk, "a/b/d") == ["a/b/d/y"]
    assert disk.names("a/b") == ["d", "x"]
    assert disk.open("a/b/x").read(0, 9) == b"1"
    asked = []
    list(disk.scan("", lambda path, is_dir: asked.append((path, is_dir))))
    assert asked == [("a/b/d", True), ("a/b/d/y", False), ("a/b/x", False)]


def test_what_lies_outside_is_not_there_and_nothing_is_put_there(disk):
    disk.below.write("x", b"1")
    assert names(disk, "other") == names(disk, "a/c") == []
    assert [one.what for one in disk.look(["x", "a/x", "a/bc", "other/x"])] == [SeenAs.ABSENT] * 4
    for step in (
        lambda: disk.stage("a/x"),
        lambda: disk.make_dir("c", 0o755),
        lambda: disk.rename("a/b/x", "x"),
    ):
        with pytest.raises(Unreadable, match="outside"):
            step()
    assert disk.below.files() == {"x": b"1"}


def test_the_directories_that_lead_here_are_there(disk):
    assert [one.what for one in disk.look(["a", "a/b"])] == [SeenAs.DIR, SeenAs.DIR]
    disk.make_dir("a/b", 0o700)
    assert disk.top_of("a/b/x/y") == "a/b"
    assert names(disk) == []


def test_what_is_staged_and_published(disk):
    name = staged(disk, "a/b/d/x", b"new")
    assert name.startswith("a/b/d/.~holdall-")
    disk.publish(name, "a/b/d/x", ABSENT)
    aside = disk.publish(staged(disk, "a/b/d/x", b"newer"), "a/b/d/x", seen(disk, "a/b/d/x"))
    assert aside is not None
    disk.drop(aside)
    assert disk.below.files() == {"d/x": b"newer"}


def test_a_key_too_long_is_odd_also_where_the_path_on_the_disk_is_not(disk):
    path = "/".join(["x" * 200] * 4)
    disk.below.write(f"{path}/{'y' * 18}", b"")
    assert [one.what for one in disk.scan()][-1] is SeenAs.ODD_NAME
    assert seen(disk, f"a/b/{path}/{'y' * 18}").what is SeenAs.ODD_NAME
    assert seen(disk.below, f"{path}/{'y' * 18}").what is SeenAs.FILE


def test_problems_are_about_the_contexts_path(disk):
    disk.below.write("d/secret", b"")
    disk.below.chmod("d/secret", 0)
    with pytest.raises(Unreadable) as caught:
        disk.open("a/b/d/secret")
    assert caught.value.path == "a/b/d/secret"


# -- links


def test_a_link_below_the_origin_leads_below_the_mount(disk):
    for number, target in enumerate(("C:\\work\\a\\b\\d\\x", "C:\\elsewhere", "../x")):
        disk.publish(disk.stage_link(f"a/b/{number}", target), f"a/b/{number}", ABSENT)
        assert seen(disk, f"a/b/{number}").target == target
    assert [seen(disk.below, str(one)).target for one in range(3)] == ["/srv/b/d/x", "C:\\elsewhere", "../x"]


def test_a_link_made_here_leads_below_the_origin(disk):
    disk.below.symlink("l", "/srv/b/d/x")
    assert [one.target for one in disk.scan()] == ["C:\\work\\a\\b\\d\\x"]


def test_a_target_in_another_spelling_is_not_taken_for_an_edit(disk, known):
    known["a/b/l"] = ["c:/WORK/a/b/d"]
    disk.publish(disk.stage_link("a/b/l", "c:/WORK/a/b/d"), "a/b/l", ABSENT)
    assert seen(disk.below, "l").target == "/srv/b/d"
    was = seen(disk, "a/b/l")
    assert was.target == "c:/WORK/a/b/d"
    disk.take("a/b/l", was)


def test_a_staged_link_has_the_digest_of_what_the_context_holds(disk):
    name = disk.stage_link("a/b/l", "C:\\work\\a\\b\\x")
    other = disk.below.stage_link("l", "C:\\work\\a\\b\\x")
    assert disk.staged_digest(name) == disk.below.staged_digest(other)
    assert disk.staged_target(name) == "C:\\work\\a\\b\\x"
