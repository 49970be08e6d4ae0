"""Rules files that no event tells of: they hold for what a look finds beside them."""

import pytest

from holdall.daemon.attachment import Attachment
from holdall.daemon.pool import Pool
from holdall.daemon.spec import Spec
from holdall.engine.words import Outcome, Until
from holdall.rules.directions import SyncType
from holdall.store.directory import DirectoryStore


class Place:
    def __init__(self, folder):
        self.root = folder / "notes"
        self.root.mkdir()
        self.away = folder / "away"
        self._state = folder / "state"
        self._store = folder / "store"
        self._pool = Pool(4)
        self._attached = []

    def attach(self, sync=SyncType.AUTO):
        spec = Spec("notes", self.root, sync=sync)
        self._attached.append(Attachment(spec, DirectoryStore(self._store), self._state, self._pool))
        self.attached.start()

    @property
    def attached(self):
        return self._attached[-1]

    def write(self, **files):
        for name, text in files.items():
            (self.root / name.replace("__", "/").replace("RULES", ".holdallignore")).write_text(text)

    def stored(self):
        """After a flush."""
        receipt = self.attached.runner.ask(Until.DURABLE, timeout_s=30, tidy=True).wait(40)
        assert receipt.outcome is Outcome.COMPLETE
        files = self._store / "notes" / "files"
        return {str(one.relative_to(files)) for one in files.rglob("*") if one.is_file()}

    def close(self):
        for one in self._attached:
            one.stop()
        self._pool.shutdown()


@pytest.fixture
def place(tmp_path):
    found = Place(tmp_path)
    yield found
    found.close()


def test_one_that_comes_with_its_directory(place):
    place.attach()
    assert place.stored() == set()
    (place.root / "d").mkdir()
    place.write(d__RULES="secret", d__secret="1", d__code="2")
    (place.root / "d").rename(place.away)
    assert place.stored() == set()
    place.away.rename(place.root / "d")
    assert place.stored() == {"d/.holdallignore", "d/code"}


def test_one_that_goes_with_its_directory(place):
    place.attach()
    (place.root / "d").mkdir()
    place.write(d__RULES="*.log", keep="1")
    assert place.stored() == {"d/.holdallignore", "keep"}
    (place.root / "d").rename(place.away)
    assert place.stored() == {"keep"}
    (place.root / "d").mkdir()
    (place.root / "d" / "x.log").write_text("1")
    assert place.stored() == {"d/x.log", "keep"}


def test_one_on_a_disk_that_was_not_there_at_the_start(place):
    place.write(RULES="secret", secret="1", code="2")
    place.root.rename(place.away)
    place.attach()
    assert not place.attached.skip("secret", False)
    place.away.rename(place.root)
    place.attached.revive()
    assert place.attached.skip("secret", False)
    place.attached.look_again()
    assert place.stored() == {".holdallignore", "code"}


def test_one_where_nothing_is_watched(place):
    place.write(code="2")
    place.attach(SyncType.ONE)
    assert place.stored() == {"code"}
    place.write(RULES="secret", secret="1")
    assert place.stored() == {".holdallignore", "code"}


def test_what_it_leaves_out_no_more_is_watched(place):
    (place.root / "d").mkdir()
    place.write(RULES="d", d__x="1")
    place.attach()
    assert place.stored() == {".holdallignore"}
    (place.root / ".holdallignore").unlink()
    assert place.stored() == {"d/x"}
    place.write(d__y="1")
    assert place.stored() == {"d/x", "d/y"}
