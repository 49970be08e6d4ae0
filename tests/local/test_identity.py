"""Which directory it is, whatever its path."""

import shutil

import pytest

from holdall.local.identity import identity_of


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "a"
    found.mkdir()
    (found / "file").write_text("1")
    return found


def test_it_goes_with_the_directory(path):
    before = identity_of(path)
    moved = path.rename(path.with_name("b"))
    (moved / "file").unlink()
    (moved / "other").touch()
    assert identity_of(moved) == before
    link = path.with_name("link")
    link.symlink_to(moved)
    assert identity_of(link) == before


def test_a_copy_is_another(path):
    copy = shutil.copytree(path, path.with_name("b"))
    assert identity_of(copy) != identity_of(path)


def test_it_is_born_once(path):
    """Where the file system tells: the inode of one that is gone is given to the next."""
    born_ns = identity_of(path).born_ns
    later = path.with_name("later")
    later.mkdir()
    assert abs(born_ns - path.stat().st_mtime_ns) < 60e9 or born_ns == 0
    assert identity_of(later).born_ns >= born_ns


def test_there_is_none_where_there_is_no_directory(path):
    assert identity_of(path / "file") is None
    assert identity_of(path / "gone") is None
    assert identity_of(path / "file" / "below") is None
