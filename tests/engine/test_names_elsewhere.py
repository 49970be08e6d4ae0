"""Awkward names through machines whose disks cannot hold them, and back: real engines at every end."""

import unicodedata

import pytest
from tests.engine.by_clock import Machine, World
from tests.local.strict import Rules, StrictDisk, case
from tests.rules.awkward_names import awkward

from holdall.engine.events import Lost, Touched
from holdall.engine.words import Outcome, Until
from holdall.local.fitted import FittedDisk
from holdall.model import SeenAs
from holdall.rules.local_names import WINDOWS, Target
from holdall.store.base import Capabilities

MAC = Target(folds=True)
HFS = Target(folds=True, composed=True)


class Fitted(Machine):
    target: Target
    kept = staticmethod(str)

    def make_disk(self, clock):
        self.rules = Rules(self.target, case, self.kept)
        return StrictDisk(clock, self.rules, on_event=self.touched)

    def shown(self):
        return FittedDisk(self.disk, self.target)

    def touched(self, path):
        """As a watch tells it: by the name on the disk."""
        if self.up and not self.asleep:
            is_dir = next(iter(self.disk.look((path,)))).what is SeenAs.DIR
            shown = self.shown().shown(path)
            self.inbox.append(Lost(shown) if is_dir else Touched(shown, closed=True))

    def tree(self):
        """By the context's names."""
        return {self.shown().shown(path): data for path, data in self.disk.files().items()}


class Windows(Fitted):
    target = WINDOWS


class Mac(Fitted):
    target = MAC


class Hfs(Fitted):
    target = HFS

    @staticmethod
    def kept(name):
        return unicodedata.normalize("NFD", name)


@pytest.fixture
def world():
    return World(Capabilities())


def held(names):
    return {name: name.encode() for name in names}


def brought(machine):
    receipt = machine.flush(Until.SYNCED)
    assert receipt.outcome is Outcome.COMPLETE, receipt.left[:5]


NAMES = awkward()


@pytest.mark.parametrize("kind", [Windows, Mac, Hfs])
def test_every_name_comes_there_and_back(world, kind):
    """Files of these names, and directories of some of them."""
    files = held([*NAMES, *(f"in/{name}/{name}" for name in NAMES[::5])])
    here = world.machine("here")
    for path, data in files.items():
        here.disk.write(path, data)
    brought(here)

    there = world.machine("there", kind=kind)
    brought(there)
    assert there.tree() == files
    for path in there.disk.files():
        for part in ("/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 2)):
            there.rules.need(part)

    for path in sorted(there.disk.files()):
        there.disk.write(path, there.disk.read(path) + b", seen there")
    brought(there)
    brought(here)
    edited = {path: data + b", seen there" for path, data in files.items()}
    assert here.disk.files() == edited

    again = world.machine("again")
    brought(again)
    assert again.disk.files() == edited == there.tree()


@pytest.mark.parametrize("kind", [Windows, Mac, Hfs])
def test_what_was_synced_is_not_sent_again_after_a_restart(world, kind):
    here = world.machine("here")
    for path, data in held(NAMES[::4]).items():
        here.disk.write(path, data)
    brought(here)
    there = world.machine("there", kind=kind)
    brought(there)
    commit = there.mount.commit
    names = sorted(there.disk.files())
    there.kill()
    there.boot()
    receipt = there.flush(Until.SYNCED)
    assert (receipt.outcome, receipt.uploaded_files, receipt.downloaded_files) == (Outcome.COMPLETE, 0, 0)
    assert there.mount.commit == commit
    assert sorted(there.disk.files()) == names


class TestNamesThatAreOne:
    """README and readme, where a disk holds but one of them plainly."""

    @pytest.fixture
    def here(self, world):
        return world.machine("here")

    @pytest.fixture
    def there(self, world):
        return world.machine("there", kind=Mac)

    def both(self, here, there):
        for name in ("README", "readme"):
            here.disk.write(name, name.encode())
        brought(here)
        brought(there)
        assert there.tree() == held(["README", "readme"])
        return there.disk.files()

    def test_the_first_to_come_keeps_its_name(self, here, there):
        here.disk.write("readme", b"readme")
        brought(here)
        brought(there)
        names = self.both(here, there)
        assert "readme" in names
        assert len(names) == 2

    @pytest.mark.parametrize("gone", ["README", "readme"])
    def test_the_other_one_stays_when_one_is_deleted(self, here, there, gone):
        self.both(here, there)
        here.disk.delete(gone)
        brought(here)
        brought(there)
        assert there.tree() == held({"README", "readme"} - {gone})
        there.kill()
        there.boot()
        brought(there)
        assert here.disk.files() == there.tree() == held({"README", "readme"} - {gone})

    @pytest.mark.parametrize("gone", ["README", "readme"])
    def test_it_is_deleted_there(self, here, there, gone):
        self.both(here, there)
        (local,) = (path for path in there.disk.files() if there.shown().shown(path) == gone)
        there.disk.delete(local)
        brought(there)
        brought(here)
        assert here.disk.files() == held({"README", "readme"} - {gone})

    def test_each_is_edited_as_itself(self, here, there):
        self.both(here, there)
        for local in there.disk.files():
            there.disk.write(local, b"edited " + there.disk.read(local))
        brought(there)
        brought(here)
        assert here.disk.files() == {"README": b"edited README", "readme": b"edited readme"}

    def test_a_rename_by_case_there_is_one_here(self, here, there):
        here.disk.write("README", b"1")
        brought(here)
        brought(there)
        nodes = there.disk.tree.nodes
        node = nodes.pop("README")
        node.ctime_ns += 1
        nodes["Readme"] = node
        there.touched("README")
        there.touched("Readme")
        brought(there)
        brought(here)
        assert here.disk.files() == there.tree() == {"Readme": b"1"}

    def test_directories_too(self, here, there):
        for path in ("Docs/a", "docs/a", "docs/b", "DOCS"):
            here.disk.write(path, path.encode())
        brought(here)
        brought(there)
        assert there.tree() == here.disk.files()
        for local in there.disk.files():
            there.disk.write(local, there.disk.read(local) + b"!")
        brought(there)
        brought(here)
        assert here.disk.files() == {
            path: data + b"!" for path, data in held(["Docs/a", "docs/a", "docs/b", "DOCS"]).items()
        }

    def test_what_is_made_there_beside_another_machines(self, here, there):
        here.disk.write("README", b"here")
        there.disk.write("readme", b"there")
        brought(here)
        brought(there)
        brought(here)
        assert here.disk.files() == there.tree() == {"README": b"here", "readme": b"there"}
        assert "readme" in there.disk.files()


def test_a_name_too_long_once_it_is_apart_is_reported_and_the_rest_goes_on(world):
    here, there = world.machine("here"), world.machine("there", kind=Windows)
    for path in ("é" * 120, "É" * 120, "z"):
        here.disk.write(path, b"1")
    there.rules.longest = 200
    brought(here)
    receipt = there.flush(Until.SYNCED)
    assert receipt.outcome is Outcome.PARTIAL
    assert len(receipt.left) == 1
    assert "too long" in receipt.left[0].reason
    assert len(there.tree()) == 2
