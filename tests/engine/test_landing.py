"""What a user does in the very moment in which something arrives."""

import pytest
from blake3 import blake3
from tests.engine.by_clock import World
from tests.engine.entries import A, theirs

from holdall.engine.aside import name_aside
from holdall.engine.words import Until
from holdall.errors import Unreadable
from holdall.keys import STAGED_PREFIX
from holdall.local.base import PART_PREFIX
from holdall.local.memory import MemoryDisk
from holdall.log.history import History
from holdall.store.base import Capabilities


class Snatching(MemoryDisk):
    """Its user puts a file in the place of a directory as soon as that is made."""

    def make_dir(self, path, mode):
        super().make_dir(path, mode)
        self.delete(path)
        self.write(path, b"a user's")


def test_a_file_that_took_the_place_of_a_directory_is_news():
    world = World(Capabilities())
    one, two = (world.machine(name) for name in ("one", "two"))
    two.disk = Snatching(lambda: int(world.now * 1e9), on_event=two.touched)
    two.boot()
    one.disk.mkdir("k")
    one.flush()
    world.pass_time(30)
    two.flush()
    one.flush(Until.SYNCED)
    assert one.disk.files() == two.disk.files() == {"k": b"a user's"}


@pytest.fixture
def two_machines():
    """`f` is "first" on both."""
    world = World(Capabilities())
    one, two = (world.machine(name) for name in ("one", "two"))
    one.disk.write("f", b"first")
    one.flush()
    two.flush(Until.SYNCED)
    return one, two


def test_a_save_right_after_the_exchange_goes_up(two_machines, monkeypatch):
    """Nobody tells of it: the look that follows the exchange has it."""
    one, two = two_machines
    publish = two.disk.publish

    def published(staged, path, expected):
        displaced = publish(staged, path, expected)
        two.disk.on_event = None
        two.disk.write(path, b"saved at once")
        two.disk.on_event = two.touched
        return displaced

    with monkeypatch.context() as busy:
        busy.setattr(two.disk, "publish", published)
        one.disk.write("f", b"second")
        one.flush()
        two.flush(Until.SYNCED)
    one.flush(Until.SYNCED)
    assert one.disk.files() == two.disk.files() == {"f": b"saved at once"}


def test_a_loser_that_does_not_get_its_name_is_kept_under_another(two_machines, monkeypatch):
    one, two = two_machines
    refused = []
    real = two.disk.keep

    def keep(staged, path):
        if not refused:
            refused.append(path)
            raise Unreadable("file name too long", path=path)
        real(staged, path)

    monkeypatch.setattr(two.disk, "keep", keep)
    one.disk.write("f", b"ours")
    two.up = False
    two.disk.write("f", b"theirs")
    one.flush()
    two.boot()
    two.flush(Until.SYNCED)
    assert refused
    assert sorted(two.disk.files().values()) == [b"ours", b"theirs"]


def test_who_waits_for_a_conflict_waits_for_its_copy(two_machines):
    one, two = two_machines
    two.kill()
    one.disk.write("f", b"ours")
    one.flush()
    two.disk.write("f", b"theirs")
    two.boot()
    receipt = two.flush()
    tree = dict(History(two.hands.log).tree(receipt.commit))
    assert {entry.digest for entry in tree.values()} == {
        blake3(data).hexdigest() for data in (b"ours", b"theirs")
    }


def test_what_another_process_has_staged_is_no_leftover_of_ours(two_machines, monkeypatch):
    """A restore beside a daemon; later it is gone, and what it left behind is cleaned up."""
    _, two = two_machines
    part, done = f"{PART_PREFIX}1-2", f"{STAGED_PREFIX}1-3"
    with monkeypatch.context() as claimed:
        claimed.setattr(two.disk, "is_claimed", {part, done}.__contains__)
        two.disk.write(part, b"half of it")
        two.disk.write(done, b"first")
        two.boot()
        two.flush()
        assert {part, done} <= two.disk.tree.nodes.keys()
    two.boot()
    two.flush()
    assert set(two.disk.tree.nodes) == {"f"}


def test_a_conflict_copy_has_a_name_that_neither_the_disk_nor_the_head_has(two_machines):
    _, two = two_machines
    first = two.hands.copy_name("f")
    two.disk.write(first, b"")
    second = two.hands.copy_name("f")
    two.ledger.apply(theirs(two.ledger.seq + 1, (second, A)))
    third = two.hands.copy_name("f")
    assert len({first, second, third}) == 3


def test_what_goes_aside_stays_on_its_own_file_system(two_machines, monkeypatch):
    _, two = two_machines
    monkeypatch.setattr(two.disk, "top_of", lambda path: "mnt" if path.startswith("mnt/") else "")
    assert name_aside(two.disk, "mnt/r/.git/config", 0, "pc").startswith(
        "mnt/.holdall-conflicts/r/.git/config ("
    )
    assert name_aside(two.disk, "r/.git/config", 0, "pc").startswith(".holdall-conflicts/r/.git/config (")
