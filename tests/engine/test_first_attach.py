"""What lies in a directory already when it is attached for the first time."""

import random

import pytest
from blake3 import blake3
from tests.engine.by_clock import World

from holdall.engine import effects, events
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.words import Step, Until
from holdall.errors import Unavailable
from holdall.log.layout import LOG
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.conflict import is_copy
from holdall.rules.directions import SyncType
from holdall.rules.reconcile import Verdict
from holdall.store.base import Capabilities
from holdall.store.passing import Passing


@pytest.fixture
def world():
    """Four versions of `a`, and a checkpoint behind the third."""
    found = World(Capabilities())
    one = found.machine("one")
    for number in range(1, 4):
        one.disk.write("a", b"version %d" % number)
        one.flush()
    one.hands.upkeep.checkpoint()
    one.disk.write("a", b"version 4")
    one.flush()
    return found


class Noting(Passing):
    def __init__(self, store):
        super().__init__(store)
        self.got = []

    def get(self, key, **how):
        self.got.append(key)
        return self.inner.get(key, **how)


def attached(world, data):
    """The files in the end, and the numbers of the commits that were read for it."""
    noting = Noting(world.store)
    two = world.machine("two", lambda _store: noting)
    two.disk.write("a", data)
    two.flush(Until.SYNCED)
    return two.disk.files(), {int(key.removeprefix(LOG)) for key in noting.got if key.startswith(LOG)}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_earlier_version_is_stale(world, number):
    files, _ = attached(world, b"version %d" % number)
    assert files == {"a": b"version 4"}


def test_anything_else_is_a_conflict(world):
    files, _ = attached(world, b"another")
    (copy,) = (path for path in files if is_copy(path))
    assert files == {"a": b"version 4", copy: b"another"}


def test_only_a_difference_has_the_past_read(world):
    files, of_none = attached(world, b"version 4")
    _, of_one = attached(world, b"another")
    assert files == {"a": b"version 4"}
    assert not of_none & {1, 2, 3}
    assert of_one >= {1, 2, 3}


def test_the_objects_of_earlier_versions_are_no_strangers(world):
    """What was read of the past does not make leftovers of what the head names."""
    two = world.machine("two")
    two.disk.write("a", b"version 1")
    two.flush(Until.SYNCED)
    assert world.store.get("files/a") == b"version 4"
    two.disk.write("a", b"version 5")
    assert two.flush().outcome == "complete"
    assert world.store.get("files/a") == b"version 5"


def test_what_the_head_names_is_no_earlier_version(world):
    one = world.machines[0]
    one.hands.upkeep.checkpoint()
    attached(world, b"another")
    two, head = world.machines[-1], one.ledger.remote("a")
    assert two.ledger.was_version("a", blake3(b"version 3").hexdigest())
    assert not two.ledger.was_version("a", head.digest)
    assert not two.ledger.knows_uid(head.uid, "a")


def test_nothing_goes_up_before_the_head_was_read():
    """What is here may be there already."""
    mount = Mount(SyncType.AUTO, Pace(), random.Random(1), seq=-1)
    mount.handle(events.Tick(), 0.0)
    mount.handle(events.Recovered(), 0.0)
    asked = mount.handle(events.Refreshed(error=Unavailable("no answer")), 0.0)
    (survey,) = [one for one in asked if isinstance(one, effects.Survey)]
    file = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64)
    step = Step("p", Verdict.PUSH, survey.number, Seen("p", SeenAs.FILE), file, None, None)
    mount.handle(events.Surveyed(survey.number, (step,)), 0.0)
    assert mount.flow.idle
