"""Seeded runs: who there is, what they do, what goes wrong."""

import random
from contextlib import ExitStack
from unittest.mock import patch

from tests.simulation import users
from tests.simulation.faults import Faults
from tests.simulation.world import World

from holdall import model
from holdall.engine import downloads, reads
from holdall.log import layout, reading
from holdall.model import Recycling
from holdall.rules.directions import SyncType
from holdall.rules.packing import Packing

LEAST_EFFECTS = 50
KEEP_S = 600.0
"""Of pruning: longer than any request is late, shorter than a machine may sleep."""
FOREIGN_NAMES = (*users.NAMES, "f")


def draw_faults(dice):
    """At least one kind of them."""
    while True:
        faults = Faults(
            before=dice.choice((0.0, 0.02, 0.1)),
            after=dice.choice((0.0, 0.03, 0.1)),
            late=dice.choice((0.0, 0.03, 0.08)),
            crash=dice.choice((0.0, 0.004, 0.02)),
            drop_event=dice.choice((0.0, 0.3, 1.0)),
        )
        if faults.any():
            return faults


def draw_packing(dice):
    return dice.choice(
        (Packing(), Packing(), Packing(archive=True), Packing(archive=True, exclude=("a", "d")))
    )


class Schedule:
    """One run.

    foreign  another tool writes to the store
    ages     time passes in leaps, machines sleep, the log is pruned
    roots    roots vanish, and come back
    expires  the context has a lifecycle, and data becomes older than that
    """

    def __init__(self, seed, machines=None, *, foreign=None, ages=None, roots=None, expires=None, **parts):
        self.world = World(seed, machines=0, **parts)
        dice = self.dice = self.world.dice
        drawn = dice.random() < 0.25, dice.random() < 0.25, dice.random() < 0.2
        self.foreign, self.ages, self.roots = (
            by_dice if given is None else given
            for by_dice, given in zip(drawn, (foreign, ages, roots), strict=True)
        )
        self.expires = random.Random(f"expires {seed}").random() < 0.25 if expires is None else expires
        if self.ages:
            self.world.checkpoint_every = dice.choice((1, 3, 6))
        count = machines or dice.choice((1, 2, 2, 3))
        # Not both: where a deletion is not carried, the other tool may hold the last copy of what it then destroys.
        archive = dice.randrange(count) if count > 1 and not self.foreign and dice.random() < 0.2 else None
        for number in range(count):
            self.world.add_machine(
                sync=SyncType.ARCH if number == archive else SyncType.AUTO,
                packing=draw_packing(dice),
                burst_files=dice.choice((1, 3, 500)),
            )

    def run(self, acts):
        world = self.world
        world.faults = draw_faults(self.dice)
        number = 0
        while number < acts or world.effects < LEAST_EFFECTS:
            self.one_thing_happens(number)
            number += 1
        if not world.faulted:
            self.dice.choice([one for one in world.machines if one.up]).crash()
        world.settle()
        world.check()

    def one_thing_happens(self, number):
        world, dice = self.world, self.dice
        machine = dice.choice(world.machines)
        if machine.at_hand:
            users.act(world, machine, number)
        if machine.awake and dice.random() < 0.25:
            machine.ask(timeout_s=dice.choice((1.0, 30.0)), tidy=dice.random() < 0.5)
        if dice.random() < 0.05:
            machine.packing = draw_packing(dice)
        if self.foreign and dice.random() < 0.4:
            self.someone_else_writes(number)
        if self.roots and dice.random() < 0.15:
            self.a_root_vanishes(machine)
        if self.ages and dice.random() < 0.5:
            self.time_passes(machine)
        if self.expires:
            self.data_grows_old()
        world.run(steps=dice.choice((0, 2, 10, 40, 120)))
        for one in world.machines:
            one.look_around()

    def someone_else_writes(self, number):
        world, dice = self.world, self.dice
        keys = (info.key.removeprefix(layout.FILES) for info in world.store.list(layout.FILES))
        there = sorted(keys)
        if there and dice.random() < 0.35:
            world.chronicle.destroy(dice.choice(there))
        else:
            path = dice.choice([*FOREIGN_NAMES, *there])
            world.chronicle.put(path, f"foreign-{number}".encode())

    def a_root_vanishes(self, machine):
        def comes_back():
            machine.disk.root = (1, 1)

        machine.disk.root = None
        self.world.trace(f"the root of {machine.name} vanishes")
        self.world.later(self.dice.choice((0.5, 8.0, 100.0)), comes_back)

    def time_passes(self, machine):
        world, dice = self.world, self.dice
        if machine.awake and dice.random() < 0.4:
            machine.sleep()
            world.later(dice.choice((60.0, 1000.0, 4000.0)), machine.wake)
        if dice.random() < 0.5:
            world.prune(KEEP_S)
        if dice.random() < 0.5:
            world.pass_time(dice.choice((100.0, 700.0, 2000.0)))

    def data_grows_old(self):
        world, dice = self.world, self.dice
        if world.store.head(layout.CONTEXT) is not None and dice.random() < (
            0.1 if world.lifecycles else 0.5
        ):
            paths = dice.choice((("",), ("d", "a"), ("k",)))
            world.set_recycling(Recycling(dice.choice((3, 10, 10, 30, None)), paths))
        if dice.random() < 0.4:
            world.pass_time(dice.choice((200.0, 1200.0, 5000.0)))


def run(seed, machines=None, acts=12, **how):
    with ExitStack() as patched:
        if seed % 3 == 0:
            # Nearly every file is a large one.
            for module in (model, reads, reading, downloads):
                patched.enter_context(patch.object(module, "BLOCK_BYTES", 2))
        schedule = Schedule(seed, machines, **how)
        schedule.run(acts)
        return schedule.world
