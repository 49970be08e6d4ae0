"""What base.py promises of looking and reading."""

import pytest
from tests.local.asking import names, seen, staged
from tests.local.hooks import Hooks

from holdall.errors import Moved, RootLost, Unreadable
from holdall.model import Seen, SeenAs


class LookingContract(Hooks):
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

    def test_of_a_file_with_an_odd_name_the_size_is_known(self, disk, user):
        user.write("a\ufffe", b"12345")
        user.write("b\ufffe/c", b"1")
        assert [one.stamp and one.stamp.size for one in disk.scan()] == [5, None]
        assert seen(disk, "a\ufffe").stamp.size == 5

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
