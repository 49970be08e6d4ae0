"""What a mount says of itself: what is pending, and whether all is durable."""

import random

import pytest
from tests.engine.by_clock import Switch

from holdall.engine import effects, events, words
from holdall.engine.findings import Left
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.view import State, is_durable, pending, state_of, withheld
from holdall.engine.words import Step
from holdall.errors import Denied, Moved, Unavailable, Unreadable
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.directions import SyncType
from holdall.rules.reconcile import Verdict

FILE = Entry(Kind.FILE, 5, 2, 0o644, "d" * 64)
MINUTE_S = 60


@pytest.fixture
def machine(world):
    """At rest, with a file in the store."""
    found = world.machine("one", over=Switch)
    found.disk.write("a", b"1")
    world.pass_time(MINUTE_S)
    assert is_durable(found.mount)
    return found


def test_what_is_tried_again_later_is_pending_all_the_time(world, machine):
    machine.store.dead = True
    machine.disk.write("b", b"12345")
    world.pass_time(2.0)
    for _ in range(5 * MINUTE_S):
        world.pass_time(1.0)
        assert pending(machine.mount) == (1, 5)
        assert not is_durable(machine.mount)
    machine.store.dead = False
    world.pass_time(3 * MINUTE_S)
    assert (pending(machine.mount), is_durable(machine.mount)) == ((0, 0), True)


def test_what_is_gone_again_meanwhile_is_not_pending_any_more(world, machine):
    machine.store.dead = True
    machine.disk.write("b", b"12345")
    world.pass_time(MINUTE_S)
    machine.disk.delete("b")
    world.pass_time(3 * MINUTE_S)
    assert pending(machine.mount) == (0, 0)


def test_a_dead_store_does_not_lose_what_it_has(world, machine):
    machine.store.dead = True
    world.pass_time(5 * MINUTE_S)
    assert state_of(machine.mount) is State.RETRY_WAIT
    assert is_durable(machine.mount)


def test_what_the_store_has_lost_and_nobody_here_can_read_is_not_durable(world, machine, monkeypatch):
    def unreadable(path):
        raise Unreadable("input/output error", path=path)

    monkeypatch.setattr(machine.disk, "open", unreadable)
    world.store.delete("files/a")
    machine.flush(thorough=True)
    assert (pending(machine.mount), is_durable(machine.mount)) == ((0, 0), False)
    monkeypatch.undo()
    machine.flush(thorough=True)
    assert is_durable(machine.mount)


def test_deletions_that_are_held_back_are_no_files(world, machine):
    machine.disk.write("b", b"2")
    world.pass_time(MINUTE_S)
    for path in ("a", "b"):
        machine.disk.delete(path)
    world.pass_time(0.5)
    assert state_of(machine.mount) is State.RUNNING
    world.pass_time(MINUTE_S)
    assert machine.mount.held == 2
    assert (pending(machine.mount), is_durable(machine.mount)) == ((0, 0), False)
    machine.inbox.append(events.Approve())
    world.pass_time(MINUTE_S)
    assert is_durable(machine.mount)


class Told:
    """A mount at rest, and what it does about the steps that its survey finds."""

    def __init__(self):
        self.mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=0)
        for event in events.Tick(), events.Recovered():
            self.tell(event)
        (self.survey,) = self.tell(events.Refreshed(0))

    def tell(self, event, now=0.0):
        return [one for one in self.mount.handle(event, now) if not isinstance(one, effects.Wake)]

    def step(self, verdict=Verdict.PUSH, path="p", **how):
        return Step(path, verdict, self.survey.number, Seen(path, SeenAs.FILE), FILE, None, FILE, **how)

    def found(self, *steps, **how):
        return self.tell(events.Surveyed(self.survey.number, steps, **how))


@pytest.fixture
def told():
    return Told()


def test_a_file_that_is_touched_while_it_comes_down_is_not_durable(told):
    told.found(told.step(Verdict.PULL))
    assert is_durable(told.mount)
    told.tell(events.Touched("p"))
    told.tell(events.Tick(), now=10.0)
    assert told.mount.lookout.idle
    assert not is_durable(told.mount)


def test_a_file_that_moves_while_it_is_put_in_place_is_not_durable(told):
    told.found(told.step(Verdict.PULL_DELETE))
    told.tell(events.Landed(moved=("p",)))
    assert not is_durable(told.mount)


@pytest.mark.parametrize("error", [Unavailable("no"), Denied("no"), Moved("it moves")])
def test_of_what_travels_together_all_is_pending(told, error):
    told.found(told.step(path="x", bundle="x"), told.step(path="x-wal", bundle="x"))
    told.tell(events.PushDone(failed=(words.Failed("x", error),)))
    assert pending(told.mount) == (2, 10)


def test_an_upload_that_was_cut_off_is_not_durable_before_it_was_looked_at(told):
    told.found(settle=("p",))
    assert not is_durable(told.mount)
    told.tell(events.MendDone(done=("p",)))
    assert not is_durable(told.mount)


def test_what_could_not_be_looked_at_is_pending(told):
    told.mount.findings.left["p"] = Left("permission denied")
    told.found()
    told.mount.findings.left["p"] = Left("permission denied")
    assert (pending(told.mount)[0], is_durable(told.mount)) == (1, False)


def test_what_the_policy_keeps_here_is_not_durable(told):
    told.found(withheld=("p",), unasked=(told.step(),))
    assert (pending(told.mount), withheld(told.mount)) == ((1, 5), 1)
    assert (is_durable(told.mount), state_of(told.mount)) == (False, State.IDLE)


def test_a_deletion_that_is_never_carried_leaves_it_durable(told):
    told.found(withheld=("p",))
    assert (withheld(told.mount), is_durable(told.mount)) == (0, True)


def test_what_was_kept_here_is_sent_when_somebody_asks(told):
    told.found(withheld=("p",), unasked=(told.step(),))
    told.tell(events.Ask(1, words.Until.DURABLE))
    (told.survey,) = told.tell(events.Refreshed(0))
    assert told.survey.up == {""}
    (push,) = told.found(told.step())
    assert withheld(told.mount) == 0
    told.tell(events.PushDone((words.Pushed(push.steps[0], FILE, None),)))
    told.tell(events.Committed(1, (words.Pushed(push.steps[0], FILE, None),)))
    assert is_durable(told.mount)


def test_a_path_that_is_left_counts_with_its_bytes(told):
    told.found(left=(words.LeftPath("p", "the name is not UTF-8", 1_000_000),))
    assert (pending(told.mount), is_durable(told.mount)) == ((1, 1_000_000), False)
