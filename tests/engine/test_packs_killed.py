"""What is done with packs, cut off at each request to the store: before it, after it, or with its answer lost."""

import itertools
import random

import pytest
from tests.engine.by_clock import World
from tests.engine.power import PowerCut

from holdall.engine.pace import Pace
from holdall.engine.words import Outcome, Until
from holdall.errors import Unavailable
from holdall.log import layout
from holdall.rules.packing import Packing
from holdall.store.base import Capabilities
from holdall.store.passing import Passing

ARCHIVE = Packing(archive=True)
DICE = random.Random(5)
FILES = {f"d/{number}": DICE.randbytes(700) for number in range(8)}
CHANGED = {path: data[::-1] for path, data in list(FILES.items())[:5]}


class Ending(Passing):
    """`left`: writes until the one with which it ends; `how`: before, after, lost."""

    left = 0
    how = ""

    def put(self, key, data, **how):
        return self._ends(lambda: self.inner.put(key, data, **how))

    def upload(self, key, parts, **how):
        return self._ends(lambda: self.inner.upload(key, parts, **how))

    def copy(self, source, target, **how):
        return self._ends(lambda: self.inner.copy(source, target, **how))

    def delete(self, key, **how):
        return self._ends(lambda: self.inner.delete(key, **how))

    def _ends(self, act):
        self.left -= 1
        ends = self.how if self.left == 0 else ""
        if ends == "before":
            raise PowerCut
        found = act()
        if ends == "after":
            raise PowerCut
        if ends == "lost":
            raise Unavailable("the answer was lost")
        return found


def complete(machine):
    assert machine.flush(tidy=True).outcome is Outcome.COMPLETE


def write(machine, files):
    for path, data in files.items():
        machine.disk.write(path, data)


EDITED = FILES | CHANGED
WITHOUT_ONE = {path: data for path, data in EDITED.items() if path != "d/7"}


class Edits:
    """Most of a pack is overwritten, and what is left of it is packed anew."""

    packing = ARCHIVE
    pace = Pace()

    @staticmethod
    def begin(machine):
        write(machine, FILES)
        complete(machine)
        write(machine, CHANGED)

    tree = EDITED

    @staticmethod
    def is_done(world):
        held = sum(len(world.store.get(layout.PACKS + key)) for key in world.keys(layout.PACKS))
        return held * 0.6 < sum(map(len, EDITED.values())) and not world.keys()


class Burst:
    """Files in a pack are laid out over those of before."""

    packing = Packing()
    pace = Pace(burst_files=4, lay_s=3.0)

    @staticmethod
    def begin(machine):
        machine.mount.flow._burst = 10**6
        write(machine, FILES)
        complete(machine)
        machine.kill()
        write(machine, CHANGED)
        machine.boot()

    tree = EDITED

    @staticmethod
    def is_done(world):
        plain = {path: world.store.get(f"files/{path}") for path in world.keys("files/")}
        return plain == EDITED and not world.keys(layout.PACKS)


class ToPacks:
    """Files that are plain objects are changed, and go into packs from now on; one is deleted."""

    packing = Packing()
    pace = Pace()

    @staticmethod
    def begin(machine):
        write(machine, FILES)
        complete(machine)
        machine.packing = ARCHIVE
        write(machine, CHANGED)
        machine.disk.delete("d/7")

    tree = WITHOUT_ONE

    @staticmethod
    def is_done(world):
        return world.keys() == FILES.keys() - CHANGED.keys() - {"d/7"}


class FromPacks:
    """And the other way."""

    packing = ARCHIVE
    pace = Pace()

    @staticmethod
    def begin(machine):
        write(machine, FILES)
        complete(machine)
        machine.packing = Packing()
        write(machine, CHANGED)
        machine.disk.delete("d/7")

    tree = WITHOUT_ONE

    @staticmethod
    def is_done(world):
        return world.keys() == CHANGED.keys()


def play(scene, how, at):
    """The world, cut off at write `at` of what comes after the beginning."""
    world = World(Capabilities())
    machine = world.machine("one", over=Ending)
    machine.packing, machine.pace = scene.packing, scene.pace
    machine.boot()
    scene.begin(machine)
    machine.store.left, machine.store.how = at, how
    try:
        machine.flush()
        world.pass_time(60)
    except PowerCut:
        machine.kill()
    return world, machine


def seen_by_a_stranger(world):
    stranger = world.machine("stranger")
    stranger.pace = Pace(lay_s=10**6, compact_s=10**6)
    stranger.boot()
    assert stranger.flush(Until.RESTORED, within_s=2).outcome is Outcome.COMPLETE
    stranger.kill()
    world.machines.remove(stranger)
    return stranger.disk.files()


@pytest.mark.parametrize("how", ["before", "after", "lost"])
@pytest.mark.parametrize("scene", [Edits, Burst, ToPacks, FromPacks])
def test_cut_off_at_each_write_it_costs_only_time(scene, how):
    for at in itertools.count(1):
        world, machine = play(scene, how, at)
        reached = machine.store.left <= 0
        between = seen_by_a_stranger(world)
        assert between.keys() | {"d/7"} == FILES.keys()
        for path, data in between.items():
            assert data in (FILES[path], scene.tree.get(path)), (at, path)
        machine.store.how = ""
        if not machine.up:
            machine.boot()
        complete(machine)
        # What was put and never named is taken away a day later.
        world.now += 25 * 3600.0
        machine.mount.chores.is_untidy(world.now)
        for _ in range(2):
            machine.flush(thorough=True, tidy=True)
        assert machine.disk.files() == seen_by_a_stranger(world) == scene.tree
        assert scene.is_done(world), (at, world.keys(), world.keys(layout.PACKS))
        if not reached:
            assert at > 5
            return
