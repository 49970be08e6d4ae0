"""The one pass of a `one` mount, without a mount."""

import sqlite3
import threading

import pytest

from holdall.daemon.once import OncePass
from holdall.engine.runner import Ticket
from holdall.engine.words import Outcome, Receipt
from holdall.rules.retry import Backoff


class Runner:
    def __init__(self):
        self.tickets = []

    def ask(self, _until, *, asked):
        assert not asked
        self.tickets.append(Ticket(len(self.tickets)))
        return self.tickets[-1]

    def answers(self, outcome):
        self.tickets[-1].settle(Receipt(outcome, 1))


class Notes:
    """Writing a note fails so many times first."""

    def __init__(self, failures=0):
        self.failures = failures
        self.tried = threading.Semaphore(0)
        self.noted = {}

    def note(self, name):
        return self.noted.get(name)

    def set_note(self, name, value):
        self.tried.release()
        if self.failures:
            self.failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        self.noted[name] = value


AT_ONCE = Backoff(0.0, 0.0)


@pytest.fixture
def runner():
    return Runner()


@pytest.mark.parametrize("outcome", [Outcome.PARTIAL, Outcome.FAILED])
def test_what_leaves_something_behind_is_no_pass_and_is_made_again(runner, outcome):
    once = OncePass(Notes(), AT_ONCE)
    once.begin(runner)
    runner.answers(outcome)
    once.look()
    assert not once.done
    once.look()
    once.look()
    assert len(runner.tickets) == 2
    runner.answers(Outcome.COMPLETE)
    once.look()
    assert once.done


def test_it_is_not_made_again_at_once(runner):
    once = OncePass(Notes(), Backoff(3600.0, 3600.0))
    once.begin(runner)
    runner.answers(Outcome.PARTIAL)
    once.look()
    once.look()
    assert len(runner.tickets) == 1
    once.begin(runner)  # a person has mended something
    assert len(runner.tickets) == 2


def test_a_full_disk_ends_nothing_and_the_pass_is_noted_later(runner):
    notes = Notes(failures=2)
    once = OncePass(notes, AT_ONCE)
    once.begin(runner)
    runner.answers(Outcome.COMPLETE)
    while not notes.noted:
        once.look()
    assert once.done
    assert [notes.tried.acquire(timeout=0) for _ in range(3)] == [True] * 3
    assert len(runner.tickets) == 1
    assert OncePass(notes).done
