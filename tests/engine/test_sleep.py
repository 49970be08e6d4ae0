"""After a machine slept, nothing it believes is fresh."""

import random

from tests.engine.by_clock import Switch, World

from holdall.engine import effects, events
from holdall.engine.events import Ask
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.words import Until
from holdall.rules.directions import SyncType
from holdall.store.base import Capabilities


def rested():
    """A mount that has seen everything, at time 0, and its next wake."""
    mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=0)
    mount.handle(events.Tick(), 0)
    mount.handle(events.Recovered(), 0)
    mount.handle(events.Refreshed(0), 0)
    asked = mount.handle(events.Surveyed(1), 0)
    return mount, next(one.at for one in asked if isinstance(one, effects.Wake))


def begun(mount, now):
    return [type(one) for one in mount.handle(events.Tick(), now)]


def test_an_hour_late_means_a_look_at_the_head_and_everywhere():
    mount, at = rested()
    assert effects.Refresh in begun(mount, at + 3600)
    asked = mount.handle(events.Refreshed(0), at + 3600)
    assert [one.scope for one in asked if isinstance(one, effects.Survey)] == ["full"]


def test_a_second_late_means_nothing():
    mount, at = rested()
    begun(mount, at + 1)
    asked = mount.handle(events.Refreshed(0), at + 1)
    assert not [one for one in asked if isinstance(one, effects.Survey)]


def test_who_waits_meanwhile_is_not_told_of_the_head_before_it(monkeypatch):
    """It falls asleep in the middle of the look at the disk, and wakes up where the store cannot be reached yet."""
    world = World(Capabilities())
    one, two = world.machine("one"), world.machine("two", over=Switch)
    two.flush(Until.SYNCED)
    naps = [3600]
    scan = two.disk.scan

    def sleepy(*how):
        while naps:
            two.asleep = True
            one.disk.write("new", b"made meanwhile")
            one.flush()
            world.pass_time(naps.pop())
            two.asleep = False
            two.store.dead = True
        return scan(*how)

    monkeypatch.setattr(two.disk, "scan", sleepy)
    two.inbox.append(Ask(2, Until.RESTORED))
    two.work()
    world.pass_time(60)
    assert 2 not in two.receipts
    two.store.dead = False
    world.pass_time(60)
    assert two.receipts[2].commit == one.mount.commit == 1
