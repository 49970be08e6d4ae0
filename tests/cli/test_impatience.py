"""A command and a store that says nothing: it is told, and it ends; what is asked again is only what may be answered."""

import socket
from contextlib import suppress
from threading import Event, Thread

import pytest
from tests.cli.desk import Desk

from holdall.cli.impatience import Impatience
from holdall.errors import Unavailable
from holdall.store.silence import GivenUp


class Hung:
    """Takes every connection, and says nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.taken = []
        self.thread = Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            if not connection.recv(1):
                return connection.close()
            self.taken.append(connection)

    def close(self):
        socket.create_connection(self.listener.getsockname()).close()
        self.thread.join()
        for one in [*self.taken, self.listener]:
            one.close()


@pytest.fixture
def hung():
    server = Hung()
    yield server
    server.close()


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def impatience(clock):
    return Impatience(lambda: None, clock)


@pytest.mark.parametrize("command", [["ls", "--context", "c"], ["doctor"], ["verify", "--context", "c"]])
def test_a_store_that_never_answers_is_asked_once(tmp_path, monkeypatch, hung, command):
    monkeypatch.setattr("holdall.cli.impatience._SILENCE_S", 0.4)
    monkeypatch.setattr("holdall.cli.impatience._TOLD_AFTER_S", 0.1)
    desk = Desk(tmp_path, monkeypatch)
    for name, value in {"ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s", "ENDPOINT_URL": hung.url}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    found = desk.run(*command, "--store", "s3://bucket/x")
    assert found.code == 1
    assert len(hung.taken) == 1
    assert found.err.count(f"waiting for {hung.url}/bucket/x\n") == 1
    assert f"{hung.url}/bucket: no answer in time\n" in found.err + found.out
    assert ".holdall-doctor" not in found.out


def ask(impatience, clock, took_s=15.0):
    """The error of one request that meets with silence."""
    with suppress(TimeoutError), impatience.waiting():
        clock.now += took_s
        raise TimeoutError
    return type(impatience.unanswered("no answer", path="k", hint="h"))


def test_what_was_given_up_is_asked_nothing_more(impatience, clock):
    assert ask(impatience, clock) is GivenUp
    with pytest.raises(GivenUp, match="no answer"), impatience.waiting():
        raise AssertionError


def test_a_connection_that_cannot_be_made_is_tried_as_long(impatience, clock):
    assert [ask(impatience, clock, took_s=5.0) for _ in range(3)] == [Unavailable, Unavailable, GivenUp]


@pytest.mark.parametrize("idle_s", [0.0, 1000.0])
def test_a_store_that_was_heard_is_asked_once_more(impatience, clock, idle_s):
    with impatience.waiting():
        pass
    clock.now += idle_s
    assert [ask(impatience, clock) for _ in range(2)] == [Unavailable, GivenUp]


def test_one_connection_that_dies_is_no_silence_of_the_store(impatience, clock):
    for _ in range(9):
        impatience.heard()  # by another thread
        assert ask(impatience, clock) is Unavailable


def test_a_body_that_is_taken_is_no_word_of_the_store(impatience, clock):
    impatience.sent()
    assert ask(impatience, clock) is GivenUp


def test_a_wait_is_told_once(monkeypatch):
    monkeypatch.setattr("holdall.cli.impatience._TOLD_AFTER_S", 0.01)
    told, times = Event(), []

    def tell():
        times.append(1)
        told.set()

    impatience = Impatience(tell)
    for _ in range(3):
        with impatience.waiting():
            assert told.wait(10)
    assert times == [1]
