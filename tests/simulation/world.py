"""Whole engines under a seeded scheduler: the real rules, machine, hands, ledger and log over a memory disk and a memory store.

Every effect runs as a greenlet. Before each request to the store, each step on the disk and each transaction it gives way to the
scheduler, which decides by its dice who goes on, what fails, and who dies. Time is virtual. The same seed is the same run.
"""

import random
from collections import deque
from dataclasses import dataclass, field

from blake3 import blake3
from greenlet import getcurrent, greenlet

from holdall.engine.hands import Hands, Workbench
from holdall.engine.ledger import Ledger
from holdall.engine.mount import Mount, Pace
from holdall.engine.words import Answer, Approve, Ask, Lost, Outcome, Receipt, Tick, Touched, Until, Wake
from holdall.errors import HoldallError, NotThere, Unavailable
from holdall.local.memory import MemoryDisk
from holdall.local.names import is_staged
from holdall.log.commits import ContextInfo
from holdall.rules.conflict import is_copy
from holdall.rules.directions import Flags, SyncType, directions
from holdall.store.memory import MemoryStore

STORE_WRITES = {"put", "upload", "copy", "delete"}
STORE_READS = {"get", "head", "download", "list"}
DISK_POINTS = {"open", "stage", "stage_link", "publish", "take", "keep", "drop", "set_meta", "make_dir", "remove_dir", "rename", "sync"}
LEDGER_POINTS = {"intend", "land", "agree", "settle", "apply", "replace", "restamp", "swept"}


class Killed(BaseException):
    """The process of this greenlet died."""


@dataclass(slots=True)
class Faults:
    """Chances, for one run. `late`: a write that is not answered, and happens afterwards."""

    before: float = 0.0
    after: float = 0.0
    late: float = 0.0
    crash: float = 0.0
    drop_event: float = 0.0


@dataclass(slots=True)
class Promise:
    """A barrier that was asked: what was on the disk then."""

    files: dict[str, bytes]
    until: Until
    asked_at: float
    receipt: Receipt | None = None


class Gate:
    """One life of one machine's process. Once dead, nothing it still tries has any effect."""

    def __init__(self, world, name):
        self.world = world
        self.name = name
        self.dead = False

    def pass_(self):
        if self.dead:
            raise Killed
        if getcurrent() is not self.world.scheduler:
            self.world.scheduler.switch()
        if self.dead:
            raise Killed
        self.world.points += 1


class Through:
    """An object whose named methods give way before they act."""

    def __init__(self, target, gate, points):
        self._target, self._gate, self._points = target, gate, points

    def __getattr__(self, name):
        found = getattr(self._target, name)
        if name not in self._points:
            return found

        def guarded(*args, **kwargs):
            self._gate.pass_()
            return found(*args, **kwargs)

        self.__dict__[name] = guarded
        return guarded


class Wire:
    """The way to the store: requests fail before, after, or happen late."""

    def __init__(self, store, gate, world):
        self._store, self._gate, self._world = store, gate, world

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if name not in STORE_WRITES | STORE_READS:
            return found

        def request(*args, **kwargs):
            self._gate.pass_()
            world, faults, roll = self._world, self._world.faults, self._world.dice.random()
            world.requests += 1
            if roll < faults.before:
                world.fault(f"{self._gate.name} {name} {args[:1]} fails before")
                raise Unavailable("no answer")
            if name in STORE_WRITES:
                if roll < faults.before + faults.after:
                    world.fault(f"{self._gate.name} {name} {args[:1]} answer lost")
                    try:
                        found(*args, **kwargs)
                    except HoldallError:
                        pass
                    raise Unavailable("the answer was lost")
                if roll < faults.before + faults.after + faults.late:
                    world.fault(f"{self._gate.name} {name} {args[:1]} late")
                    world.later(world.dice.choice((0.5, 5.0, 90.0)), lambda: _quietly(found, args, kwargs))
                    raise Unavailable("no answer yet")
            result = found(*args, **kwargs)
            world.trace(f"{self._gate.name} {name} {args[:2]}")
            return list(result) if name == "list" else result

        return request


