"""What arrives when the power goes, and what lies about afterwards."""

import os
import shutil

import pytest
from tests import small_disks
from tests.engine.power import with_power

from holdall.engine.words import Until
from holdall.errors import RootLost
from holdall.local.base import PART_PREFIX, STAGED_PREFIX
from holdall.local.disk import RealDisk
from holdall.rules.conflict import is_copy

OLD, NEW = b"version one", b"version two, which is longer"


@pytest.fixture
def one(world):
    found = world.machine("one")
    found.disk.write("doc", OLD)
    found.flush()
    return found


@pytest.fixture
def two(world, one):
    found = with_power(world.machine("two"))
    found.flush(Until.RESTORED)
    return found


def goes_up(one, two, *paths):
    """The new version of these, while the other machine is away."""
    two.kill()
    for path in paths:
        one.disk.write(path, NEW)
    one.flush()
    two.boot()


def comes_back(machine):
    machine.boot()
    return machine.flush(Until.SYNCED)


def everywhere(one, two):
    two.flush()
    one.flush(Until.RESTORED)
    assert one.disk.files() == two.disk.files()
    return one.disk.files()


class TestAPowerCut:
    def test_leaves_the_bytes_of_what_was_exchanged(self, one, two):
        goes_up(one, two, "doc")
        with two.disk.power_cut(after="publish"):
            two.flush(Until.RESTORED)
        two.disk.lose_bytes()
        comes_back(two)
        assert everywhere(one, two) == {"doc": NEW}
        assert two.disk.staged == []

    def test_takes_no_file_for_deleted_whose_name_it_took(self, one, two):
        """The state is on another disk, and says that the exchange was begun."""
        goes_up(one, two, "new")
        with two.disk.power_cut(before="publish"):
            two.flush(Until.RESTORED)
        two.disk.lose_names()
        comes_back(two)
        assert everywhere(one, two) == {"doc": OLD, "new": NEW}

    def test_takes_no_earlier_version_for_an_edit_whose_exchange_it_took_back(self, one, two):
        """By its date the version before is the younger one."""
        two.disk.sync()
        two.kill()
        one.disk.write("doc", NEW)
        one.disk.tree.nodes["doc"].mtime_ns = 10**9
        one.flush()
        comes_back(two)
        two.kill()
        two.disk.lose_names()
        two.boots += 1
        comes_back(two)
        assert everywhere(one, two) == {"doc": NEW}

    def test_takes_no_exchange_for_done_that_was_refused(self, one, two, monkeypatch):
        """Its user saves just before, and what was staged goes."""
        goes_up(one, two, "doc")
        publish = two.disk.publish

        def published(*how):
            two.disk.write("doc", b"a save")
            return publish(*how)

        with monkeypatch.context() as busy, two.disk.power_cut(after="drop"):
            busy.setattr(two.disk, "publish", published)
            two.flush(Until.RESTORED)
        comes_back(two)
        assert sorted(everywhere(one, two).values()) == [b"a save", NEW]

    def test_leaves_no_copy_of_a_download_without_its_bytes(self, one, two):
        two.disk.write(f"{STAGED_PREFIX}1", b"")
        comes_back(two)
        assert everywhere(one, two) == {"doc": OLD}
        assert two.disk.staged == []


@pytest.mark.parametrize("path", ["doc", "new"])
def test_a_staged_file_that_somebody_cleaned_up_was_not_exchanged(one, two, path):
    goes_up(one, two, path)
    with two.disk.power_cut(before="publish"):
        two.flush(Until.RESTORED)
    for staged in two.disk.staged:
        two.disk.delete(staged)
    comes_back(two)
    assert everywhere(one, two) == {"doc": OLD, path: NEW}


class TestAStagedFileThatCannotBeRead:
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_keeps_nothing_else_from_being_recovered(self, one, two, when):
        goes_up(one, two, "doc", "new")
        with two.disk.power_cut(**{when: "publish"}):
            two.flush(Until.RESTORED)
        two.disk.unreadable.update(two.disk.staged)
        two.boot()
        assert set(two.hands.downloads.recover().dirty) >= {"doc", "new"}
        assert two.ledger.landings() == []
        two.disk.unreadable.clear()
        comes_back(two)
        assert everywhere(one, two) == {"doc": NEW, "new": NEW}
        assert two.disk.staged == []

    def test_loses_no_save_that_it_holds(self, one, two):
        """Its user saves just before the exchange that is undone by nobody: the save is under the staged name."""
        goes_up(one, two, "doc")
        with two.disk.power_cut(after="publish"):
            two.flush(Until.RESTORED)
        (staged,) = two.disk.staged
        two.disk.write(staged, b"a save")
        two.disk.unreadable.add(staged)
        two.boot()
        two.hands.downloads.recover()
        two.disk.unreadable.clear()
        comes_back(two)
        found = everywhere(one, two)
        (copy,) = (path for path in found if is_copy(path))
        assert found == {"doc": NEW, copy: b"a save"}

    def test_is_no_missing_root(self, one, two):
        """What a start without the disk cannot tell, the next one can."""
        goes_up(one, two, "doc")
        with two.disk.power_cut(after="publish"):
            two.flush(Until.RESTORED)
        two.disk.root = None
        with pytest.raises(RootLost):
            two.hands.downloads.recover()
        assert [one.path for one in two.ledger.landings()] == ["doc"]

    def test_goes_when_it_was_never_finished(self, two):
        name = f"{PART_PREFIX}1"
        two.disk.write(name, b"cut off")
        two.disk.unreadable.add(name)
        two.hands.downloads.leftover(name)
        assert two.disk.staged == []


def test_a_directory_named_like_an_unfinished_file_makes_none_of_what_is_in_it(one, two):
    folder = f"a{PART_PREFIX}b"
    two.disk.write(f"{folder}/{STAGED_PREFIX}1", b"a save")
    comes_back(two)
    assert b"a save" in everywhere(one, two).values()


class TestOnARealDisk:
    """ext4 writes names before bytes, where nobody asks for the bytes."""

    @pytest.fixture
    def image(self):
        with small_disks.ext4_image() as found:
            yield found

    def test_a_power_cut_leaves_the_bytes_of_what_was_exchanged(self, world, one, image, monkeypatch):
        two = world.machine("two")
        two.disk = RealDisk(image.root)
        two.boot()
        two.flush(Until.RESTORED)
        goes_up(one, two, "doc")
        publish = RealDisk.publish
        cut = image.file.with_suffix(".cut")

        def published(disk, *how):
            displaced = publish(disk, *how)
            fd = os.open(image.root / "other", os.O_CREAT | os.O_WRONLY)
            os.fsync(fd)  # the journal's next commit
            os.close(fd)
            shutil.copyfile(image.file, cut)
            return displaced

        monkeypatch.setattr(RealDisk, "publish", published)
        two.flush(Until.RESTORED)
        with small_disks.mounted(cut) as root:
            assert (root / "doc").read_bytes() == NEW
