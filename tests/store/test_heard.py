"""How long a store has kept silent about what it is asked."""

import pytest
from tests.store.contract import StoreContract

from holdall.errors import NotThere, Unavailable
from holdall.store.heard import Heard
from holdall.store.memory import MemoryStore


class TestHeard(StoreContract):
    @pytest.fixture
    def store(self):
        return Heard(MemoryStore())


class Slow(MemoryStore):
    """Every answer takes its time, and `meanwhile` is what the watcher notes down by then; `mute`: it never comes."""

    def __init__(self):
        super().__init__(part_bytes=1000)
        self.now_s = 100.0
        self.heard = Heard(self, lambda: self.now_s)
        self.takes_s = 0.0
        self.mute = False
        self.meanwhile = []

    def get(self, key, **how):
        self.wait()
        return super().get(key, **how)

    def put(self, key, data, **how):
        self.wait()
        return super().put(key, data, **how)

    def list(self, prefix):
        for one in super().list(prefix):
            self.wait()
            yield one

    def wait(self):
        self.now_s += self.takes_s
        self.meanwhile.append(self.heard.silent_s())
        if self.mute:
            raise Unavailable("no answer")


@pytest.fixture
def slow():
    found = Slow()
    found.heard.put("a", b"1")
    found.heard.put("b", b"2")
    found.meanwhile.clear()
    return found


def test_nobody_is_silent_who_is_not_asked(slow):
    slow.now_s += 1000
    assert slow.heard.silent_s() == 0.0


def test_silence_counts_from_the_question(slow):
    slow.now_s += 1000
    slow.takes_s = 15.0
    slow.heard.get("a")
    assert slow.meanwhile == [15.0]
    assert slow.heard.silent_s() == 0.0


def test_who_asks_again_waits_since_the_first_time(slow):
    slow.takes_s, slow.mute = 15.0, True
    for _ in range(3):
        with pytest.raises(Unavailable):
            slow.heard.get("a")
    assert slow.meanwhile == [15.0, 30.0, 45.0]
    assert slow.heard.silent_s() == 0.0
    slow.mute = False
    slow.heard.get("a")
    slow.heard.get("a")
    assert slow.meanwhile[-1] == 15.0


def test_a_refusal_is_an_answer(slow):
    slow.takes_s = 15.0
    for _ in range(2):
        with pytest.raises(NotThere):
            slow.heard.get("nix")
    assert slow.meanwhile == [15.0, 15.0]


def test_bytes_take_their_time(slow):
    slow.takes_s = 30.0
    slow.heard.put("c", bytes(8_000_000))
    slow.heard.put("c", b"1")
    assert slow.meanwhile == [0.0, 30.0]


def test_each_object_of_a_listing_is_an_answer(slow):
    slow.takes_s = 15.0
    assert [one.key for one in slow.heard.list("")] == ["a", "b"]
    assert slow.meanwhile == [15.0, 15.0]


def test_whoever_takes_its_time_with_the_bytes_is_not_the_store(slow):
    def write(_offset, _data):
        slow.now_s += 1000
        slow.meanwhile.append(slow.heard.silent_s())

    slow.takes_s = 15.0
    slow.heard.download("a", 1, write, when=None)
    assert slow.meanwhile == [0.0]
    slow.now_s += 1000
    slow.heard.get("a")
    assert slow.meanwhile == [0.0, 15.0]
