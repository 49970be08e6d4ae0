import os
import resource
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, strategies as st
from tests.local.contract import ABSENT, DiskContract, names, seen, staged
from tests.local.hands import NOBODY, Hands, as_nobody, open_files

from holdall.errors import DiskFull, LocalError, Moved, RootLost, Unreadable
from holdall.local import descent, rename, swap
from holdall.local.base import STAGED_PREFIX
from holdall.local.disk import RealDisk
from holdall.local.memory import MemoryDisk
from holdall.model import SeenAs


@pytest.fixture
def root():
    """Not pytest's own: somebody else must be able to pass through."""
    path = Path(tempfile.mkdtemp(prefix="holdall-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def disk(root):
    return RealDisk(root)


@pytest.fixture
def user(root):
    return Hands(root)


class TestRealDisk(DiskContract):
    def as_user(self, call):
        return as_nobody(call)

    def lose_root(self, disk):
        disk.identity()
        root = Path(disk._root.path)
        root.rename(root.with_name(f"{root.name}-away"))
        shutil.rmtree(root.with_name(f"{root.name}-away"))

    @contextmanager
    def full(self, disk):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 15, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def open_for_writing(self, disk, path):
        return Hands(Path(disk._root.path)).open_for_writing(path)


class TestWithoutTheKernelsHelp(TestRealDisk):
    """A system or file system without openat2, renameat2's flags and leases."""

    @pytest.fixture(autouse=True)
    def plain(self, monkeypatch):
        monkeypatch.setattr(descent, "_open", descent._step_by_step)
        monkeypatch.setattr(rename, "_CALL", None)


# -- names


def test_a_name_that_is_not_utf8_is_told_and_the_rest_goes_on(disk, user, root):
    user.write("a", b"")
    (root / os.fsdecode(b"b\xff")).mkdir()
    user.write("c", b"")
    (root / "link").symlink_to(os.fsdecode(b"\xff"))
    found = list(disk.scan())
    assert [(one.path, str(one.what)) for one in found] == [
        ("a", "file"), ("b\\udcff", "odd-name"), ("c", "file"), ("link", "odd-name"),
    ]  # fmt: skip
    assert found[1].reason == "the name is not UTF-8"
    assert found[3].reason == "the symlink's target is not UTF-8"


def test_an_odd_name_shown_like_a_real_one_hides_nothing(disk, user, root):
    user.write("b\\udcff", b"")
    (root / os.fsdecode(b"b\xff")).mkdir()
    assert [(one.path, str(one.what)) for one in disk.scan()] == [
        ("b\\udcff", "file"),
        ("b\\udcff", "odd-name"),
    ]


def test_modes_come_without_setuid_setgid_and_sticky(disk, user, root):
    user.mkdir("d")
    (root / "d").chmod(0o3775)
    assert seen(disk, "d").stamp.mode == 0o775
    disk.set_meta("d", seen(disk, "d"), mode=0o770, mtime_ns=None)
    assert stat.S_IMODE((root / "d").stat().st_mode) == 0o3770  # they are not carried, and not taken away


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/etc/x", "a//b", "./a", "a\0b", ""])
def test_what_is_no_path_is_refused(disk, user, path):
    user.mkdir("a")
    for step in (
        disk.stage,
        disk.open,
        lambda path: disk.make_dir(path, 0o755),
        lambda path: disk.rename("a", path),
    ):
        with pytest.raises(LocalError):
            step(path)
    assert names(disk) == ["a"]


def test_only_staged_names_are_dropped_or_published(disk, user):
    user.write("a", b"mine")
    for step in (disk.drop, lambda name: disk.publish(name, "b", ABSENT), lambda name: disk.keep(name, "b")):
        with pytest.raises(Moved):
            step("a")
    assert user.files() == {"a": b"mine"}


# -- depth


def test_a_walk_through_a_deep_tree_holds_few_directories(disk, user):
    deep = "/".join("d" * 1 for _ in range(400))
    user.write(f"{deep}/f", b"")
    user.write("d/d-side/x", b"")
    user.write("/".join("d" for _ in range(100)) + "-/y", b"")
    before = open_files()
    most = 0
    found = []
    for one in disk.scan():
        found.append(one.path)
        most = max(most, len(open_files() - before))
    assert found == sorted(found)
    assert len(found) == 405
    assert most < 40


def test_a_walk_that_is_given_up_leaves_nothing_open(disk, user):
    user.write("a/b/c", b"")
    before = open_files()
    walk = disk.scan()
    next(walk)
    walk.close()
    assert open_files() == before


def test_no_step_leaves_anything_open(disk, user):
    user.write("d/a", b"old")
    before = open_files()
    was = seen(disk, "d/a")
    aside = disk.publish(staged(disk, "d/a", b"new"), "d/a", was)
    with pytest.raises(Moved):
        disk.take("d/a", was)
    with pytest.raises(Moved):
        disk.open("d")
    with pytest.raises(Moved):
        disk.make_dir("d/a/b", 0o755)
    disk.keep(aside, "e/f/g")
    disk.sync()
    disk.stage("x").discard()
    assert open_files() == before


# -- the root


def test_another_directory_at_the_root_is_a_lost_root(disk, root):
    disk.identity()
    root.rename(root.with_name(f"{root.name}-away"))
    root.mkdir()
    with pytest.raises(RootLost, match="another directory"):
        list(disk.scan())
    RealDisk(root).identity()
    shutil.rmtree(root.with_name(f"{root.name}-away"))


def test_an_unreadable_root_is_no_empty_one(disk, user, root):
    user.write("a", b"")
    root.chmod(0o711)
    with pytest.raises(Unreadable):
        as_nobody(lambda: list(disk.scan()))


@pytest.mark.parametrize("what", ["file", "nothing"])
def test_a_root_that_is_no_directory(root, what):
    path = root / "x"
    if what == "file":
        path.write_bytes(b"")
    with pytest.raises(RootLost):
        RealDisk(path).identity()


# -- what is swapped in on the way


@pytest.mark.parametrize("how", ["openat2", "step by step"])
def test_a_link_swapped_in_for_a_parent_leads_nowhere(disk, user, root, tmp_path, monkeypatch, how):
    if how == "step by step":
        monkeypatch.setattr(descent, "_open", descent._step_by_step)
    for where in (root, tmp_path):
        (where / "d/e").mkdir(parents=True)
        (where / "d/e/a").write_bytes(b"secret")
    was = seen(disk, "d/e/a")
    name = staged(disk, "d/e/a", b"new")
    (tmp_path / name).write_bytes(b"outside")
    (root / "d").rename(root / "real")
    (root / "d").symlink_to(tmp_path / "d")
    reader_steps = (
        lambda: disk.open("d/e/a"),
        lambda: disk.stage("d/e/b"),
        lambda: disk.stage("d/new/b"),
        lambda: disk.publish(name, "d/e/a", was),
        lambda: disk.publish(name, "d/e/b", ABSENT),
        lambda: disk.take("d/e/a", was),
        lambda: disk.keep(name, "kept"),
        lambda: disk.set_meta("d/e/a", was, mode=0o600, mtime_ns=1),
        lambda: disk.make_dir("d/e/f", 0o755),
        lambda: disk.make_dir("d", 0o755),
        lambda: disk.rename("d/e/a", "b"),
        lambda: disk.rename("real/e/a", "d/e/z"),
    )
    for step in reader_steps:
        with pytest.raises(Moved):
            step()
    disk.drop(name)
    assert disk.remove_dir("d/e")  # it is gone from here
    assert disk.staged_digest(name) is None
    assert list(disk.scan("d/e")) == []
    assert seen(disk, "d/e/a").what is SeenAs.ABSENT
    assert {path.name for path in (tmp_path / "d/e").iterdir()} == {"a", Path(name).name}
    assert (tmp_path / "d/e/a").read_bytes() == b"secret"


# -- races, shown by a save in the middle of a step


@pytest.fixture
def just_before(monkeypatch):
    """Does something of the user's right before the n-th call of one of swap's two moves."""

    def arrange(call: str, *acts):
        waiting = list(acts)
        real = getattr(swap, call)

        def raced(*args):
            if waiting and (act := waiting.pop(0)):
                act()
            return real(*args)

        monkeypatch.setattr(swap, call, raced)

    return arrange


def leftovers(disk, root) -> list[bytes]:
    return [(root / one.path).read_bytes() for one in disk.scan() if one.what is SeenAs.LEFTOVER]


@pytest.fixture
def no_leases(monkeypatch):
    """Then a save in place does not wait, and only the comparison can tell."""
    monkeypatch.setattr("fcntl.F_SETLEASE", -1)


SAVES = {
    "in place": lambda user: user.write("a", b"saved"),
    "by rename": lambda user: user.replace("a", b"saved"),
}


@pytest.mark.usefixtures("no_leases")
@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_a_save_before_the_exchange_is_put_back(disk, user, root, just_before, save):
    user.write("a", b"old")
    name = staged(disk, "a", b"new")
    just_before("exchange", lambda: save(user))
    with pytest.raises(Moved):
        disk.publish(name, "a", seen(disk, "a"))
    assert user.files() == {"a": b"saved"}
    assert leftovers(disk, root) == [b"new"]
    assert disk.staged_digest(name) is not None


def test_two_saves_around_the_exchange_are_both_kept(disk, user, root, just_before):
    user.write("a", b"old")
    name = staged(disk, "a", b"new")
    just_before("exchange", lambda: user.replace("a", b"first"), lambda: user.replace("a", b"second"))
    with pytest.raises(Moved):
        disk.publish(name, "a", seen(disk, "a"))
    disk.drop(name)
    assert user.files() == {"a": b"second"}
    assert leftovers(disk, root) == [b"first"]


def test_a_deletion_before_the_exchange_stays_one(disk, user, root, just_before):
    user.write("a", b"old")
    name = staged(disk, "a", b"new")
    just_before("exchange", lambda: user.delete("a"))
    with pytest.raises(Moved):
        disk.publish(name, "a", seen(disk, "a"))
    assert user.files() == {}
    assert leftovers(disk, root) == [b"new"]


@pytest.mark.usefixtures("no_leases")
@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_a_save_before_a_file_is_taken_is_put_back(disk, user, just_before, save):
    user.write("a", b"old")
    just_before("move", lambda: save(user))
    with pytest.raises(Moved):
        disk.take("a", seen(disk, "a"))
    assert user.files() == {"a": b"saved"}


def test_two_saves_around_a_take_are_both_kept(disk, user, root, just_before):
    user.write("a", b"old")
    just_before("move", lambda: user.replace("a", b"first"), lambda: user.write("a", b"second"))
    with pytest.raises(Moved):
        disk.take("a", seen(disk, "a"))
    assert user.files() == {"a": b"second"}
    assert leftovers(disk, root) == [b"first"]


@pytest.mark.parametrize("step", ["publish", "take"])
def test_a_writer_who_comes_during_the_step_has_it_undone(disk, user, root, just_before, step):
    """The writer waits in open() while the file is displaced, and then writes where it was."""
    user.write("a", b"old")
    was = seen(disk, "a")
    writer = []

    def come() -> None:
        writer.append(subprocess.Popen(["sh", "-c", "printf saved > a"], cwd=root))
        lease = Path("/proc/locks")
        inode = f":{was.stamp.inode} "
        while not any("BREAKING" in line and inode in line for line in lease.read_text().splitlines()):
            assert writer[0].poll() is None

    just_before("exchange" if step == "publish" else "move", come)
    name = staged(disk, "a", b"new")
    with pytest.raises(Moved):
        disk.publish(name, "a", was) if step == "publish" else disk.take("a", was)
    assert writer[0].wait(60) == 0
    assert user.files() == {"a": b"saved"}


def test_without_an_exchange_a_save_in_the_gap_stays(disk, user, root, monkeypatch):
    monkeypatch.setattr(rename, "_CALL", None)
    user.write("a", b"old")
    name = staged(disk, "a", b"new")
    real = swap.take

    def take(*args):
        aside = real(*args)
        user.write("a", b"saved")
        return aside

    monkeypatch.setattr(swap, "take", take)
    with pytest.raises(Moved):
        disk.publish(name, "a", seen(disk, "a"))
    assert user.files() == {"a": b"saved"}
    assert sorted(leftovers(disk, root)) == [b"new", b"old"]


def test_a_reader_notices_a_write_while_it_reads(disk, user):
    user.write("a", bytes(100))
    reader = disk.open("a")
    reader.read(0, 50)
    user.write("a", b"\1" * 100)
    reader.read(50, 50)
    assert reader.moved()
    reader.close()


# -- room


@pytest.fixture
def small_disk():
    """1 MiB of real file system; where one cannot be mounted, a process that may write no more than that."""
    path = Path(tempfile.mkdtemp(prefix="holdall-small-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], capture_output=True, check=False
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if mounted.returncode != 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    yield path
    if mounted.returncode == 0:
        subprocess.run(["umount", path], check=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    shutil.rmtree(path)


def test_a_full_disk_keeps_what_was_there(small_disk):
    disk, user = RealDisk(small_disk), Hands(small_disk)
    user.write("a", b"old")
    new = disk.stage("a")
    with pytest.raises(DiskFull) as raised:
        new.write(0, bytes(1 << 21))
    assert raised.value.path == "a"
    new.discard()
    assert user.files() == {"a": b"old"}
    disk.sync()
    disk.publish(staged(disk, "a", b"new"), "a", seen(disk, "a"))


# -- whose


def test_what_root_makes_belongs_to_the_roots_owner(disk, user, root):
    if os.geteuid() == 0:
        os.chown(root, NOBODY, NOBODY)
    disk = RealDisk(root)
    owner = root.stat().st_uid, root.stat().st_gid
    disk.publish(staged(disk, "d/e/a", b"1"), "d/e/a", ABSENT)
    disk.publish(disk.stage_link("d/l", "/etc/passwd"), "d/l", ABSENT)
    disk.make_dir("f", 0o700)
    for path in ("d", "d/e", "d/e/a", "d/l", "f"):
        found = (root / path).lstat()
        assert (found.st_uid, found.st_gid) == owner


# -- large


def test_the_digest_of_a_large_file(disk):
    new = disk.stage("a")
    parts = [os.urandom(3_000_000) for _ in range(4)]
    for at, part in enumerate(parts):
        new.write(at * 3_000_000, part)
    digest = new.finish(mode=0o644, mtime_ns=1)
    assert digest == blake3(b"".join(parts)).hexdigest() == disk.staged_digest(new.name)


# -- the same as in memory

paths = st.sampled_from(["a", "b", "a/b", "a/c", "b/a/c", "c"])
steps = st.one_of(
    st.tuples(
        st.sampled_from(["publish", "take", "take away", "open", "set_meta", "make_dir", "remove_dir"]), paths
    ),
    st.tuples(st.just("rename"), paths, paths),
    st.tuples(st.sampled_from(["write", "symlink", "mkdir", "delete"]), paths),
)


def shown(disk) -> list[tuple[str, str, bytes]]:
    """What anybody would see, staged names left out."""
    found = []
    for one in disk.scan():
        data = b""
        if one.what is SeenAs.FILE:
            reader = disk.open(one.path)
            data = reader.read(0, 1000)
            reader.close()
        name = one.path.partition(STAGED_PREFIX)
        found.append((name[0] + name[1], str(one.what), data, one.target))
    return sorted(found)


def publish(disk, path, number) -> str:
    new = disk.stage(path)
    new.write(0, str(number).encode())
    new.finish(mode=0o644, mtime_ns=number)
    return "exchanged" if disk.publish(new.name, path, seen(disk, path)) else "put"


DISKS = {
    "publish": publish,
    "take": lambda disk, path, _: bool(disk.take(path, seen(disk, path))),
    "take away": lambda disk, path, _: disk.drop(disk.take(path, seen(disk, path))),
    "open": lambda disk, path, _: disk.open(path).close(),
    "set_meta": lambda disk, path, number: (
        disk.set_meta(path, seen(disk, path), mode=0o700, mtime_ns=number).what
    ),
    "make_dir": lambda disk, path, _: disk.make_dir(path, 0o755),
    "remove_dir": lambda disk, path, _: disk.remove_dir(path),
}
USERS = {
    "write": lambda user, path, number: user.write(path, str(number).encode()),
    "symlink": lambda user, path, _: user.symlink(path, "x"),
    "mkdir": lambda user, path, _: user.mkdir(path),
}


def act(disk, user, number, step, path, *more):
    """Does one step of anybody's; how it went."""
    there = seen(disk, path).what is not SeenAs.ABSENT
    if step == "delete" and there:
        user.delete(path)
    if step in USERS and not there and parents_are_free(disk, path):
        USERS[step](user, path, number)
    try:
        if step == "rename":
            disk.rename(path, *more)
        if step in DISKS:
            return DISKS[step](disk, path, number)
    except Moved:
        return "moved"
    return "done"


def parents_are_free(disk, path) -> bool:
    return all(
        one.what in {SeenAs.ABSENT, SeenAs.DIR}
        for one in disk.look(map(str, Path(path).parents))
        if one.path != "."
    )


@given(st.lists(steps, max_size=12))
def test_the_memory_disk_does_what_a_real_one_does(history):
    memory = MemoryDisk(count(1).__next__)
    with tempfile.TemporaryDirectory() as root:
        real, user = RealDisk(Path(root)), Hands(Path(root))
        for number, step in enumerate(history):
            assert act(real, user, number, *step) == act(memory, memory, number, *step), step
            assert shown(real) == shown(memory), step
