"""Whole engines under a seeded scheduler: the real rules, machine, hands, ledger and log over a memory disk and a memory store.

Every effect runs as a greenlet. Before each request to the store, each step on the disk and each transaction it gives way to the
scheduler, which decides by its dice who goes on, what fails, and who dies. Time is virtual. The same seed is the same run.
"""

import random
import secrets
from collections import deque
from contextlib import ExitStack
from unittest.mock import patch

from greenlet import getcurrent
from tests.simulation.chronicle import Chronicle
from tests.simulation.faults import Faults
from tests.simulation.janitor import Janitor
from tests.simulation.machine import Machine
from tests.simulation.oracle import Oracle
from tests.simulation.vault import Vault

from holdall.engine.hands import Hands
from holdall.engine.mount import Mount
from holdall.log import history
from holdall.log.contexts import set_recycling
from holdall.log.pruning import prune
from holdall.rules import recycle

BEGIN_S = 1_700_000_000.0


def _mount(sync, pace, dice, seq, packing):
    return Mount(sync, pace, dice, seq=seq, packing=packing)


class World:
    """The machines, the store and the time.

    make_hands, make_mount, prune_with  the engine's parts, so that a test can break one on purpose
    pick       who goes on: the dice's choice, or a test's own
    chronicle  what users and foreign tools do, and what becomes of it
    oracle     what must hold
    lifecycles that the context ever had; a day of them is `day_s`
    """

    def __init__(
        self,
        seed,
        machines=2,
        faults=None,
        make_hands=Hands,
        make_mount=None,
        prune_with=prune,
        checkpoint_every=256,
    ):
        self.dice = random.Random(seed)
        self.names = random.Random(seed)
        self.seed = seed
        self.now = BEGIN_S
        self.faults = faults or Faults()
        self.make_hands = make_hands
        self.make_mount = make_mount or _mount
        self.prune_with = prune_with
        self.checkpoint_every = checkpoint_every
        self.boots_by_itself = True
        self.pick = self.dice.choice
        self.chronicle = Chronicle(self)
        self.oracle = Oracle(self)
        self.store = Vault(
            self.chronicle.pruned, self.oracle.check_head, self.chronicle.moved, clock=lambda: self.now
        )
        self.lifecycles = []
        self.day_s = 100.0
        self.scheduler = getcurrent()
        self.pending = []
        self.points = self.requests = self.effects = self.faulted = self.numbered = 0
        self.lines = deque(maxlen=4000)
        self.machines = []
        self.janitors = []
        for _ in range(machines):
            self.add_machine()

    def add_machine(self, **how):
        self.machines.append(Machine(self, f"m{len(self.machines)}", **how))
        return self.machines[-1]

    def token(self, length):
        """In place of what is random in every process: what lies in packs is read in the order of their names."""
        return self.names.randbytes(length).hex()

    @property
    def alone(self):
        """One machine, and nobody else writes to the store."""
        foreign = any(version.foreign for version in self.chronicle.versions.values())
        return len(self.machines) == 1 and not foreign

    def settle(self):
        self.oracle.settle()

    def check(self):
        self.oracle.check()

    def set_recycling(self, recycling):
        """Somebody sets it, on no machine of these."""
        self.trace(f"the lifecycle is {recycling}")
        self.lifecycles.append(recycling)
        set_recycling(self.store, recycling)

    def prune(self, keep_s):
        """Someone begins to take away what is older than `keep_s`."""
        self.janitors.append(Janitor(self, keep_s))

    def trace(self, line):
        self.lines.append((round(self.now - BEGIN_S, 2), line))

    def fault(self, what):
        self.faulted += 1
        self.trace(f"FAULT {what}")

    def later(self, delay_s, act):
        self.numbered += 1
        self.pending.append((self.now + delay_s, self.numbered, act))

    def fail(self, what, *details):
        text = "\n".join(f"{at:9} {line}" for at, line in self.lines)
        raise AssertionError(
            f"seed {self.seed}: {what}\n" + "\n".join(map(str, details)) + "\n" + text[-24000:]
        )

    # -- the scheduler

    def run(self, steps=None, until=None, most=60_000, only=None):
        """`steps` of whatever can go on; or until the condition holds. `only`: the machines that go on, the others wait."""
        in_virtual_time = (
            patch.object(history, "ahead", in_turn),
            patch.object(secrets, "token_hex", self.token),
            patch.object(recycle, "DAY_S", self.day_s),
        )
        with ExitStack() as stack:
            for one in in_virtual_time:
                stack.enter_context(one)
            self._run(steps, until, most, only)

    def _run(self, steps, until, most, only):
        done = 0
        while (steps is None or done < steps) and (until is None or not until()):
            if done >= most:
                self.fail("it does not come to rest")
            done += 1
            choices = [one for process in only or self._processes() for one in process.runnable()]
            if not choices:
                if not self._advance():
                    return
                continue
            self.now += 0.002
            self._due()
            if self.faults.crash and self.dice.random() < self.faults.crash:
                alive = [machine for machine in self.machines if machine.awake]
                if alive:
                    self.dice.choice(alive).crash()
                continue
            self._resume(self.pick(choices))

    def pass_time(self, seconds):
        then = self.now + seconds
        self.later(seconds, lambda: None)
        self.run(until=lambda: self.now >= then)

    def _processes(self):
        return [*self.machines, *self.janitors]

    def _resume(self, chosen):
        if isinstance(chosen, Machine):
            if chosen.inbox and chosen.awake:
                chosen.step()
            return
        process = next((one for one in self._processes() if chosen in one.tasks), None)
        if process is None or not process.awake:
            return  # what was due a moment ago put an end to it
        chosen.switch()
        if chosen.dead and chosen in process.tasks:
            process.tasks.remove(chosen)

    def _due(self):
        due = [one for one in self.pending if one[0] <= self.now]
        if due:
            self.pending = [one for one in self.pending if one[0] > self.now]
            for _, _, act in sorted(due, key=lambda one: one[:2]):
                act()
        for machine in self.machines:
            if machine.awake and machine.wake_at is not None and machine.wake_at <= self.now:
                machine.wake_at = None
                machine.tick()

    def _advance(self):
        times = [at for at, _, _ in self.pending]
        times += [one.wake_at for one in self.machines if one.awake and one.wake_at is not None]
        if not times:
            return False
        self.now = max(self.now, min(times))
        self._due()
        return True


def in_turn(act, items, *, at_once):
    """For the log's `ahead`: greenlets know nothing of its threads."""
    return map(act, items)
