"""Races, shown by a save or a swap in the middle of a step."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.local.asking import ABSENT, seen, staged

from holdall.errors import Moved
from holdall.local import descent, rename, swap
from holdall.model import SeenAs


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


@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_reader_notices_another_file_of_that_name(disk, user, what):
    user.write("d/a", bytes(100))
    reader = disk.open("d/a")
    if what == "file":
        user.replace("d/a", bytes(100))
    else:
        user.move("d", "away")  # says nothing to the file itself
        user.write("d/a", bytes(100))
    assert reader.read(0, 100) == bytes(100)
    assert reader.moved()
    reader.close()


@pytest.mark.usefixtures("no_leases")
@pytest.mark.parametrize(
    ("mtime_ns", "saved"),
    [(1, b"longer than it was"), (None, b"new")],
    ids=["of another size", "of the same size"],
)
def test_a_save_before_the_new_meta_is_no_part_of_what_was_seen(disk, user, monkeypatch, mtime_ns, saved):
    user.write("a", b"old")
    was = seen(disk, "a")
    real = os.fchmod

    def chmod(fd, mode):
        user.write("a", saved)
        real(fd, mode)

    monkeypatch.setattr(os, "fchmod", chmod)
    with pytest.raises(Moved):
        disk.set_meta("a", was, mode=0o600, mtime_ns=mtime_ns)
    assert user.read("a") == saved


def test_a_reader_notices_a_write_while_it_reads(disk, user):
    user.write("a", bytes(100))
    reader = disk.open("a")
    reader.read(0, 50)
    user.write("a", b"\1" * 100)
    reader.read(50, 50)
    assert reader.moved()
    reader.close()
