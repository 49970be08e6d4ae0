"""A directory that was moved goes on with its base; whatever might be another one begins anew."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from holdall.daemon import whereabouts
from holdall.daemon.attachment import Attachment
from holdall.daemon.pool import Pool
from holdall.daemon.spec import Spec
from holdall.engine import state_file
from holdall.engine.words import Outcome, Until
from holdall.local.identity import Identity, identity_of
from holdall.model import Entry
from holdall.store.memory import MemoryStore


class Desk:
    """`old` was mounted, is in the store, and is mounted no more; `new` is the path it may be moved to."""

    def __init__(self, base):
        self.old, self.new = base / "old", base / "new"
        self.store = MemoryStore()
        self.state = base / "state"
        self._pool = Pool(4)
        write(self.old, f1="1", f2="2", f3="3")
        self.sync(self.old)

    @contextmanager
    def attached(self, path, context="notes"):
        found = Attachment(Spec(context, path), self.store, self.state, self._pool)
        try:
            yield found
        finally:
            found.stop()

    @contextmanager
    def begun(self, path, context="notes"):
        with self.attached(path, context) as found:
            found.start()
            flush(found)
            yield found

    def sync(self, path, context="notes"):
        with self.begun(path, context):
            pass

    def begins_anew(self, path, context="notes"):
        with self.attached(path, context) as found:
            return found.fresh

    def close(self):
        self._pool.shutdown()


@pytest.fixture
def desk(tmp_path):
    found = Desk(tmp_path)
    yield found
    found.close()


def write(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def flush(attached):
    assert attached.runner.ask(Until.DURABLE, timeout_s=30).wait(40).outcome is Outcome.COMPLETE


def moved(desk):
    return desk.old.rename(desk.new)


class TestADirectoryThatWasMoved:
    def test_goes_on_from_what_was_agreed_on(self, desk):
        moved(desk)
        (desk.new / "f1").unlink()
        write(desk.new, f2="edited")
        with desk.begun(desk.new) as attached:
            assert not isinstance(attached.ledger.remote("f1"), Entry)
        assert sorted(one.name for one in desk.new.iterdir()) == ["f2", "f3"]

    def test_as_often_as_it_is(self, desk):
        for _ in range(2):
            moved(desk)
            desk.sync(desk.new)
            desk.new.rename(desk.old)
            desk.sync(desk.old)
        assert len(list(desk.state.glob("mounts/*.db"))) == 1

    def test_goes_on_where_another_has_its_path_now(self, desk):
        moved(desk)
        write(desk.old, f9="9")
        assert not desk.begins_anew(desk.new)

    def test_goes_on_after_a_kill_that_left_a_log(self, desk, tmp_path):
        with desk.begun(desk.old) as attached:
            write(desk.old, f4="4")
            flush(attached)
            desk.state = shutil.copytree(desk.state, tmp_path / "killed")
        assert any(one.stat().st_size for one in desk.state.glob("mounts/*.db-wal"))
        moved(desk)
        with desk.attached(desk.new) as attached:
            assert attached.ledger.row("f4").base is not None

    @pytest.mark.parametrize("step", ["rename", "unlink"])
    def test_goes_on_after_a_kill_in_the_middle(self, desk, monkeypatch, step):
        moved(desk)
        with monkeypatch.context() as patched:
            patched.setattr(Path, step, killed)
            with pytest.raises(Killed), desk.attached(desk.new):
                pass
        assert not desk.begins_anew(desk.new)

    def test_goes_on_after_a_kill_that_came_before_anything_was_opened(self, desk, monkeypatch):
        moved(desk)
        with monkeypatch.context() as patched:
            patched.setattr(state_file, "opened", killed)
            with pytest.raises(Killed), desk.attached(desk.new):
                pass
        assert not desk.begins_anew(desk.new)

    def test_is_told_by_its_mount(self, desk):
        with desk.begun(desk.old) as attached:
            assert not attached.has_moved_to(desk.old)
            moved(desk)
            assert attached.has_moved_to(desk.new)
            assert not attached.has_moved_to(desk.state)


class Killed(BaseException):
    pass


def killed(*_, **__):
    raise Killed


class TestBeginsAnew:
    def test_a_copy(self, desk):
        shutil.copytree(desk.old, desk.new)
        shutil.rmtree(desk.old)
        assert desk.begins_anew(desk.new)

    def test_another_way_to_a_directory_that_is_where_it_was(self, desk):
        desk.new.symlink_to(desk.old)
        assert desk.begins_anew(desk.new)

    def test_one_that_nothing_is_left_in_as_it_was(self, desk):
        moved(desk)
        for file in desk.new.iterdir():
            file.write_text("edited")
        assert desk.begins_anew(desk.new)

    @pytest.mark.parametrize("field", Identity._fields)
    def test_one_that_is_not_it_in_all_respects(self, desk, monkeypatch, field):
        """Another disk has its device number, another directory its inode."""
        moved(desk)

        def another(path):
            found = identity_of(path)
            return found and found._replace(**{field: getattr(found, field) + 1})

        monkeypatch.setattr(whereabouts, "identity_of", another)
        assert desk.begins_anew(desk.new)

    def test_one_whose_path_cannot_be_looked_at(self, desk, monkeypatch):
        """It may be there as well."""
        moved(desk)

        def unreadable(path):
            if path == desk.old:
                raise PermissionError
            return identity_of(path)

        monkeypatch.setattr(whereabouts, "identity_of", unreadable)
        assert desk.begins_anew(desk.new)

    def test_another_context(self, desk):
        """Whose name is written like this one in the state directory."""
        desk.sync(desk.old, "a b")
        moved(desk)
        assert desk.begins_anew(desk.new, "a_b")

    def test_one_that_another_was_taken_for_meanwhile(self, desk):
        """A person said so: from then on the base is of that one."""
        with desk.begun(desk.old) as attached:
            moved(desk)
            write(desk.old, f9="9")
            attached.approve()
        assert desk.begins_anew(desk.new)

    def test_one_that_another_was_mounted_for_meanwhile(self, desk):
        moved(desk)
        write(desk.old, f1="another")
        desk.sync(desk.old)
        assert desk.begins_anew(desk.new)

    def test_what_somebody_has_in_use(self, desk):
        with desk.begun(desk.old):
            moved(desk)
            assert desk.begins_anew(desk.new)

    def test_what_is_damaged(self, desk, caplog):
        (file,) = desk.state.glob("mounts/*.db")
        file.write_bytes(b"no database at all" * 1000)
        moved(desk)
        assert desk.begins_anew(desk.new)
        assert "which may have been moved, cannot be told: file is not a database" in caplog.text
