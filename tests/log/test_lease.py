"""One writer at a time, where the store keeps nobody apart: the lease, by a clock that is moved by hand."""

import json

import pytest
from tests.store.test_probe import NONE

from holdall.errors import BusyElsewhere, Lapsed, NotThere, Unavailable
from holdall.log.lease import RENEW_S, TERM_S, Lease
from holdall.store.counted import Counted
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing

KEY = "lease.json"


class Moment:
    """`meanwhile`: what others do the next time that somebody waits."""

    def __init__(self):
        self.now = 1_700_000_000.0
        self.meanwhile = None

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        self.now += seconds


@pytest.fixture
def clock():
    return Moment()


@pytest.fixture
def store(clock):
    return MemoryStore(clock=clock, capabilities=NONE)


@pytest.fixture
def lease(clock, store):
    def make(host, *, over=None, **how):
        how = {"needed": True, "sleep": clock.sleep, "steady": clock} | how
        return Lease(over or store, "work", host, **how)

    return make


def said(store):
    return json.loads(store.get(KEY))


def holds(one):
    try:
        return one.permit()
    except Lapsed:
        return False


def test_it_says_who_has_it_and_until_when(clock, store, lease):
    began = clock.now
    mine = lease("one")
    mine.hold()
    assert holds(mine)
    assert said(store) == {
        "holder": mine.holder,
        "host": "one",
        "taken_at": began,
        "expires_at": began + TERM_S,
    }


def test_a_second_one_is_told_who_and_until_when(lease):
    lease("one").hold()
    with pytest.raises(BusyElsewhere, match=r"^one writes work until \d\d:\d\d:\d\d") as caught:
        lease("two").hold()
    assert "holdall release work" in caught.value.hint
    assert not caught.value.permanent


def test_it_is_put_off_for_as_long_as_somebody_is_there(clock, lease):
    mine, other = lease("one"), lease("two")
    mine.hold()
    for _ in range(30):
        clock.now += RENEW_S
        mine.renew()
        assert holds(mine)
        with pytest.raises(BusyElsewhere):
            other.hold()


def test_of_a_holder_that_died_another_may_take_it_when_it_has_ended(clock, lease):
    lease("one").hold()
    other = lease("two")
    clock.now += TERM_S - 2
    with pytest.raises(BusyElsewhere):
        other.hold()
    clock.now += 2
    other.hold()
    assert holds(other)


def test_given_back_it_is_free_at_once(store, lease):
    mine, other = lease("one"), lease("two")
    mine.hold()
    mine.give_back()
    assert store.head(KEY) is None
    assert not holds(mine)
    other.hold()
    with pytest.raises(Unavailable):
        mine.hold()


def test_what_is_another_ones_by_now_is_not_given_back(clock, store, lease):
    mine, other = lease("one"), lease("two")
    mine.hold()
    clock.now += TERM_S
    other.hold()
    mine.give_back()
    assert said(store)["host"] == "two"


def test_what_another_one_took_unseen_is_not_given_back(store, lease):
    """By our clock it is ours still."""
    mine, other = lease("one"), lease("two")
    mine.hold()
    store.delete(KEY)
    other.hold()
    mine.give_back()
    assert said(store)["host"] == "two"


# -- races


class Stale(Passing):
    """Whoever asks first sees nothing: the look was before another's write."""

    looked = False

    def get(self, key, **how):
        if not self.looked:
            self.looked = True
            raise NotThere("not yet")
        return self.inner.get(key, **how)


def test_of_two_that_meet_the_last_to_write_has_it(clock, store, lease):
    first, last = lease("first"), lease("last", over=Stale(store))
    clock.meanwhile = last.hold
    with pytest.raises(BusyElsewhere, match="last writes"):
        first.hold()
    assert (holds(first), holds(last)) == (False, True)


class Slow(Stale):
    slow = True

    def __init__(self, store, clock):
        super().__init__(store)
        self.clock = clock

    def put(self, key, data, **how):
        if self.slow:
            self.slow = False
            self.clock.now += 5
        return self.inner.put(key, data, **how)


