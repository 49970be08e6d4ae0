"""Two processes never work in one directory, by whatever name they have it."""

import os
import subprocess

import pytest

from holdall.daemon.attachment import Attachment
from holdall.daemon.pool import Pool
from holdall.daemon.spec import Spec
from holdall.errors import Locked
from holdall.store.memory import MemoryStore


class Desk:
    """Each `attach` is a process of its own, as far as locks tell; `notes` has `root`."""

    def __init__(self, base):
        self.root = base / "work"
        self.root.mkdir()
        self._state = base / "state"
        self._pool = Pool(4)
        self._attached = []
        self.notes = self.attach(self.root, "notes")

    def attach(self, path, context="other"):
        found = Attachment(Spec(context, path), MemoryStore(), self._state, self._pool)
        self._attached.append(found)
        return found

    def refused(self, path, context="other"):
        with pytest.raises(Locked) as caught:
            self.attach(path, context)
        return caught.value.message

    def leave(self, attached):
        self._attached.remove(attached)
        attached.stop()

    def close(self):
        for one in self._attached:
            one.stop()
        self._pool.shutdown()


@pytest.fixture
def desk(tmp_path):
    found = Desk(tmp_path)
    yield found
    found.close()


def test_another_context_in_the_same_directory(desk):
    assert desk.refused(desk.root) == f"{desk.root} is mounted already, as notes, by another holdall process"


def test_by_a_symlink(desk, tmp_path):
    (tmp_path / "link").symlink_to("work")
    assert "is mounted already, as notes" in desk.refused(tmp_path / "link")
    assert "is mounted already, as notes" in desk.refused(tmp_path / "link", "notes")


def test_by_another_mount_of_its_file_system(desk, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    if subprocess.run(["mount", "--bind", desk.root, again], capture_output=True, check=False).returncode:
        pytest.skip("needs to mount")
    try:
        assert "is mounted already, as notes" in desk.refused(again)
    finally:
        subprocess.run(["umount", again], check=True)


def test_inside_and_around_it(desk, tmp_path):
    (desk.root / "src").mkdir()
    assert f"lies inside {desk.root}, the mount of notes" in desk.refused(desk.root / "src")
    assert f"contains {desk.root}, the mount of notes" in desk.refused(tmp_path)


def test_the_same_context_twice(desk):
    assert "notes is already mounted at" in desk.refused(desk.root, "notes")


def test_beside_it_is_free_also_for_the_same_context(desk, tmp_path):
    for name in ("work2", "notes"):
        (tmp_path / name).mkdir()
    beside = [desk.attach(tmp_path / "work2"), desk.attach(tmp_path / "notes", "notes")]
    assert len({one.file for one in (desk.notes, *beside)}) == 3
    assert "is mounted already, as other" in desk.refused(tmp_path / "work2", "third")


def test_whoever_was_refused_holds_nothing(desk):
    desk.refused(desk.root)
    desk.leave(desk.notes)
    desk.attach(desk.root, "third")
    assert desk.refused(desk.root) == f"{desk.root} is mounted already, as third, by another holdall process"


def test_a_process_that_died_holds_nothing(desk, tmp_path):
    """Its lock file is there, and says what it had."""
    desk.leave(desk.notes)
    (left,) = (tmp_path / "state" / "mounts").glob("notes-*.lock")
    assert left.read_text() == f"notes\n{desk.root}"
    desk.attach(desk.root)


def test_a_name_that_is_no_text(desk, tmp_path):
    odd = tmp_path / os.fsdecode(b"\xff\n\xfe")
    odd.mkdir()
    desk.attach(odd, "odd")
    assert "is mounted already, as odd" in desk.refused(odd)
