"""One machine: a disk and a ledger that outlive its processes, and the process under way."""

import contextlib
from collections import deque
from dataclasses import dataclass

from greenlet import getcurrent, greenlet
from tests.simulation.chronicle import contents
from tests.simulation.faults import DISK_POINTS, LEDGER_POINTS, Gate, Killed, Through, Trap, Wire

from holdall.engine.effects import Answer, Wake
from holdall.engine.events import Ask, Lost, Tick, Touched
from holdall.engine.hands import Workbench
from holdall.engine.ledger import Ledger
from holdall.engine.pace import Pace
from holdall.engine.words import Receipt, Until
from holdall.local.memory import MemoryDisk
from holdall.log.commits import ContextInfo
from holdall.model import SeenAs
from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.packing import Packing


@dataclass(slots=True)
class Promise:
    """A barrier that was asked: what was on the disk then."""

    files: dict[str, bytes]
    until: Until
    asked_at: float
    receipt: Receipt | None = None


class Machine:
    """asleep     its processes stand still, in the middle of what they do
    traps      see faults.py
    seen_here  paths that some look of a test found on its disk
    packing    may be another one at any time
    expired_here  path -> content that it had when that expired, and that nobody has touched since
    """

    def __init__(self, world, name, sync=SyncType.AUTO, packing=Packing(), burst_files=500):  # noqa: B008
        self.world = world
        self.name = name
        self.sync = sync
        self.packing = packing
        self.burst_files = burst_files
        self.disk = MemoryDisk(lambda: int(world.now * 1e9))
        self.ledger = Ledger(":memory:")
        self.promises = {}
        self.tickets = 0
        self.lives = 0
        self.asleep = False
        self.traps = []
        self.seen_here = set()
        self.expired_here = {}
        self.disk.on_event = self.touched
        self.boot()

    @property
    def awake(self):
        return self.up and not self.asleep

    @property
    def at_hand(self):
        """Whether its user can do something: it is not asleep, and its directory is there."""
        return not self.asleep and self.disk.root is not None

    def boot(self):
        self.lives += 1
        gate = self.gate = Gate(self.world, self)
        self.hands = self.world.make_hands(
            Workbench(
                disk=Through(self.disk, gate, DISK_POINTS),
                ledger=Through(self.ledger, gate, LEDGER_POINTS),
                store=Wire(self.world.store, gate, self.world),
                allowed=lambda asked: directions(self.sync, Flags(), asked),
                clock=lambda: self.world.now,
                origin=ContextInfo("sim", "sim", "/sim", "posix"),
                host=self.name,
                own_clock=lambda: self.world.now,
                apart=True,
            )
        )
        pace = Pace(transfers=4, checkpoint_every=self.world.checkpoint_every, burst_files=self.burst_files)
        self.mount = self.world.make_mount(
            self.sync, pace, self.world.dice, self.ledger.seq, lambda: self.packing
        )
        self.mount.chores.mend = Orderly()
        self.mount.chores.laying = Orderly()
        self.inbox = deque([Tick()])
        self.tasks = []
        self.wake_at = None
        self.up = True

    def crash(self, boot_in_s=None):
        """Its process is killed. It boots by itself, after a while of the dice where none is given (0: when told to)."""
        self.world.fault(f"{self.name} is killed")
        self.gate.dead = True
        self.up = self.asleep = False
        self.inbox.clear()
        own = getcurrent()
        for task in self.tasks:
            if task is own:
                continue  # it dies at the point where it is
            # It finds itself dead at its next step, and cannot do any harm on the way out.
            task.parent = own
            with contextlib.suppress(Killed):
                task.switch()
        self.tasks = []
        self.promises = {}
        if boot_in_s is None and self.world.boots_by_itself:
            boot_in_s = self.world.dice.choice((0.1, 3.0, 40.0))
        if boot_in_s:
            self.world.later(boot_in_s, self.boot)

    def sleep(self):
        self.world.trace(f"{self.name} falls asleep")
        self.asleep = True

    def wake(self):
        if self.asleep:
            self.world.trace(f"{self.name} wakes up")
            self.asleep = False
            self.inbox.append(Lost(""))

    def tick(self):
        self.inbox.append(Tick())

    def set_trap(self, how, what, where=""):
        self.traps.append(Trap(what, where, how))
        return self.traps[-1]

    def look_around(self):
        self.seen_here.update(contents(self.disk))

    def touched(self, path):
        if self.awake and self.world.dice.random() >= self.world.faults.drop_event:
            seen = next(iter(self.disk.look((path,))))
            self.inbox.append(Lost(path) if seen.what is SeenAs.DIR else Touched(path, closed=True))

    def ask(self, until=Until.SYNCED, timeout_s=None, *, thorough=False, tidy=False):
        self.tickets += 1
        deadline = None if timeout_s is None else self.world.now + timeout_s
        self.promises[self.tickets] = Promise(dict(self.disk.files()), until, self.world.now)
        self.inbox.append(Ask(self.tickets, until, deadline, thorough=thorough, tidy=tidy))
        return self.promises[self.tickets]

    def runnable(self):
        if not self.awake:
            return []
        return self.tasks + ([self] if self.inbox else [])

    def step(self):
        event = self.inbox.popleft()
        self.world.trace(f"{self.name} <- {brief(event)}")
        for effect in self.mount.handle(event, self.world.now):
            match effect:
                case Wake(at):
                    self.wake_at = at
                case Answer(number, receipt):
                    promise = self.promises.pop(number)
                    promise.receipt = receipt
                    self.world.oracle.check_receipt(self, promise)
                case _:
                    self.world.effects += 1
                    self.tasks.append(
                        greenlet(lambda effect=effect: self._perform(effect), self.world.scheduler)
                    )

    def _perform(self, effect):
        gate = self.gate
        try:
            self.world.trace(f"{self.name} -> {brief(effect)}")
            event = self.hands.perform(effect)
        except Killed:
            return
        if event is not None and not gate.dead:
            self.inbox.append(event)


class Orderly(set):
    """A set's order is another one in every process; the same seed must be the same run."""

    def pop(self):
        first = min(self)
        self.remove(first)
        return first


def brief(what):
    """An event or effect on one line: its paths and verdicts."""
    parts = []
    for name in getattr(what, "__dataclass_fields__", ()):
        value = getattr(what, name)
        if isinstance(value, tuple) and value and isinstance(value[0], tuple):
            value = [_item(one) for one in value]
        if value not in ((), None, False, frozenset()):
            parts.append(f"{name}={value}")
    return f"{type(what).__name__}({', '.join(parts)})"


def _item(one):
    step = getattr(one, "step", one)
    if hasattr(step, "verdict"):
        entry = getattr(one, "entry", None)
        return f"{step.path}:{step.verdict}" + (f":{entry.uid}" if entry else "")
    return str(one)
