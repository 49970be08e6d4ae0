"""What base.py promises of modes, directories and renames."""

import pytest
from tests.local.asking import MTIME, content, names, seen
from tests.local.hooks import Hooks

from holdall.errors import Moved


class TreeContract(Hooks):
    # -- meta

    def test_set_meta_of_a_file(self, disk, user):
        user.write("a", b"1")
        after = disk.set_meta("a", seen(disk, "a"), mode=0o4750, mtime_ns=MTIME)
        assert after == seen(disk, "a")
        assert (after.stamp.mode, after.stamp.mtime_ns) == (0o750, MTIME)
        again = disk.set_meta("a", after, mode=0o644, mtime_ns=None)
        assert (again.stamp.mode, again.stamp.mtime_ns) == (0o644, MTIME)

    def test_set_meta_of_a_directory_whose_content_moved(self, disk, user):
        user.mkdir("d", 0o755)
        was = seen(disk, "d")
        user.write("d/new", b"")
        after = disk.set_meta("d", was, mode=0o700, mtime_ns=None)
        assert after == seen(disk, "d")
        assert after.stamp.mode == 0o700
        with pytest.raises(Moved):
            disk.set_meta("d", was, mode=0o755, mtime_ns=None)

    def test_set_meta_of_a_link_is_refused(self, disk, user):
        user.symlink("a", "x")
        with pytest.raises(Moved):
            disk.set_meta("a", seen(disk, "a"), mode=0o600, mtime_ns=None)

    # -- directories

    def test_make_dir(self, disk):
        disk.make_dir("a/b/c", 0o750)
        assert [seen(disk, path).stamp.mode for path in ("a", "a/b", "a/b/c")] == [0o755, 0o755, 0o750]
        disk.make_dir("a/b/c", 0o700)
        assert seen(disk, "a/b/c").stamp.mode == 0o750

    def test_make_dir_where_something_else_is(self, disk, user):
        user.write("file", b"")
        user.mkdir("dir")
        user.symlink("link", "dir")
        for path in ("file", "link", "file/x", "link/x"):
            with pytest.raises(Moved):
                disk.make_dir(path, 0o755)
        assert names(disk) == ["dir", "file", "link"]

    def test_remove_dir(self, disk, user):
        user.write("a/b/c", b"")
        assert not disk.remove_dir("a/b")
        user.delete("a/b/c")
        assert disk.remove_dir("a/b")
        assert disk.remove_dir("a/b")
        assert disk.remove_dir("gone/x")
        assert names(disk) == ["a"]

    def test_only_directories_are_removed_as_such(self, disk, user):
        user.write("file", b"")
        user.symlink("link", "gone")
        for path in ("file", "link"):
            with pytest.raises(Moved):
                disk.remove_dir(path)

    # -- rename

    def test_rename(self, disk, user):
        user.write("a/b/c", b"1")
        user.symlink("l", "x")
        disk.rename("a", "d/e")
        disk.rename("l", "d/l")
        disk.rename("d/e/b/c", "f")
        assert names(disk) == ["d", "d/e", "d/e/b", "d/l", "f"]

    def test_rename_never_covers_anything(self, disk, user):
        for path in ("a/x", "b/y", "c"):
            user.write(path, path.encode())
        user.mkdir("empty")
        before = names(disk)
        for source, target in (
            ("a", "b"),
            ("a", "c"),
            ("c", "a"),
            ("a", "empty"),
            ("gone", "new/x"),
            ("a", "a/x/y"),
            ("a", "a"),
        ):
            with pytest.raises(Moved):
                disk.rename(source, target)
        assert names(disk) == before

    def test_sync(self, disk, user):
        user.write("a", b"1")
        disk.sync()
        assert content(disk, "a") == b"1"
