"""Engines over one memory store, by a clock that is moved by hand: no threads, and nobody waits."""

import random
from collections import deque

from holdall.engine.effects import Answer, Wake
from holdall.engine.events import Ask, Lost, Tick, Touched
from holdall.engine.hands import Hands, Workbench
from holdall.engine.ledger import Ledger
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.words import Until
from holdall.errors import StoreError, Unavailable
from holdall.local.memory import MemoryDisk
from holdall.log.commits import PUT, ContextInfo
from holdall.log.lease import RENEW_S, Lease
from holdall.model import SeenAs
from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.packing import Packing
from holdall.store.base import Capabilities
from holdall.store.looking import Looking
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing

BLIND = Capabilities(
    put_when=False,
    delete_when=False,
    copy_when=False,
    copy_pinned=False,
    complete_when=False,
    part_copy=False,
)


class World:
    """`over`: what a machine puts between itself and the store. `store_ahead_s`: how wrong the store's clock is."""

    def __init__(self, capabilities=BLIND, pace=None):
        self.now = 1_700_000_000.0
        self.store_ahead_s = 0.0
        self.store = MemoryStore(clock=lambda: self.now + self.store_ahead_s, capabilities=capabilities)
        self.pace = pace or Pace()
        self.machines = []

    def machine(self, name, over=lambda store: store, kind=None, recycling=None):
        self.machines.append((kind or Machine)(self, name, over, recycling))
        return self.machines[-1]

    def keys(self, part="files/"):
        return {one.key.removeprefix(part) for one in self.store.list(part)}

    def pass_time(self, seconds):
        until = self.now + seconds
        while True:
            for machine in self.machines:
                machine.work()
            due = [one.due_at for one in self.machines if one.due_at is not None]
            at = min(due, default=until)
            if at > until:
                break
            self.now = max(self.now, at)
            for machine in self.machines:
                machine.wake_up()
            if not due:
                break
        self.now = until

    def sleep(self, seconds):
        """As `Lease` does, in the middle of something."""
        self.now += seconds


class Switch(Passing):
    """`dead`: nothing is answered."""

    dead = False

    def get(self, key, **how):
        return self._answered(self.inner.get, key, **how)

    def put(self, key, data, **how):
        return self._answered(self.inner.put, key, data, **how)

    def head(self, key):
        return self._answered(self.inner.head, key)

    def _answered(self, call, *args, **how):
        if self.dead:
            raise Unavailable("no answer")
        return call(*args, **how)


class Machine:
    """up          its process runs
    asleep      it stands still
    passed      the one pass of `one` is over
    extraction  of archives that come down
    recycling   what its policy says
    apart       the store's clock is another one than its own
    """

    extraction = None

    def __init__(self, world, name, over, recycling=None):
        self.world = world
        self.name = name
        self.store = over(world.store)
        self.disk = self.make_disk(lambda: int(world.now * 1e9))
        self.ledger = Ledger(":memory:", lambda: world.now)
        self.sync, self.flags, self.skip = SyncType.AUTO, Flags(), None
        self.passed = False
        self.packing = Packing()
        self.pace = world.pace
        self.recycling = recycling
        self.apart = True
        self.boots = 0
        self.asleep = False
        self.boot()

    def make_disk(self, clock):
        return MemoryDisk(clock, on_event=self.touched)

    def shown(self):
        """The disk, as the engine knows it."""
        return self.disk

    def boot(self):
        ledger = self.ledger
        self.lease = Lease(
            self.store,
            "work",
            self.name,
            needed=PUT in (ledger.note("ignores") or "").split(),
            earlier=(ledger.note("holders") or "").split(),
            remember=lambda holders: ledger.set_note("holders", " ".join(holders)),
            sleep=self.world.sleep,
            steady=lambda: self.world.now,
        )
        self.hands = Hands(
            Workbench(
                disk=self.shown(),
                ledger=ledger,
                store=Looking(self.store, self.lease.permit),
                allowed=lambda asked: directions(self.sync, self.flags, asked, passed=self.passed),
                clock=lambda: self.world.now,
                origin=ContextInfo(self.name, "work", "/work", "posix"),
                skip=self.skip,
                host=self.name,
                lease=self.lease,
                boot=str(self.boots),
                recycling=self.recycling,
                own_clock=lambda: self.world.now if self.apart else self.world.store.now(),
                apart=self.apart,
                extraction=self.extraction,
            )
        )
        self.mount = Mount(
            self.sync, self.pace, random.Random(1), seq=ledger.seq, packing=lambda: self.packing
        )
        self.inbox = deque([Tick()])
        self.receipts = {}
        self.wake_at = None
        self.renew_at = self.world.now + RENEW_S
        self.up = True

    def kill(self):
        self.up = False

    def leave(self):
        self.up = False
        self.lease.give_back()

    def touched(self, path):
        if self.up and not self.asleep:
            seen = next(iter(self.disk.look((path,))))
            self.inbox.append(Lost(path) if seen.what is SeenAs.DIR else Touched(path, closed=True))

    @property
    def due_at(self):
        if not self.up or self.asleep:
            return None
        times = [self.wake_at, self.renew_at if self.lease.needed else None]
        return min((at for at in times if at is not None), default=None)

    def wake_up(self):
        if not self.up or self.asleep:
            return
        if self.renew_at <= self.world.now:
            self.renew_at = self.world.now + RENEW_S
            try:
                self.lease.renew()
            except StoreError:
                self.renew_at = self.world.now + 5
        if self.wake_at is not None and self.wake_at <= self.world.now:
            self.wake_at = None
            self.inbox.append(Tick())

    def work(self):
        while self.up and not self.asleep and self.inbox:
            for effect in self.mount.handle(self.inbox.popleft(), self.world.now):
                match effect:
                    case Wake(at):
                        self.wake_at = at
                    case Answer(number, receipt):
                        self.receipts[number] = receipt
                    case _:
                        self.inbox.append(self.hands.perform(effect))

    def flush(self, until=Until.DURABLE, within_s=30.0, **how):
        """The receipt; `how` as in Ask."""
        number = len(self.receipts) + 1
        self.inbox.append(Ask(number, until, self.world.now + within_s, **how))
        self.world.pass_time(within_s + 1)
        return self.receipts[number]

    @property
    def problems(self):
        return set(self.mount.problems)
