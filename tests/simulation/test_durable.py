"""Whoever is told that all is durable is told the truth, whatever fails."""

import pytest
from blake3 import blake3
from tests.simulation import schedules
from tests.simulation.by_hand import ByHand
from tests.simulation.machine import Machine

from holdall.engine.events import Lost, Touched
from holdall.engine.view import is_durable


def check(machine):
    """What is on its disk and known to it is in the store, as far as nobody meddled with that."""
    world = machine.world
    unheard = any(isinstance(event, Touched | Lost) for event in machine.inbox)
    if not machine.awake or machine.disk.root is None or unheard or not is_durable(machine.mount):
        return
    stored = world.store.digests()
    for path, content in machine.disk.files().items():
        version = world.chronicle.versions[content]
        digest = blake3(content).hexdigest()
        excused = version.dead or version.overwritten or version.destroyed or version.expired
        if not excused and (digest not in stored or digest not in world.store.named):
            world.fail(f"{machine.name} shows durable, but {path} {content!r} is not in the store")


def test_a_machine_that_shows_it_too_early_is_noticed(monkeypatch):
    world = ByHand(1, {"p": b"content A"})
    (machine,) = world.machines
    check(machine)
    world.chronicle.write(machine, "p", b"content B")
    machine.inbox.clear()
    monkeypatch.setattr("tests.simulation.test_durable.is_durable", lambda _: True)
    with pytest.raises(AssertionError, match="m0 shows durable, but p b'content B' is not in the store"):
        check(machine)


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_durable_is_never_said_of_what_is_only_here(monkeypatch, first):
    """Events that get lost are left out: of those nobody knows before the next look everywhere."""
    step, draw_faults = Machine.step, schedules.draw_faults
    shown = []

    def step_and_check(machine):
        step(machine)
        check(machine)
        shown.append(is_durable(machine.mount))

    def draw_heard(dice):
        faults = draw_faults(dice)
        faults.drop_event = 0.0
        return faults

    monkeypatch.setattr(Machine, "step", step_and_check)
    monkeypatch.setattr(schedules, "draw_faults", draw_heard)
    for seed in range(first, first + 50):
        schedules.run(seed)
    assert {True, False} <= set(shown)
