"""What arrives together, and needs each other's place or word: the first barrier has all of it."""

import pytest
from tests.engine.by_clock import World

from holdall.engine.events import Ask
from holdall.engine.rulebook import Rulebook
from holdall.engine.words import Outcome, Until
from holdall.model import SeenAs
from holdall.store.base import Capabilities


@pytest.fixture
def two_machines():
    """`d` with files in it, `data` left out by a rule; the same on both."""
    world = World(Capabilities())
    one, two = (world.machine(name) for name in ("one", "two"))
    for each in (one, two):
        each.skip = Rulebook(each.disk)
        each.boot()
    for path in ("d/a", "d/e/b", "data/x", "other"):
        one.disk.write(path, path.encode())
    one.disk.write(".holdallignore", b"data/\n")
    one.flush()
    assert two.flush(Until.SYNCED).outcome is Outcome.COMPLETE
    return one, two


def as_a_file(disk):
    disk.write("d", b"a file now")


def as_a_link(disk):
    disk.symlink("d", "other")


def as_nothing(_disk):
    pass


@pytest.mark.parametrize("became", [as_a_file, as_a_link, as_nothing])
def test_a_directory_with_files_that_is_none_any_more(two_machines, became):
    """What is erased in it lies there under a staged name until that is agreed on."""
    one, two = two_machines
    one.disk.delete("d")
    became(one.disk)
    two.asleep = True
    one.flush()
    receipt = restored(two)
    assert (receipt.outcome, receipt.left) == (Outcome.COMPLETE, ())
    assert [one.disk.tree.look(path).what for path in ("d", "d/a", "d/e")] == [
        two.disk.tree.look(path).what for path in ("d", "d/a", "d/e")
    ]


def restored(machine):
    """As `exec` waits for it: as long as it takes, and what fails once has failed."""
    machine.asleep = False
    number = len(machine.receipts) + 1
    machine.inbox.append(Ask(number, Until.RESTORED))
    machine.world.pass_time(30)
    return machine.receipts[number]


def test_what_new_rules_let_in_is_waited_for(two_machines):
    """Also where the watch has not told of the rules file yet."""
    one, two = two_machines
    one.disk.write(".holdallignore", b"\n")
    two.asleep = True
    one.flush()
    two.disk.on_event = None
    receipt = restored(two)
    assert (receipt.outcome, receipt.downloaded_files) == (Outcome.COMPLETE, 2)
    assert two.disk.tree.look("data/x").what is SeenAs.FILE
