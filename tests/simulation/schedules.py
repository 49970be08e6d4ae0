"""Seeded runs: what users do, what goes wrong."""

from tests.simulation.world import Faults, World

NAMES = ("a", "b", "d/x", "d/y", "d/e/z")


def draw_faults(dice):
    return Faults(
        before=dice.choice((0.0, 0.02, 0.1)),
        after=dice.choice((0.0, 0.03, 0.1)),
        late=dice.choice((0.0, 0.03, 0.08)),
        crash=dice.choice((0.0, 0.004, 0.02)),
        drop_event=dice.choice((0.0, 0.3, 1.0)),
    )


def act(world, machine, number):
    """One thing that a user does."""
    dice, disk = world.dice, machine.disk
    roll = dice.random()
    files = sorted(disk.files())
    if roll < 0.6 or not files:
        path = dice.choice(NAMES)
        taken = next((up for up in _above(path) if up in disk.files()), None)
        if taken is None and path not in _dirs(disk):
            world.write(machine, path, f"{machine.name}-{number}".encode())
    elif roll < 0.8:
        world.delete(machine, dice.choice([*files, *_dirs(disk)]))
    else:
        source = dice.choice(files)
        target = dice.choice([*NAMES, "moved", "d/moved"])
        if source != target and not any(up in disk.files() for up in _above(target)) and target not in _dirs(disk):
            world.move(machine, source, target)


def _above(path):
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _dirs(disk):
    return sorted({up for path in disk.files() for up in _above(path)})


def run(seed, machines=None, acts=12, **parts):
    world = World(seed, machines=0, **parts)
    for _ in range(machines or world.dice.choice((1, 2, 2, 3))):
        world.add_machine()
    world.faults = draw_faults(world.dice)
    for number in range(acts):
        machine = world.dice.choice(world.machines)
        act(world, machine, number)
        if machine.up and world.dice.random() < 0.25:
            machine.ask(timeout_s=world.dice.choice((1.0, 30.0)))
        world.run(steps=world.dice.choice((0, 2, 10, 40, 120)))
    world.settle()
    world.check()
    return world
