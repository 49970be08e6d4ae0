"""File systems that are mounted below the root: what is not mounted is not deleted."""

import pytest
from tests.engine.site import Site, left

from holdall.engine.words import Scope
from holdall.errors import RootLost


@pytest.fixture
def nested():
    """`disk2` is mounted, and has been seen to be."""
    site = Site("a", "b", "disk2/p", "disk2/d/q")
    site.disk.mounted.add("disk2")
    assert site.survey().steps == ()
    return site


ON_DISK2 = {"disk2", "disk2/p", "disk2/d", "disk2/d/q"}


def bare(disk):
    pass


def written_to(disk):
    disk.write("disk2/d/log", b"of a service that came too early")


def removed(disk):
    disk.delete("disk2")


def linked(disk):
    disk.delete("disk2")
    disk.symlink("disk2", "/elsewhere")


@pytest.mark.parametrize("how", [bare, written_to, removed, linked])
@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_on_an_unmounted_file_system_is_not_deleted(nested, how, restarted):
    nested.disk.unmount("disk2")
    how(nested.disk)
    nested.disk.delete("a")
    nested.remotely("disk2/new", b"1")
    if restarted:
        nested.restart()
    found = nested.survey()
    assert [one.path for one in found.steps] == ["a"]
    assert left(found) >= {*ON_DISK2, "disk2/new"}
    assert all("not mounted" in one.reason for one in found.left)
    for scope in (Scope.PATHS, Scope.TREES):
        for path in ("disk2", "disk2/d", "disk2/d/q", "disk2/p", "disk2/new", "disk2/d/log"):
            assert nested.survey(path, scope=scope).steps == ()


def test_mounted_again_it_is_as_it_was(nested):
    files = nested.disk.unmount("disk2")
    nested.survey()
    nested.disk.mount("disk2", files)
    nested.disk.delete("disk2/p")
    found = nested.survey()
    assert found.left == ()
    assert {one.path for one in found.steps if one.local is None} == {"disk2/p"}


@pytest.mark.parametrize("restarted", [False, True])
def test_another_one_in_its_place_deletes_nothing(nested, restarted):
    nested.disk.unmount("disk2")
    nested.survey()
    if restarted:
        nested.restart()
    nested.disk.mount("disk2", {"disk2/other": b"1"})
    found = nested.survey()
    assert found.steps == ()
    assert left(found) == {*ON_DISK2, "disk2/other"}


def test_nor_does_one_that_is_mounted_over_what_was_synced():
    site = Site("a", "d/p", "d/q")
    site.survey()
    site.disk.mount("d", {})
    assert site.deleted() == site.deleted("d/p") == []
    site.disk.mounted.clear()
    site.disk.delete("d")
    assert site.deleted() == ["d", "d/p", "d/q"]


def test_what_its_user_deletes_on_it_is_deleted(nested):
    nested.disk.delete("disk2/d")
    nested.disk.delete("disk2/p")
    assert nested.deleted() == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_a_person_says_that_it_is_gone_for_good(nested):
    nested.disk.unmount("disk2")
    assert nested.deleted() == []
    assert nested.deleted(trust_root=True) == ["disk2/d", "disk2/d/q", "disk2/p"]
    nested.restart()
    assert nested.deleted() == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_who_accepts_another_root_has_not_said_so_of_what_is_mounted_in_it(nested):
    nested.disk.unmount("disk2")
    nested.disk.root = (1, 2)
    with pytest.raises(RootLost):
        nested.survey()
    assert nested.deleted(trust_root=True) == []
    assert nested.deleted(trust_root=True) == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_who_was_not_told_that_it_is_missing_has_not_accepted_that(nested):
    """Also of one that was told, and is there again."""
    nested.disk.unmount("disk2")
    assert nested.deleted(trust_root=True) == []
    nested.restart()
    assert nested.deleted(trust_root=True) == []
    nested.disk.mount("disk2", {"disk2/p": b"1"})
    nested.survey()
    nested.disk.unmount("disk2")
    assert nested.deleted(trust_root=True) == []
    assert nested.deleted(trust_root=True) == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_what_went_with_the_directory_that_it_was_mounted_in_is_deleted():
    site = Site("a", "b", "usb/disk/p")
    site.disk.mounted.add("usb/disk")
    site.survey()
    site.disk.unmount("usb/disk")
    site.disk.delete("usb")
    assert site.deleted() == ["usb", "usb/disk", "usb/disk/p"]