def _quietly(act, args, kwargs):
    try:
        act(*args, **kwargs)
    except HoldallError:
        pass


class Machine:
    def __init__(self, world, name, sync=SyncType.AUTO):
        self.world = world
        self.name = name
        self.sync = sync
        self.disk = MemoryDisk(lambda: int(world.now * 1e9))
        self.ledger = Ledger(":memory:")
        self.promises = {}
        self.tickets = 0
        self.lives = 0
        self.disk.on_event = self.touched
        self.boot()

    def boot(self):
        self.lives += 1
        gate = self.gate = Gate(self.world, self.name)
        allowed = lambda asked: directions(self.sync, Flags(), asked=asked)  # noqa: E731
        self.hands = self.world.make_hands(
            Workbench(
                disk=Through(self.disk, gate, DISK_POINTS),
                ledger=Through(self.ledger, gate, LEDGER_POINTS),
                store=Wire(self.world.store, gate, self.world),
                allowed=allowed,
                clock=lambda: self.world.now,
                origin=ContextInfo("sim", "sim", "/sim", "posix"),
                host=self.name,
            )
        )
        self.mount = self.world.make_mount(self.sync, Pace(transfers=4), self.world.dice, self.ledger.seq)
        self.inbox = deque([Tick()])
        self.tasks = []
        self.wake_at = None
        self.up = True

    def crash(self):
        self.world.fault(f"{self.name} is killed")
        self.gate.dead = True
        self.up = False
        self.inbox.clear()
        for task in self.tasks:
            # It finds itself dead at its next step, and cannot do any harm on the way out.
            task.parent = getcurrent()
            try:
                task.switch()
            except Killed:
                pass
        self.tasks = []
        self.promises = {}
        self.world.later(self.world.dice.choice((0.1, 3.0, 40.0)), self.boot)

    def touched(self, path):
        if self.up and self.world.dice.random() >= self.world.faults.drop_event:
            seen = next(iter(self.disk.look((path,))))
            self.inbox.append(Lost(path) if seen.what == "dir" else Touched(path, closed=True))

    def ask(self, until=Until.SYNCED, timeout_s=None, *, thorough=False):
        self.tickets += 1
        deadline = None if timeout_s is None else self.world.now + timeout_s
        self.promises[self.tickets] = Promise(dict(self.disk.files()), until, self.world.now)
        self.inbox.append(Ask(self.tickets, until, deadline, thorough=thorough))
        return self.promises[self.tickets]

    def runnable(self):
        if not self.up:
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
                    self.world.check_receipt(self, promise)
                case _:
                    self.world.effects += 1
                    self.tasks.append(greenlet(lambda effect=effect: self._perform(effect), self.world.scheduler))

    def _perform(self, effect):
        gate = self.gate
        try:
            self.world.trace(f"{self.name} -> {brief(effect)}")
            event = self.hands.perform(effect)
        except Killed:
            return
        if event is not None and not gate.dead:
            self.inbox.append(event)


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


@dataclass(slots=True)
class Version:
    """Content that a user wrote, by name. `replaced_at`: paths where someone who saw it put something else."""

    content: bytes
    dead: bool = False
    replaced_at: set = field(default_factory=set)
    movers: set = field(default_factory=set)
    moved_at: float = 0.0


