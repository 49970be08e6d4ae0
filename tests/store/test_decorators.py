"""Retrying, Limited, Counted: each is a store like any other, and adds one thing."""

from threading import Thread

import pytest
from tests.store.contract import StoreContract

from holdall.errors import ConditionFailed, NotThere, Unavailable
from holdall.store.base import ABSENT, CopyRange
from holdall.store.counted import Counted
from holdall.store.limited import Bucket, Limited
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing
from holdall.store.retrying import Retrying
from holdall.store.silence import GivenUp


class Flaky(Passing):
    """Fails `times`, before what is asked is done or after it."""

    def __init__(self, store, times, *, after=False):
        super().__init__(store)
        self.left = times
        self.after = after

    def __getattribute__(self, name):
        found = super().__getattribute__(name)
        if name not in {"get", "head", "put", "upload", "copy", "delete", "list", "download"}:
            return found

        def act(*args, **kwargs):
            if not self.left:
                return found(*args, **kwargs)
            self.left -= 1
            if self.after:
                found(*args, **kwargs)
            raise Unavailable("later")

        return act


class Stack(StoreContract):
    @pytest.fixture
    def store(self):
        inner = Counted(Limited(MemoryStore(), up=Bucket(1e12), down=Bucket(1e12)))
        return Retrying(Flaky(inner, 1), sleep=lambda _: None)


class TestStack(Stack):
    pass


@pytest.fixture
def pauses():
    return []


def retrying(times, pauses, **kwargs):
    inner = MemoryStore()
    inner.put("k", b"one", meta={"uid": "1"})
    return Retrying(Flaky(inner, times, **kwargs), attempts=4, sleep=pauses.append), inner


class TestRetrying:
    @pytest.mark.parametrize("after", [False, True])
    def test_it_asks_again(self, pauses, after):
        for act in (
            lambda store: store.get("k"),
            lambda store: store.head("k"),
            lambda store: store.put("k", b"two"),
            lambda store: store.upload("k", [lambda: b"a", lambda: b"b"]),
            lambda store: store.copy("k", "l"),
            lambda store: store.delete("k"),
            lambda store: list(store.list("")),
            lambda store: store.download("k", 3, lambda *_: None, when=None),
        ):
            store, _ = retrying(3, pauses, after=after)
            act(store)
        assert len(pauses) == 8 * 3
        assert min(pauses) > 0
        assert max(pauses) <= 8

    def test_it_gives_up(self, pauses):
        store, _ = retrying(4, pauses)
        with pytest.raises(Unavailable):
            store.get("k")
        assert len(pauses) == 3

    def test_only_what_may_pass_is_asked_again(self, pauses):
        store, _ = retrying(0, pauses)
        with pytest.raises(NotThere):
            store.get("missing")
        with pytest.raises(ConditionFailed) as caught:
            store.put("k", b"", when=ABSENT)
        assert pauses == []
        assert not hasattr(caught.value, "__notes__")

    def test_a_lost_answer_may_look_like_another_writer(self, pauses):
        store, inner = retrying(1, pauses, after=True)
        with pytest.raises(ConditionFailed) as caught:
            store.put("new", b"mine", when=ABSENT)
        assert "its work" in caught.value.__notes__[0]
        assert inner.get("new") == b"mine"

    def test_a_listing_that_has_begun_breaks_off(self, pauses):
        class Broken(Passing):
            def list(self, prefix):
                yield from self.inner.list(prefix)
                raise Unavailable("later")

        inner = MemoryStore()
        inner.put("k", b"")
        found = []
        with pytest.raises(Unavailable):
            found.extend(o.key for o in Retrying(Broken(inner), sleep=pauses.append).list(""))
        assert pauses == []

    def test_what_was_given_up_is_raised_at_once(self, pauses):
        class Silent(Passing):
            def head(self, key):
                raise GivenUp("no answer")

        with pytest.raises(GivenUp):
            Retrying(Silent(MemoryStore()), sleep=pauses.append).head("k")
        assert pauses == []

    def test_what_a_part_raises_is_raised_at_once(self, pauses):
        store, _ = retrying(0, pauses)
        with pytest.raises(OSError, match="moved"):
            store.upload("k", [lambda: b"a", lambda: (_ for _ in ()).throw(OSError("moved"))])
        assert pauses == []


class TestLimited:
    @pytest.fixture
    def clock(self):
        class Clock:
            at = 0.0

            def __call__(self):
                return self.at

            def sleep(self, seconds):
                self.at += seconds

        return Clock()

    def test_the_rate_holds_on_average(self, clock):
        bucket = Bucket(1000, clock=clock, sleep=clock.sleep)
        for _ in range(50):
            bucket.take(500)
        assert 23 <= clock.at <= 25

    def test_a_pause_saves_up_a_second_and_no_more(self, clock):
        bucket = Bucket(1000, clock=clock, sleep=clock.sleep)
        clock.at = 100.0
        for _ in range(4):
            bucket.take(1000)
        assert clock.at == 102.0

    def test_up_and_down(self, clock):
        up, down = (Bucket(1000, clock=clock, sleep=clock.sleep) for _ in range(2))
        store = Limited(MemoryStore(part_bytes=1000), up=up, down=down)
        etag = store.put("a", b"x" * 3000).etag
        store.put("b", b"")
        assert clock.at == 3.0
        store.upload("c", [lambda: b"x" * 1000, CopyRange("a", etag, 0, 3000), lambda: b""])
        assert clock.at == 4.0
        store.get("a")
        store.download("a", 3000, lambda *_: None, when=etag)
        assert clock.at == 8.0  # 6,000 bytes, the first second saved up and the last 1,000 not yet paid

    def test_no_limit(self):
        pauses = []
        Bucket(None, sleep=pauses.append).take(10**12)
        assert pauses == []


class TestCounted:
    def test_calls_and_bytes(self):
        store = Counted(MemoryStore())
        etag = store.put("a", b"12345").etag
        store.upload("b", [lambda: b"123", CopyRange("a", etag, 0, 2)])
        store.get("b", length=2)
        store.download("a", 5, lambda *_: None, when=None)
        store.head("a")
        store.copy("a", "c")
        store.delete("c")
        list(store.list(""))
        assert store.requests == dict.fromkeys(
            ("put", "upload", "part", "part copy", "get", "download", "head", "copy", "delete", "list"), 1
        )
        assert (store.bytes_up, store.bytes_down) == (8, 7)
        store.reset()
        assert (dict(store.requests), store.bytes_up, store.bytes_down) == ({}, 0, 0)

    def test_from_many_threads(self):
        store = Counted(MemoryStore())
        threads = [Thread(target=lambda: [store.put("k", b"x") for _ in range(200)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.requests["put"] == store.bytes_up == 1600
