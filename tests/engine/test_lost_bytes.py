"""What the log names and the store does not hold is told, for as long as it is so."""

import random

from holdall.engine import effects, events
from holdall.engine.events import Ask
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.view import is_durable
from holdall.engine.words import LeftPath, Outcome, Until
from holdall.model import Entry, Kind
from holdall.rules.directions import SyncType


def look_everywhere(machine):
    number = 1000 + len(machine.receipts)
    machine.inbox.append(Ask(number, Until.SYNCED, machine.world.now + 30, thorough=True))
    machine.world.pass_time(31)
    return machine.receipts[number]


def test_a_flush_says_so_until_somebody_brings_them(world):
    one = world.machine("one")
    one.disk.write("a", b"bytes")
    one.flush()
    one.asleep = True
    world.store.delete("files/a")
    two = world.machine("two")
    look_everywhere(two)
    receipt = two.flush()
    assert receipt.outcome is Outcome.PARTIAL
    assert LeftPath("a", "its bytes are not in the store, and not here") in receipt.left
    assert not is_durable(two.mount)
    one.asleep = False
    assert look_everywhere(one).outcome is Outcome.COMPLETE
    assert two.flush().outcome is Outcome.COMPLETE
    assert is_durable(two.mount)


def test_what_arrived_is_lost_no_longer():
    mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=1)
    mount.damaged["a"] = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64)
    mount.handle(events.Landed(done=("a",)), 0.0)
    assert not mount.damaged


def test_a_listing_leads_to_another_look_at_its_key():
    """It may have been put back by another machine just when it was missed."""
    mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=1)
    for event in events.Tick(), events.Recovered(), events.Refreshed(1), events.Surveyed(1):
        mount.handle(event, 0.0)
    mount.damaged["a"] = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64)
    assert effects.Mend(("a",)) in mount.handle(events.Audited(), 0.0)


def test_news_of_it_leads_to_another_look_at_its_key():
    mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=1)
    for event in events.Tick(), events.Recovered(), events.Refreshed(1), events.Surveyed(1):
        mount.handle(event, 0.0)
    mount.damaged["a"] = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64)
    assert effects.Mend(("a",)) in mount.handle(events.Refreshed(2, ("a", "b")), 0.0)
    mount.handle(events.MendDone(done=("a",)), 0.0)
    assert not mount.damaged