class World:
    """`make_hands`, `make_mount`: the engine's parts, so that a test can break one on purpose."""

    def __init__(self, seed, machines=2, faults=None, make_hands=Hands, make_mount=None):
        self.dice = random.Random(seed)
        self.seed = seed
        self.now = 1_700_000_000.0
        self.faults = faults or Faults()
        self.make_hands = make_hands
        self.make_mount = make_mount or (lambda sync, pace, dice, seq: Mount(sync, pace, dice, seq=seq))
        self.store = MemoryStore(clock=lambda: self.now)
        self.scheduler = getcurrent()
        self.pending = []
        self.points = self.requests = self.effects = self.faulted = 0
        self.versions = {}
        self.lines = deque(maxlen=4000)
        self.machines = []
        self.born = 0
        for _ in range(machines):
            self.add_machine()

    def add_machine(self, **how):
        self.machines.append(Machine(self, f"m{self.born}", **how))
        self.born += 1
        return self.machines[-1]

    def trace(self, line):
        self.lines.append((round(self.now - 1_700_000_000, 2), line))

    def fault(self, what):
        self.faulted += 1
        self.trace(f"FAULT {what}")

    def later(self, delay_s, act):
        self.pending.append((self.now + delay_s, len(self.pending), act))

    # -- the scheduler

    def run(self, steps=None, until=None, most=60_000):
        """`steps` of whatever can go on; or until the condition holds."""
        done = 0
        while (steps is None or done < steps) and (until is None or not until()):
            if done >= most:
                raise AssertionError(f"seed {self.seed}: it does not come to rest")
            done += 1
            choices = [one for machine in self.machines for one in machine.runnable()]
            if not choices:
                if not self._advance():
                    return
                continue
            self.now += 0.002
            self._due()
            if self.faults.crash and self.dice.random() < self.faults.crash:
                alive = [machine for machine in self.machines if machine.up]
                if alive:
                    self.dice.choice(alive).crash()
                continue
            self._resume(self.dice.choice(choices))

    def _resume(self, chosen):
        if isinstance(chosen, Machine):
            chosen.step()
            return
        machine = next(one for one in self.machines if chosen in one.tasks)
        chosen.switch()
        if chosen.dead:
            machine.tasks.remove(chosen)

    def _due(self):
        due = [one for one in self.pending if one[0] <= self.now]
        if due:
            self.pending = [one for one in self.pending if one[0] > self.now]
            for _, _, act in sorted(due, key=lambda one: one[:2]):
                act()
        for machine in self.machines:
            if machine.up and machine.wake_at is not None and machine.wake_at <= self.now:
                machine.wake_at = None
                machine.inbox.append(Tick())

    def _advance(self):
        times = [at for at, _, _ in self.pending]
        times += [machine.wake_at for machine in self.machines if machine.up and machine.wake_at is not None]
        if not times:
            return False
        self.now = max(self.now, min(times))
        self._due()
        return True

    # -- users

    def write(self, machine, path, content):
        disk = machine.disk
        self._replaced(disk.files().get(path), path)
        disk.write(path, content)
        self.versions[content] = Version(content)
        self.trace(f"USER {machine.name} writes {path} {content!r}")

    def delete(self, machine, path):
        doomed = {one: data for one, data in machine.disk.files().items() if one == path or one.startswith(path + "/")}
        # What an exchange has just displaced lies in the directory too, and goes with it: its user deleted that as well.
        for one, node in machine.disk.tree.nodes.items():
            if one.startswith(path + "/") and is_staged(one) and node.data in self.versions:
                self.versions[node.data].dead = True
        machine.disk.delete(path)
        arriving = {landing.path for landing in machine.ledger.landings()}
        for one, data in doomed.items():
            # Deleted in the moment of its arrival, with its directory: it may come back, and is not lost.
            self._replaced(data, None if one in arriving else one)
        self.trace(f"USER {machine.name} deletes {path}")

    def move(self, machine, source, target):
        files = machine.disk.files()
        self._replaced(files.get(target), target)
        moved = {one: data for one, data in files.items() if one == source or one.startswith(source + "/")}
        machine.disk.move(source, target)
        for one, data in moved.items():
            self.versions[data].movers.add(machine.name)
            self.versions[data].moved_at = self.now
            self.versions[data].replaced_at.add(one)
            self.versions[data].replaced_at.discard(target + one[len(source) :])
        self.trace(f"USER {machine.name} moves {source} to {target}")

    def _replaced(self, content, path):
        if content is not None:
            version = self.versions[content]
            version.dead = True
            version.replaced_at.add(path)

    # -- the oracle

    def settle(self, rounds=12):
        """No more faults, no more users: until everyone agrees."""
        self.faults = Faults()
        self.run(until=lambda: all(machine.up for machine in self.machines))
        self.run(until=lambda: not self.pending)
        before = None
        for _ in range(rounds):
            for machine in self.machines:
                machine.inbox.append(Lost(""))
                promise = machine.ask(Until.SYNCED, timeout_s=600, thorough=True)
                self.run(until=lambda promise=promise: promise.receipt is not None)
                if machine.mount.guard_tripped:
                    machine.inbox.append(Approve())
            now = ([machine.disk.files() for machine in self.machines], sorted(self.head()))
            if now == before and promise.receipt.outcome is Outcome.COMPLETE:
                return
            before = now
        self.fail("the machines do not come to rest", before)

    def head(self):
        """The head's tree, replayed from nothing by a stranger."""
        from holdall.engine.upkeep import Upkeep
        from holdall.log.commits import CommitLog
        from holdall.log.objects import Objects
        from holdall.model import Entry

        ledger = Ledger(":memory:")
        stranger = ContextInfo("sim", "sim", "/", "posix")
        Upkeep(ledger, CommitLog(self.store), Objects(self.store), stranger, lambda _path, _entry: None).refresh()
        found = {path: now for path, now in ledger.tree() if isinstance(now, Entry)}
        ledger.close()
        return found

    def check(self):
        from holdall.log.objects import Objects

        head = self.head()
        trees = [machine.disk.files() for machine in self.machines]
        for machine, tree in zip(self.machines[1:], trees[1:], strict=True):
            if tree != trees[0]:
                self.fail(f"{machine.name} and m0 differ", trees[0], tree)
        stored = {}
        for path, entry in head.items():
            if entry.kind == "file":
                try:
                    stored[path] = Objects(self.store).fetch(path, entry)
                except NotThere:
                    self.fail(f"the head's {path} is nowhere in the store", entry)
        if stored != trees[0]:
            self.fail("the head is not what the machines hold", stored, trees[0])
        reachable = set(trees[0].values())
        for version in self.versions.values():
            # Moved away and back by two people at once: identical bytes re-created, which a removal may meet. They are retained.
            crossed = len(version.movers) > 1 and version.content in self.retained()
            if not version.dead and version.content not in reachable and not crossed:
                self.fail(f"{version.content!r} is lost")
        if self.born == 1 and (copies := [path for path in trees[0] if is_copy(path)]):
            self.fail("a conflict with nobody", copies)
        for path, content in trees[0].items():
            version = self.versions[content]
            # Moved content may have come to the same path twice: the removal of one says nothing of the other.
            if path in version.replaced_at and not version.movers:
                self.fail(f"{content!r} is back at {path}")

    def retained(self):
        return {self.store.get(info.key) for info in self.store.list("trash/")}

    def check_receipt(self, machine, promise):
        """Complete means: every file that was there when it was asked, and still is, can be had from the store."""
        if promise.receipt.outcome is not Outcome.COMPLETE or promise.until is Until.RESTORED:
            return
        stored = {blake3(self.store.get(info.key)).hexdigest() for info in self.store.list("") if info.key.startswith(("files/", "trash/"))}
        named = self.logged()
        for path, content in promise.files.items():
            digest = blake3(content).hexdigest()
            untouched = machine.disk.files().get(path) == content and self.versions[content].moved_at < promise.asked_at
            if untouched and (digest not in stored or digest not in named):
                self.fail(f"{machine.name} was told complete, but {path} {content!r} is not in the store")

    def logged(self):
        """Every digest that some commit names."""
        from holdall.log.codec import Commit
        from holdall.log.commits import CommitLog

        found = set()
        for commit in CommitLog(self.store).since(0):
            if isinstance(commit, Commit):
                found |= {change.now.digest for change in commit.changes if change.now is not None}
        return found

    def fail(self, what, *details):
        text = "\n".join(f"{at:9} {line}" for at, line in self.lines)
        raise AssertionError(f"seed {self.seed}: {what}\n" + "\n".join(map(str, details)) + "\n" + text[-24000:])
