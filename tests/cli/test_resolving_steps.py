"""What a daemon, or whoever comes after a kill, finds between two steps of `conflicts resolve`."""

import pytest
from tests.cli.desk import Desk
from tests.cli.silence import silence

from holdall.cli.resolving import Keep, resolve
from holdall.errors import Moved, Unavailable
from holdall.local.disk import RealDisk
from holdall.rules.conflict import copy_name


@pytest.fixture
def torn(tmp_path, monkeypatch):
    """A conflict between `a.md` and a copy of it."""
    desk = Desk(tmp_path, monkeypatch)
    name = "a (conflict 2026-11-22 14-03-22 laptop).md"
    desk.write(a_md="winner")
    (desk.root / name).write_text("loser")
    desk.save()
    return desk, name


def names(root):
    return sorted(one.name for one in root.iterdir())


class Observed:
    """A disk, and what a daemon would find there before each step."""

    def __init__(self, disk, look):
        self._disk, self._look = disk, look
        self.found = []

    def __getattr__(self, name):
        self.found.append((name, self._look()))
        return getattr(self._disk, name)


def test_the_copy_is_under_one_of_the_two_names_at_every_moment(torn):
    """A daemon commits what it finds there should the command be killed, and drops what the log has."""
    desk, name = torn

    def look():
        return {one.name: one.read_text() for one in desk.root.iterdir() if not one.name.startswith(".~")}

    disk = Observed(RealDisk(desk.root), look)
    resolve(disk, desk.store, desk.history, name, Keep.COPY)
    steps = [step for step, _ in disk.found if step in {"sync", "publish", "take"}]
    assert steps == ["sync", "publish", "sync", "take"]
    assert all("loser" in found.values() and "a.md" in found for _, found in disk.found)
    assert look() == {"a.md": "loser"}
    with pytest.raises(Moved, match="not on this disk"):
        resolve(disk, desk.store, desk.history, name, Keep.COPY)


def test_what_it_stages_is_no_leftover_for_a_daemon(torn, monkeypatch):
    desk, name = torn
    disk, daemons = RealDisk(desk.root), RealDisk(desk.root)
    claimed = []
    for step in ("publish", "drop"):
        real = getattr(disk, step)

        def watched(staged, *how, real=real):
            claimed.append(daemons.is_claimed(staged))
            return real(staged, *how)

        monkeypatch.setattr(disk, step, watched)
    resolve(disk, desk.store, desk.history, name, Keep.COPY)
    assert claimed == [True, True, True]
    assert names(desk.root) == ["a.md"]


def test_what_was_cut_short_is_done_again(torn, monkeypatch):
    desk, name = torn
    disk = RealDisk(desk.root)
    with monkeypatch.context() as killed:
        killed.setattr(disk, "take", stop)
        with pytest.raises(KeyboardInterrupt):
            resolve(disk, desk.store, desk.history, name, Keep.COPY)
    assert {one.read_text() for one in desk.root.iterdir()} == {"loser"}
    assert resolve(disk, desk.store, desk.history, name, Keep.COPY) is None
    assert names(desk.root) == ["a.md"]
    assert (desk.root / "a.md").read_text() == "loser"


def stop(*_how):
    raise KeyboardInterrupt


class TestAStoreThatFallsSilent:
    """Behind the exchange, when it is asked whether some commit has what was displaced."""

    @pytest.fixture
    def silent(self, torn, monkeypatch):
        desk, _ = torn
        disk = RealDisk(desk.root)
        for step in ("publish", "take"):
            real = getattr(disk, step)

            def done(*how, real=real):
                silence(monkeypatch)
                return real(*how)

            monkeypatch.setattr(disk, step, done)
        return disk

    def test_leaves_both_versions_where_the_copy_is_kept(self, torn, silent):
        desk, name = torn
        kept_as = resolve(silent, desk.store, desk.history, name, Keep.COPY)
        assert names(desk.root) == sorted(["a.md", kept_as])
        assert ((desk.root / "a.md").read_text(), (desk.root / kept_as).read_text()) == ("loser", "winner")

    def test_leaves_the_copy_where_that_was_to_go(self, torn, silent):
        desk, name = torn
        with pytest.raises(Unavailable, match="no answer"):
            resolve(silent, desk.store, desk.history, name, Keep.ORIGINAL)
        assert names(desk.root) == sorted(["a.md", name])
        assert (desk.root / name).read_text() == "loser"


def test_a_copy_that_is_edited_while_it_is_resolved_stays(torn, monkeypatch):
    desk, name = torn
    disk = RealDisk(desk.root)
    real = disk.publish

    def publish(*how):
        (desk.root / name).write_text("edited since")
        return real(*how)

    monkeypatch.setattr(disk, "publish", publish)
    with pytest.raises(Moved, match="edited just now"):
        resolve(disk, desk.store, desk.history, name, Keep.COPY)
    assert {one.name: one.read_text() for one in desk.root.iterdir()} == {
        "a.md": "loser",
        name: "edited since",
    }


def test_a_copy_that_is_a_link_is_resolved_too(torn):
    desk, name = torn
    (desk.root / name).unlink()
    (desk.root / name).symlink_to("elsewhere")
    resolve(RealDisk(desk.root), desk.store, desk.history, name, Keep.COPY)
    assert names(desk.root) == ["a.md"]
    assert (desk.root / "a.md").readlink().name == "elsewhere"


def test_the_original_of_a_name_that_was_cut_is_found(torn):
    desk, _ = torn
    long = f"{'x' * 240}.md"
    name = copy_name(long, 0, "laptop", lambda _: False)
    (desk.root / long).write_text("winner")
    (desk.root / name).write_text("loser")
    desk.save()
    found = {one["copy"]["path"]: one["original"] for one in desk.run("conflicts", "--json").doc["conflicts"]}
    assert found[name] == long
    done = desk.run("conflicts", "resolve", name, "--keep", "copy", "--json")
    assert done.doc["original"] == long
    assert (desk.root / long).read_text() == "loser"
    assert not (desk.root / name).exists()
