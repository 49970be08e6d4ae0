"""What base.py promises, as tests over any Disk. A subclass gives the fixtures `disk` and `user`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from blake3 import blake3

from holdall.errors import DiskFull, Moved, RootLost, Unreadable
from holdall.local.base import STAGED_PREFIX, Disk
from holdall.model import Seen, SeenAs

MTIME = 1_700_000_000_123_456_789
ABSENT = Seen("", SeenAs.ABSENT)


def names(disk: Disk, under: str = "", **how: Any) -> list[str]:
    return [seen.path for seen in disk.scan(under, **how)]


def seen(disk: Disk, path: str) -> Seen:
    (found,) = disk.look([path])
    return found


def staged(disk: Disk, path: str, data: bytes, *, mode: int = 0o644) -> str:
    new = disk.stage(path)
    new.write(0, data)
    new.finish(mode=mode, mtime_ns=MTIME)
    return new.name


def content(disk: Disk, path: str) -> bytes:
    reader = disk.open(path)
    data = reader.read(0, 1 << 20)
    reader.close()
    return data


class DiskContract:
    """Hooks for what a subclass does its own way."""

    def as_user(self, call: Callable[[], Any]) -> Any:
        """As somebody to whom permissions mean something."""
        return call()

    def lose_root(self, disk: Any) -> None:
        raise NotImplementedError

    def full(self, disk: Any) -> AbstractContextManager[None]:
        """A disk with room for less than 64 KiB."""
        raise NotImplementedError

    def open_for_writing(self, disk: Any, path: str) -> AbstractContextManager[None]:
        raise NotImplementedError

    # -- identity

    def test_the_root_stays_itself(self, disk):
        assert disk.identity() == disk.identity()

    def test_a_missing_root_is_told_by_every_step(self, disk, user):
        user.write("a", b"1")
        was = seen(disk, "a")
        self.lose_root(disk)
        for step in (
            disk.identity,
            lambda: list(disk.scan()),
            lambda: list(disk.look(["a"])),
            lambda: disk.open("a"),
            lambda: disk.stage("b"),
            lambda: disk.take("a", was),
            lambda: disk.make_dir("d", 0o755),
            lambda: disk.rename("a", "b"),
            disk.sync,
        ):
            with pytest.raises(RootLost):
                step()

    # -- scan

    def test_scan_is_in_the_order_of_the_paths_as_strings(self, disk, user):
        for path in ("a/b", "a-b/x", "a.c", "a/0", "b", "a/b0", "a0", "A", "ä/x", "a/c/d/e", "a-"):
            user.write(path, b"")
        found = names(disk)
        assert found == sorted(found)
        assert found == [
            "A",
            "a",
            "a-",
            "a-b",
            "a-b/x",
            "a.c",
            "a/0",
            "a/b",
            "a/b0",
            "a/c",
            "a/c/d",
            "a/c/d/e",
            "a0",
            "b",
            "ä",
            "ä/x",
        ]

    def test_scan_says_what_each_path_is(self, disk, user):
        user.write("file", b"four")
        user.mkdir("dir", 0o750)
        user.symlink("link", "file")
        user.symlink("nowhere", "../../etc")
        user.mkfifo("fifo")
        found = {one.path: one for one in disk.scan()}
        assert {path: str(one.what) for path, one in found.items()} == {
            "file": "file", "dir": "dir", "link": "symlink", "nowhere": "symlink", "fifo": "special",
        }  # fmt: skip
        assert found["file"].stamp.size == 4
        assert found["dir"].stamp.mode == 0o750
        assert found["nowhere"].target == "../../etc"
        assert found["fifo"].reason == "a FIFO"

    def test_scan_never_follows_a_link(self, disk, user):
        user.write("dir/file", b"")
        user.symlink("link", "dir")
        assert names(disk) == ["dir", "dir/file", "link"]
        assert names(disk, "link") == []

    def test_scan_below_a_directory(self, disk, user):
        for path in ("a/b/c", "a/d", "ab/c", "b"):
            user.write(path, b"")
        assert names(disk, "a") == ["a/b", "a/b/c", "a/d"]
        assert names(disk, "a/b") == ["a/b/c"]
        assert names(disk, "gone") == names(disk, "b") == names(disk, "b/below/a/file") == []

    def test_what_is_skipped_is_not_entered(self, disk, user):
        for path in ("keep/a", "skip/b/c", "d/skip", "keep/skip/x"):
            user.write(path, b"")
        asked = []

        def skip(path, is_dir):
            asked.append((path, is_dir))
            return path.endswith("skip")

        assert names(disk, skip=skip) == ["d", "keep", "keep/a"]
        assert ("skip", True) in asked
        assert ("d/skip", False) in asked
        assert not any(path.startswith("skip/") for path, _ in asked)

    def test_a_staged_file_is_a_leftover(self, disk, user):
        name = staged(disk, "d/a", b"1")
        assert [one for one in disk.scan() if one.path != "d"] == [Seen(name, SeenAs.LEFTOVER)]
        assert seen(disk, name) == Seen(name, SeenAs.LEFTOVER)

    def test_a_name_too_long_for_a_key_is_odd_and_not_entered(self, disk, user):
        path = "/".join(["x" * 200] * 4)
        user.write(f"{path}/{'y' * 30}/z", b"")
        *_, last = disk.scan()
        assert last.what is SeenAs.ODD_NAME
        assert last.path == f"{path}/{'y' * 30}"
        assert "834 bytes" in last.reason
        assert seen(disk, last.path).what is SeenAs.ODD_NAME

    def test_control_characters_are_no_oddity_but_take_room(self, disk, user):
        path = "\n" * 200
        user.write(f"{path}/{'a' * 223}", b"")
        user.write(f"{path}/{'a' * 224}", b"")
        assert [str(one.what) for one in disk.scan()] == ["dir", "file", "odd-name"]

    def test_names_that_xml_cannot_carry_are_odd(self, disk, user):
        user.write("a\ufffe", b"")
        user.write("b\uffff/c", b"")
        found = list(disk.scan())
        assert [(one.path, str(one.what)) for one in found] == [
            ("a\\ufffe", "odd-name"),
            ("b\\uffff", "odd-name"),
        ]
        assert "XML" in found[0].reason

    def test_an_unreadable_directory_hides_what_is_below(self, disk, user):
        user.write("a/secret/file", b"")
        user.write("a/z", b"")
        user.chmod("a/secret", 0)
        found = self.as_user(lambda: list(disk.scan()))
        assert [(one.path, str(one.what)) for one in found] == [
            ("a", "dir"),
            ("a/secret", "unreadable"),
            ("a/z", "file"),
        ]
        assert found[1].reason == "permission denied"
        assert self.as_user(lambda: list(disk.scan("a/secret"))) == [found[1]]
        looked = self.as_user(lambda: list(disk.look(["a/secret", "a/secret/file"])))
        assert [one.what for one in looked] == [SeenAs.UNREADABLE, SeenAs.UNREADABLE]

    def test_modes_come_without_setuid_setgid_and_sticky(self, disk, user):
        user.write("a", b"")
        user.chmod("a", 0o755)
        assert seen(disk, "a").stamp.mode == 0o755

    # -- look

    def test_look_answers_in_the_order_asked(self, disk, user):
        user.write("b/c", b"1")
        user.write("a", b"")
        asked = ["b/c", "gone", "a", "b", "a/below-a-file", "gone/x"]
        found = list(disk.look(asked))
        assert [one.path for one in found] == asked
        assert [str(one.what) for one in found] == ["file", "absent", "file", "dir", "absent", "absent"]

    def test_look_sees_what_scan_sees(self, disk, user):
        user.write("a/b", b"1")
        user.symlink("a/c", "b")
        user.mkfifo("a/d")
        found = list(disk.scan())
        assert list(disk.look([one.path for one in found])) == found

    def test_nothing_is_below_a_symlink(self, disk, user):
        user.write("dir/file", b"")
        user.symlink("link", "dir")
        assert seen(disk, "link/file").what is SeenAs.ABSENT

    def test_a_changed_stamp_shows_every_change(self, disk, user):
        user.write("a", b"1")
        stamps = [seen(disk, "a").stamp]
        for change in (
            lambda: user.write("a", b"22"),
            lambda: user.replace("a", b"33"),
            lambda: user.chmod("a", 0o600),
        ):
            change()
            stamps.append(seen(disk, "a").stamp)
        assert len(set(stamps)) == 4

    # -- open

    def test_a_reader_has_the_stamp_and_the_bytes(self, disk, user):
        user.write("a", b"0123456789")
        reader = disk.open("a")
        assert reader.stamp == seen(disk, "a").stamp
        assert reader.read(0, 4) == b"0123"
        assert reader.read(8, 4) == b"89"
        assert reader.read(10, 4) == b""
        assert not reader.moved()
        reader.close()

    @pytest.mark.parametrize("how", ["longer", "replaced", "deleted", "renamed", "mode", "parent"])
    def test_a_reader_notices_a_move(self, disk, user, how):
        user.write("d/a", b"1")
        reader = disk.open("d/a")
        {
            "longer": lambda: user.write("d/a", b"22"),
            "replaced": lambda: user.replace("d/a", b"1"),
            "deleted": lambda: user.delete("d/a"),
            "renamed": lambda: user.move("d/a", "b"),
            "mode": lambda: user.chmod("d/a", 0o600),
            "parent": lambda: user.move("d", "e"),
        }[how]()
        assert reader.moved()
        reader.close()

    def test_only_files_are_opened(self, disk, user):
        user.mkdir("dir")
        user.write("target/file", b"")
        user.symlink("link", "target/file")
        user.symlink("dirlink", "target")
        user.mkfifo("fifo")
        for path in ("dir", "link", "dirlink/file", "fifo", "gone", "gone/x", "target/file/x"):
            with pytest.raises(Moved):
                disk.open(path)

    def test_what_may_not_be_read_is_unreadable(self, disk, user):
        user.write("a", b"1")
        user.chmod("a", 0)
        assert seen(disk, "a").what is SeenAs.FILE
        with pytest.raises(Unreadable):
            self.as_user(lambda: disk.open("a"))

    # -- stage

    def test_a_staged_file_lies_beside_its_target(self, disk):
        new = disk.stage("d/e/a")
        assert new.name.startswith(f"d/e/{STAGED_PREFIX}")
        assert names(disk) == ["d", "d/e", new.name]
        assert disk.stage("d/e/a").name != new.name

    def test_a_staged_file_takes_its_parts_in_any_order(self, disk):
        new = disk.stage("a")
        new.write(4, b"4567")
        new.write(0, b"0123")
        digest = new.finish(mode=0o640, mtime_ns=MTIME)
        assert digest == blake3(b"01234567").hexdigest() == disk.staged_digest(new.name)
        disk.publish(new.name, "a", ABSENT)
        stamp = seen(disk, "a").stamp
        assert (stamp.size, stamp.mode, stamp.mtime_ns) == (8, 0o640, MTIME)

    def test_no_setuid_arrives(self, disk):
        disk.publish(staged(disk, "a", b"", mode=0o6755), "a", ABSENT)
        assert seen(disk, "a").stamp.mode == 0o755

    def test_a_discarded_file_is_gone(self, disk):
        disk.stage("a").discard()
        new = disk.stage("a")
        new.finish(mode=0o644, mtime_ns=MTIME)
        new.discard()
        new.discard()
        assert names(disk) == []

    def test_no_staging_below_what_is_no_directory(self, disk, user):
        user.write("file", b"")
        user.mkdir("dir")
        user.symlink("link", "dir")
        for path in ("file/a", "link/a", "link/b/c"):
            with pytest.raises(Moved):
                disk.stage(path)
            with pytest.raises(Moved):
                disk.stage_link(path, "x")
        assert names(disk) == ["dir", "file", "link"]

    def test_a_staged_link(self, disk):
        name = disk.stage_link("d/a", "../away")
        assert disk.staged_digest(name) == blake3(b"../away").hexdigest()
        disk.publish(name, "d/a", ABSENT)
        assert seen(disk, "d/a")[:2] == ("d/a", SeenAs.SYMLINK)
        assert seen(disk, "d/a").target == "../away"

    def test_no_staged_file_has_no_digest(self, disk):
        assert disk.staged_digest(f"{STAGED_PREFIX}1") is None
        assert disk.staged_digest(f"gone/{STAGED_PREFIX}1") is None

    def test_a_full_disk(self, disk, user):
        user.write("a", b"old")
        new = disk.stage("b")
        with self.full(disk), pytest.raises(DiskFull):
            new.write(0, bytes(1 << 16))
        new.discard()
        assert user.files() == {"a": b"old"}

    # -- publish

    def test_publish_where_nothing_was(self, disk, user):
        assert disk.publish(staged(disk, "d/a", b"new"), "d/a", ABSENT) is None
        assert names(disk) == ["d", "d/a"]
        assert user.read("d/a") == b"new"

    @pytest.mark.parametrize("what", ["file", "dir", "link"])
    def test_publish_never_covers_what_came_since(self, disk, user, what):
        name = staged(disk, "a", b"new")
        {
            "file": lambda: user.write("a", b"mine"),
            "dir": lambda: user.mkdir("a"),
            "link": lambda: user.symlink("a", "x"),
        }[what]()
        was = seen(disk, "a")
        with pytest.raises(Moved):
            disk.publish(name, "a", ABSENT)
        assert seen(disk, "a") == was
        assert disk.staged_digest(name) == blake3(b"new").hexdigest()

    def test_publish_exchanges(self, disk, user):
        user.write("d/a", b"old")
        aside = disk.publish(staged(disk, "d/a", b"new"), "d/a", seen(disk, "d/a"))
        assert user.read("d/a") == b"new"
        assert aside is not None
        assert aside.startswith(f"d/{STAGED_PREFIX}")
        assert disk.staged_digest(aside) == blake3(b"old").hexdigest()
        assert names(disk) == sorted(["d", "d/a", aside])

    def test_publish_exchanges_links_too(self, disk, user):
        user.symlink("a", "old")
        aside = disk.publish(disk.stage_link("a", "new"), "a", seen(disk, "a"))
        assert seen(disk, "a").target == "new"
        assert disk.staged_digest(aside) == blake3(b"old").hexdigest()
        disk.publish(staged(disk, "a", b"file"), "a", seen(disk, "a"))
        assert user.read("a") == b"file"

    @pytest.mark.parametrize("how", ["written", "replaced", "mode", "deleted", "dir", "link"])
    def test_publish_never_displaces_what_changed_since(self, disk, user, how):
        user.write("a", b"old")
        was = seen(disk, "a")
        name = staged(disk, "a", b"new")
        {
            "written": lambda: user.write("a", b"OLD"),
            "replaced": lambda: user.replace("a", b"old"),
            "mode": lambda: user.chmod("a", 0o600),
            "deleted": lambda: user.delete("a"),
            "dir": lambda: (user.delete("a"), user.mkdir("a")),
            "link": lambda: (user.delete("a"), user.symlink("a", "x")),
        }[how]()
        now = seen(disk, "a")
        with pytest.raises(Moved):
            disk.publish(name, "a", was)
        with pytest.raises(Moved):
            disk.take("a", was)
        with pytest.raises(Moved):
            disk.set_meta("a", was, mode=0o644, mtime_ns=None)
        assert seen(disk, "a") == now
        assert disk.staged_digest(name) == blake3(b"new").hexdigest()

    def test_a_directory_is_never_displaced(self, disk, user):
        user.write("a/b", b"")
        with pytest.raises(Moved):
            disk.publish(staged(disk, "a", b"new"), "a", seen(disk, "a"))
        with pytest.raises(Moved):
            disk.take("a", seen(disk, "a"))
        assert "a/b" in names(disk)

    def test_nothing_is_displaced_while_it_is_written(self, disk, user):
        user.write("a", b"old")
        name = staged(disk, "a", b"new")
        with self.open_for_writing(disk, "a"):
            was = seen(disk, "a")
            for step in (
                lambda: disk.publish(name, "a", was),
                lambda: disk.take("a", was),
                lambda: disk.set_meta("a", was, mode=0o600, mtime_ns=1),
            ):
                with pytest.raises(Moved, match="open for writing"):
                    step()
        assert seen(disk, "a") == was
        disk.publish(name, "a", was)

    def test_publishing_what_is_not_staged_any_more(self, disk, user):
        user.write("a", b"old")
        name = staged(disk, "a", b"new")
        disk.drop(name)
        for path in ("a", "b"):
            with pytest.raises(Moved):
                disk.publish(name, path, seen(disk, path))
        assert user.files() == {"a": b"old"}

    # -- take, keep, drop

    def test_take_and_keep(self, disk, user):
        user.write("d/a", b"mine")
        aside = disk.take("d/a", seen(disk, "d/a"))
        assert aside.startswith(f"d/{STAGED_PREFIX}")
        assert seen(disk, "d/a").what is SeenAs.ABSENT
        disk.keep(aside, "e/a (conflict)")
        assert user.files() == {"e/a (conflict)": b"mine"}

    def test_take_a_link(self, disk, user):
        user.symlink("a", "x")
        aside = disk.take("a", seen(disk, "a"))
        assert disk.staged_digest(aside) == blake3(b"x").hexdigest()

    def test_keep_never_covers_anything(self, disk, user):
        user.write("a", b"mine")
        name = staged(disk, "a", b"other")
        with pytest.raises(Moved):
            disk.keep(name, "a")
        assert user.read("a") == b"mine"
        assert disk.staged_digest(name) is not None

    def test_drop(self, disk):
        name = staged(disk, "a", b"1")
        disk.drop(name)
        disk.drop(name)
        disk.drop(f"gone/{STAGED_PREFIX}1")
        assert names(disk) == []

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
