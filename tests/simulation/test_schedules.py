"""Five thousand schedules: whoever there is does what the dice say, everything fails that can, and in the end nothing is lost."""

import re

import pytest
from tests.simulation.schedules import LEAST_EFFECTS, run

SCHEDULES = 5000
CHUNK = 100


@pytest.mark.parametrize("first", range(0, SCHEDULES, CHUNK))
def test_nothing_is_lost(first):
    """A failure names its seed: `run(seed)` is the same run again."""
    worlds = [run(seed) for seed in range(first, first + CHUNK)]
    assert all(world.effects >= LEAST_EFFECTS for world in worlds)
    assert all(world.faulted for world in worlds)
    print(
        f"{len(worlds)} schedules: {sum(world.effects for world in worlds)} effects,"
        f" {sum(world.points for world in worlds)} points, {sum(world.faulted for world in worlds)} faults"
    )


def test_every_kind_of_schedule_is_among_them():
    worlds = [run(seed) for seed in range(CHUNK)]
    assert {len(world.machines) for world in worlds} == {1, 2, 3}
    assert {machine.sync for world in worlds for machine in world.machines} == {"auto", "arch"}
    said = "\n".join(line for world in worlds for _, line in world.lines)
    for what in (
        "FOREIGN puts",
        "FOREIGN deletes",
        "the root of",
        "falls asleep",
        "janitor: Report",
        "is killed",
    ):
        assert what in said


def test_the_same_seed_is_the_same_run():
    assert trace(run(7)) == trace(run(7))


def trace(world):
    """What happened, but for the random ids of uploads and commits."""
    return [(at, re.sub(r", b[\"'].*|[0-9a-f]{16}", "", line)) for at, line in world.lines]
