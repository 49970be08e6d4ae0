"""How long a store has kept silent about what it is asked."""

import errno

import pytest

from holdall.errors import NotThere, Unavailable
from holdall.store import directory_files
from holdall.store.directory import DirectoryStore
from holdall.store.limited import Limited
from holdall.store.silence import Silence


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s

    def passes(self, seconds):
        self.now_s += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def silence(clock):
    return Silence(clock=clock)


def ask(silence, clock, took_s=15.0, answer=None):
    """One request; how long the store has been silent when the answer comes."""
    with silence.waiting():
        clock.passes(took_s)
        silent_s = silence.silent_s()
        if answer is not None:
            raise answer
    return silent_s


def ask_in_vain(silence, clock, took_s=15.0):
    with pytest.raises(Unavailable):
        ask(silence, clock, took_s, Unavailable("no answer"))


def test_nobody_is_silent_who_is_not_asked(silence, clock):
    clock.passes(1000)
    assert silence.silent_s() == 0.0
    ask(silence, clock)
    assert silence.silent_s() == 0.0


def test_silence_counts_from_the_question(silence, clock):
    clock.passes(1000)
    assert ask(silence, clock) == 15.0
    clock.passes(1000)
    assert ask(silence, clock) == 15.0


def test_who_asks_again_waits_since_the_first_time(silence, clock):
    for _ in range(2):
        ask_in_vain(silence, clock)
        clock.passes(1)
        assert silence.silent_s() > 0.0
    assert ask(silence, clock) == 47.0
    assert ask(silence, clock) == 15.0


def test_what_is_not_asked_again_is_not_waited_for(silence, clock):
    ask_in_vain(silence, clock)
    assert silence.silent_s() == 15.0
    clock.passes(10)
    assert silence.silent_s() == 0.0


def test_a_refusal_is_an_answer(silence, clock):
    for _ in range(2):
        with pytest.raises(NotThere):
            ask(silence, clock, answer=NotThere("no object"))
        assert silence.silent_s() == 0.0
    assert ask(silence, clock) == 15.0


def test_an_error_that_nobody_foresaw_is_none(silence, clock):
    with pytest.raises(OSError, match="reset"):
        ask(silence, clock, answer=ConnectionResetError("reset"))
    assert silence.silent_s() == 15.0


def test_whoever_is_answered_speaks_for_all(silence, clock):
    with silence.waiting():
        clock.passes(20)
        ask(silence, clock, took_s=5.0)
        clock.passes(1)
        assert silence.silent_s() == 1.0
        silence.heard()
        assert silence.silent_s() == 0.0


def test_bytes_on_their_way_are_no_silence(silence, clock):
    with silence.waiting():
        clock.passes(15)
        silence.sent()
        clock.passes(1)
        assert silence.silent_s() == 1.0


def test_bytes_that_the_kernel_takes_again_are_no_answer(silence, clock):
    ask_in_vain(silence, clock)
    with silence.waiting():
        silence.sent()
        clock.passes(1)
        assert silence.silent_s() == 16.0
        silence.heard()
        clock.passes(9)
        silence.sent()
        assert silence.silent_s() == 0.0


class TestDirectory:
    """A disk that takes 15 s for every step."""

    @pytest.fixture
    def meanwhile(self, silence, clock, monkeypatch):
        """How long it was silent at the end of each step."""
        found = []

        def slow(act):
            def slowly(*given):
                clock.passes(15)
                found.append(silence.silent_s())
                return act(*given)

            return slowly

        for name in ("read", "write", "copy"):
            monkeypatch.setattr(directory_files, name, slow(getattr(directory_files, name)))
        return found

    @pytest.fixture
    def store(self, tmp_path, silence, monkeypatch):
        monkeypatch.setattr("holdall.store.directory._PART_BYTES", 4)
        made = DirectoryStore(tmp_path / "store", silence)
        yield made
        made.close()

    def test_every_step_is_waited_for(self, store, silence, meanwhile):
        etag = store.put("a", b"12345678").etag
        store.get("a")
        store.copy("a", "b", etag=etag)
        assert meanwhile == [15.0, 15.0, 15.0, 15.0]
        assert silence.silent_s() == 0.0

    def test_a_file_of_ours_or_the_line_is_not(self, store, silence, clock, meanwhile):
        class Busy:
            def take(self, _count):
                clock.passes(1000)
                meanwhile.append(silence.silent_s())

        limited = Limited(store, up=Busy(), down=Busy())
        limited.upload("a", [lambda: b"1234", lambda: b"5678"])
        limited.download("a", 8, lambda *_: Busy().take(0), when=None)
        assert meanwhile == [0.0, 15.0] * 2 + [15.0, 0.0, 0.0] * 2

    def test_a_failing_disk_answers(self, store, silence, monkeypatch):
        def fail(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(directory_files, "write", fail)
        with pytest.raises(Exception, match="takes no more"):
            store.put("a", b"1")
        assert silence.silent_s() == 0.0
