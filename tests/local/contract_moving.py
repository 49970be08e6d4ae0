"""What base.py promises of staged files: how they come about, and how they change places with users' files."""

import pytest
from blake3 import blake3
from tests.local.asking import ABSENT, MTIME, names, seen, staged
from tests.local.hooks import Hooks

from holdall.errors import DiskFull, Moved
from holdall.keys import STAGED_PREFIX
from holdall.model import SeenAs


class MovingContract(Hooks):
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
        digest = new.finish(mode=0o640, mtime_ns=MTIME).digest
        assert digest == blake3(b"01234567").hexdigest() == disk.staged_digest(new.name)
        disk.publish(new.name, "a", ABSENT)
        stamp = seen(disk, "a").stamp
        assert (stamp.size, stamp.mode, stamp.mtime_ns) == (8, 0o640, MTIME)

    def test_a_sealed_file_keeps_its_name_until_it_is_published(self, disk):
        new = disk.stage("a")
        new.write(0, b"1")
        name = new.name
        given = new.seal(mode=0o640, mtime_ns=MTIME)
        assert (given.mode, given.mtime_ns, new.name) == (0o640, MTIME, name)
        disk.publish(name, "a", ABSENT)
        stamp = seen(disk, "a").stamp
        assert (stamp.size, stamp.mode, stamp.mtime_ns) == (1, 0o640, MTIME)

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
