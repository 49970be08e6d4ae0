"""Killed at any step of an extraction, the next start goes on: nothing is lost, nothing goes up, nothing is half there."""

import pytest
from tests.engine.by_clock import Machine, World
from tests.local.extract.making import zipped

from holdall.engine.events import Ask
from holdall.engine.words import Outcome, Until
from holdall.keys import STAGED_PREFIX
from holdall.policies.effective import Extract
from holdall.store.base import Capabilities

FIRST = zipped(("m.json", b"{}"), ("d/n.txt", b"n"), ("kind", b"file"), ("empty/", b""))
SECOND = zipped(("m.json", b"{2}"), ("d/n.txt", b"n"), ("kind/x", b"directory"), ("more", b"more"))
_STEPS = {
    "agree", "land", "restamp", "begin", "placed", "forget", "note", "release_stale", "settle",
    "stage", "publish", "take", "drop", "make_dir", "remove_dir", "sync", "open",
}  # fmt: skip


class Dead(BaseException):
    pass


class Life:
    """`left`: steps until the process dies; None: it lives on."""

    def __init__(self):
        self.left = None

    def step(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Dead


class Mortal:
    """A disk or ledger of a process that may die before each of its steps."""

    def __init__(self, target, life):
        self._target, self._life = target, life

    def __getattr__(self, name):
        found = getattr(self._target, name)
        if name == "archives":
            return Mortal(found, self._life)
        if name not in _STEPS:
            return found

        def step(*args, **kwargs):
            self._life.step()
            return found(*args, **kwargs)

        return step


class Extracting(Machine):
    extraction = Extract()

    def __init__(self, *args):
        self.life = Life()
        super().__init__(*args)

    def boot(self):
        if not isinstance(self.ledger, Mortal):
            self.ledger = Mortal(self.ledger, self.life)
        super().boot()

    def shown(self):
        return Mortal(super().shown(), self.life)


class Keeping(Extracting):
    extraction = Extract(delete_src_file=False)


def synced(world, machine):
    """Also where it dies on the way: it is started again then, and lives. Whether it died."""
    died = False
    machine.inbox.append(Ask(1, Until.SYNCED, world.now + 30))
    try:
        world.pass_time(31)
    except Dead:
        died = True
        machine.life.left = None
        machine.kill()
        machine.boot()
        machine.flush(Until.SYNCED)
    assert machine.receipts[1].outcome is Outcome.COMPLETE, machine.receipts[1]
    return died


def put(maker, data):
    maker.disk.write("a/pack.zip", data)
    maker.flush()


def check(world, machine, expected):
    machine.flush(Until.SYNCED, thorough=True)
    assert machine.disk.files() == expected
    assert not [path for path in machine.disk.tree.nodes if STAGED_PREFIX in path]
    assert not [path for path in expected if not path.startswith("a/pack")]


def members(data):
    return (
        {"a/pack/m.json": b"{}", "a/pack/d/n.txt": b"n", "a/pack/kind": b"file"}
        if data is FIRST
        else {
            "a/pack/m.json": b"{2}",
            "a/pack/d/n.txt": b"n",
            "a/pack/kind/x": b"directory",
            "a/pack/more": b"more",
        }
    )


@pytest.mark.parametrize("kind", [Extracting, Keeping])
@pytest.mark.parametrize("newer", [False, True])
def test_killed_anywhere(kind, newer):
    steps, died = 0, True
    while died:
        world = World(Capabilities())
        maker = world.machine("maker")
        put(maker, FIRST)
        one = world.machine("one", kind=kind)
        data = FIRST
        if newer:
            synced(world, one)
            one.kill()
            data = SECOND
            put(maker, data)
            one.boot()
        one.life.left = steps
        died = synced(world, one)
        one.life.left = None
        expected = members(data) | ({} if kind is Extracting else {"a/pack.zip": data})
        check(world, one, expected)
        assert world.keys() == {"a/pack.zip"}, steps
        fresh = world.machine("fresh", kind=kind)
        fresh.flush(Until.SYNCED)
        check(world, fresh, expected)
        steps += 1
    assert steps > 20


def test_what_its_user_did_while_it_was_dead_stands():
    steps, died = 0, True
    while died:
        world = World(Capabilities())
        put(world.machine("maker"), FIRST)
        one = world.machine("one", kind=Extracting)
        one.life.left = steps
        one.inbox.append(Ask(1, Until.SYNCED, world.now + 30))
        try:
            world.pass_time(31)
            died = False
        except Dead:
            one.kill()
        one.life.left = None
        if "a/pack/m.json" in one.disk.files():
            one.disk.write("a/pack/m.json", b"edited")
        else:
            one.disk.write("a/pack/m.json", b"before")
        mine = one.disk.read("a/pack/m.json")
        if died:
            one.boot()
        one.flush(Until.SYNCED)
        assert one.disk.read("a/pack/m.json") == mine
        assert world.store.get("files/a/pack/m.json") == mine
        fresh = world.machine("fresh", kind=Extracting)
        fresh.flush(Until.SYNCED)
        assert fresh.disk.files() == one.disk.files()
        steps += 1
    assert steps > 20