def test_a_write_that_took_its_time_is_not_trusted(clock, store, lease):
    """It may have gone over the name of one that had looked back already. That one sees it before it writes anything of weight."""
    quick, slow = lease("quick"), lease("slow", over=Slow(store, clock))
    quick.hold()
    slow.hold()
    assert said(store)["taken_at"] > clock.now - 2  # written anew
    with pytest.raises(Lapsed):
        quick.confirm()
    assert not holds(quick)
    with pytest.raises(BusyElsewhere):
        quick.hold()


def test_who_is_always_too_slow_has_nothing(clock, store, lease):
    class Slower(Passing):
        def put(self, key, data, **how):
            clock.now += 5
            return self.inner.put(key, data, **how)

    mine = lease("one", over=Slower(store))
    with pytest.raises(Unavailable, match="cannot be told"):
        mine.hold()
    assert not holds(mine)


# -- sleep


def test_nothing_is_written_shortly_before_the_end(clock, lease):
    mine = lease("one")
    mine.hold()
    clock.now += TERM_S - 5
    with pytest.raises(Lapsed):
        mine.permit()


def test_who_slept_past_the_end_takes_it_anew(clock, lease):
    mine = lease("one")
    mine.hold()
    clock.now += 3600
    for ask in (mine.permit, mine.renew):
        with pytest.raises(Lapsed):
            ask()
    mine.renew()  # and is not kept alive by renewing
    assert not holds(mine)
    mine.hold()
    assert holds(mine)


def test_who_slept_while_another_took_it_is_told(clock, lease):
    mine, other = lease("one"), lease("two")
    mine.hold()
    clock.now += TERM_S
    other.hold()
    with pytest.raises(Lapsed):
        mine.renew()
    with pytest.raises(BusyElsewhere, match="two writes"):
        mine.hold()


# -- restart


class Notes:
    def __init__(self):
        self.holders = []

    def keep(self, holders):
        self.holders = list(holders)


def test_a_process_that_was_killed_takes_its_own_again_at_once(lease):
    notes = Notes()
    lease("one", remember=notes.keep).hold()
    again = lease("one", earlier=notes.holders, remember=notes.keep)
    again.hold()
    assert holds(again)
    assert notes.holders == [again.holder]


@pytest.mark.parametrize("carried_out", [False, True])
def test_killed_before_it_knew_whether_it_has_it(store, lease, carried_out):
    """Its name, and those before it, are kept until one of them is known to stand."""

    class Dying(Passing):
        def put(self, key, data, **how):
            if carried_out:
                self.inner.put(key, data, **how)
            raise KeyboardInterrupt

    notes = Notes()
    lease("one", remember=notes.keep).hold()
    with pytest.raises(KeyboardInterrupt):
        lease("one", over=Dying(store), earlier=notes.holders, remember=notes.keep).hold()
    last = lease("one", earlier=notes.holders)
    last.hold()
    assert holds(last)


def test_of_two_copies_of_a_state_one_holds(lease):
    notes = Notes()
    lease("image", remember=notes.keep).hold()
    one, two = (lease(name, earlier=notes.holders) for name in ("one", "two"))
    one.hold()
    with pytest.raises(BusyElsewhere):
        two.hold()


# -- the object


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b"{}", b'{"holder": 1}'])
def test_what_nobody_can_read_is_waited_for_and_then_nobodys(clock, store, lease, junk):
    store.put(KEY, junk)
    began = clock.now
    mine = lease("one")
    mine.hold()
    assert clock.now - began > 2
    assert holds(mine)


def test_half_an_object_is_looked_at_again(clock, store, lease):
    lease("two").hold()
    whole = store.get(KEY)
    store.put(KEY, whole[:20])
    clock.meanwhile = lambda: store.put(KEY, whole)
    with pytest.raises(BusyElsewhere, match="two writes"):
        lease("one").hold()


def test_where_it_is_not_needed_nothing_is_asked(store, lease):
    counted = Counted(store)
    mine = lease("one", over=counted, needed=False)
    assert mine.permit() is False
    mine.renew()
    mine.give_back()
    assert not counted.requests
