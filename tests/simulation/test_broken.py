"""The engine broken on purpose, one rule at a time: the simulator has to notice, and to say what is wrong because of it.

What it cannot see, it does not test. What it says of the same seeds when nothing is broken would be no merit.
"""

import hashlib
import re
from dataclasses import replace

import pytest
from tests.simulation.oracle import Oracle
from tests.simulation.schedules import run

from holdall.engine.compactor import Compactor
from holdall.engine.events import PruneDone
from holdall.engine.hands import Hands
from holdall.engine.mount import Mount
from holdall.engine.upkeep import Upkeep
from holdall.engine.uploads import Uploads
from holdall.engine.words import Pushed
from holdall.errors import BadFormat
from holdall.keys import key_of
from holdall.log import layout
from holdall.log.objects import Placed
from holdall.log.pruning import prune
from holdall.model import Plain, Seen, SeenAs

MOST_SEEDS = 1000
UNTRUE = "was told complete, but .* is not in the store"


class Behind:
    """Passes everything through; what a test breaks, it overrides."""

    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        return getattr(self._target, name)


class Promising(Behind):
    """Objects that say they are placed, and are placed when `keep_word` is called."""

    def __init__(self, target):
        super().__init__(target)
        self._promised = []

    def place(self, path, body, uid, head, known, like=None):
        if body.data is None:
            return self._target.place(path, body, uid, head, known, like)
        self._promised.append(lambda: self._target.place(path, body, uid, head, known, like))
        return Placed(Plain(key_of(path), hashlib.md5(body.data).hexdigest()), uid, body.size)

    def keep_word(self):
        promised, self._promised = self._promised, []
        for place in promised:
            place()


class BytesLast(Uploads):
    def commit(self, effect):
        done = super().commit(effect)
        self._objects.keep_word()
        return done


def commits_before_the_bytes(bench):
    hands = Hands(bench)
    hands.uploads = BytesLast(bench.disk, bench.ledger, hands.log, Promising(hands.objects), bench.host)
    return hands


class EmptyWhenGone(Behind):
    """A directory whose root is missing looks like an empty one."""

    def identity(self):
        return (1, 1)

    def scan(self, under="", skip=None):
        return self._target.scan(under, skip) if self._target.root else iter(())

    def look(self, paths):
        return (
            self._target.look(paths) if self._target.root else [Seen(path, SeenAs.ABSENT) for path in paths]
        )


def mirrors_a_vanished_root(bench):
    bench.disk = EmptyWhenGone(bench.disk)
    return Hands(bench)


def without_a_guard(*how):
    mount = Mount(*how[:3], seq=how[3], packing=how[4])
    mount.removals._guard.admits = lambda *_: True
    return mount


class Reckless(Behind):
    """Exchanges without a look at what is there by now."""

    def publish(self, staged, path, expected):
        found = next(iter(self._target.look((path,))))
        return self._target.publish(staged, path, found if found.what is SeenAs.FILE else expected)


def exchanges_unseen(bench):
    bench.disk = Reckless(bench.disk)
    return Hands(bench)


class Forgetful(Behind):
    """Takes a commit of its own, whose answer was lost, for somebody else's."""

    def apply(self, commit):
        with self._target._transaction() as db:
            db.execute("DELETE FROM intents")
            db.execute("DELETE FROM meta WHERE name = 'begun'")
        self._target.apply(commit)


def forgets_its_own(bench):
    bench.ledger = Forgetful(bench.ledger)
    return Hands(bench)


FREED = "freed/"


def frees_numbers(log, now_s, keep_s):
    """Leaves no markers where commits were. It finds its own by itself: that it misses them would be too easy to notice."""
    for info in log.store.list(FREED):
        log.store.put(layout.LOG + info.key.removeprefix(FREED), log.store.get(info.key))
        log.store.delete(info.key)
    try:
        report = prune(log, now_s, keep_s)
    except BadFormat:
        return None  # it met the holes of another run of itself
    for seq in range(1, report.oldest):
        key = layout.log_key(seq)
        log.store.put(FREED + key.removeprefix(layout.LOG), log.store.get(key))
        log.store.delete(key)
    return report


def prunes_nothing_itself(bench):
    hands = Hands(bench)
    hands.upkeep.prune = PruneDone
    return hands


class Greedy(Compactor):
    """Takes away every pack that its head does not name, without a word to anybody."""

    def compact(self):
        done = super().compact()
        for pack in self._packs.listed().keys() - self._ledger.packs.live().keys():
            self._packs._store.delete(layout.pack_key(pack))
        return replace(done, moved=())


def collects_what_is_under_way(bench):
    hands = Hands(bench)
    hands.compactor = Greedy(bench.ledger, hands.objects)
    return hands


class Headlong(Upkeep):
    """Lays out over whatever stands at the key."""

    def _laid_out(self, step, head):
        with self._local(step.path, head) as here:
            body = here or self._packed_body(step.path, head)
            data = b"".join(part() for part in body.parts) if body.data is None else body.data
            written = self._objects.store.put(layout.file_key(key_of(step.path)), data)
        entry = head._replace(where=Plain(key_of(step.path), written.etag, written.version))
        return [Pushed(step, entry, None, fresh=False, adopted=True)]


def lays_out_unseen(bench):
    hands = Hands(bench)
    hands.upkeep = Headlong(bench.ledger, hands.log, hands.objects, bench.origin, hands.uploads.body)
    return hands


@pytest.mark.parametrize(
    ("broken", "schedule", "what"),
    [
        pytest.param(
            {"make_hands": commits_before_the_bytes},
            {},
            UNTRUE,
            id="the commit before the bytes",
        ),
        pytest.param(
            {"make_hands": mirrors_a_vanished_root, "make_mount": without_a_guard},
            {"roots": True, "acts": 30},
            "was deleted at .*, and nobody did",
            id="a vanished root mirrored",
        ),
        pytest.param({"make_hands": exchanges_unseen}, {}, "is lost", id="no compare before the exchange"),
        pytest.param(
            {"make_hands": forgets_its_own}, {}, "is back at", id="a lost answer taken for a foreign change"
        ),
        pytest.param(
            {"prune_with": frees_numbers},
            {"make_hands": prunes_nothing_itself, "ages": True},
            "the head is not what the machines hold|m. and m. differ",
            id="numbers freed by pruning",
        ),
        pytest.param(
            {"make_hands": collects_what_is_under_way}, {}, UNTRUE, id="packs collected without a commit"
        ),
        pytest.param(
            {"make_hands": lays_out_unseen},
            {"foreign": True},
            "is lost",
            id="packs laid out without a condition",
        ),
    ],
)
def test_the_simulator_notices(monkeypatch, broken, schedule, what):
    """`broken`: the parts that are; `what`: a pattern of what the oracle has to say of it."""
    said = []
    with monkeypatch.context() as deaf:
        if what != UNTRUE:
            # An untrue receipt comes of most of them, and would end the run before what it is about.
            deaf.setattr(Oracle, "check_receipt", lambda *_: None)
        for seed in range(MOST_SEEDS):
            found = complaint(seed, schedule | broken)
            said += [(seed, found)] if found else []
            if re.search(what, found):
                break
        else:
            pytest.fail(f"{MOST_SEEDS} schedules went by, and it was not noticed: {said}")
    print(said[-1])
    assert [complaint(seed, schedule) for seed, _ in said] == [""] * len(said)


def complaint(seed, how):
    """The oracle's, on one line; "" where it has none."""
    try:
        run(seed, **how)
    except AssertionError as found:
        return str(found).splitlines()[0]
    return ""
