"""What goes wrong: the points at which a process gives way or dies, and the ways a request to the store fails.

A point is passed before each request to the store, each step on the disk and each transaction. There the scheduler decides who
goes on; there a test that drives a world by hand sets its traps.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from greenlet import getcurrent

from holdall.errors import HoldallError, Unavailable

STORE_WRITES = {"put", "upload", "copy", "delete"}
STORE_READS = {"get", "head", "download", "list"}
# Not `stage`: the hands hold a lock then, and whoever waits for that would keep the scheduler waiting with it.
DISK_POINTS = {
    "open",
    "publish",
    "take",
    "keep",
    "drop",
    "set_meta",
    "make_dir",
    "remove_dir",
    "rename",
    "sync",
}
LEDGER_POINTS = {"intend", "begin", "land", "agree", "settle", "apply", "replace", "restamp", "swept"}


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

    def any(self) -> bool:
        return max(self.before, self.after, self.late, self.crash) > 0


@dataclass(slots=True, eq=False)
class Trap:
    """What a test wants to happen once, when a machine comes to a point.

    what      name of the method: `put`, `publish`, `settle` …
    where     the first argument begins with it
    how       see Gate and Wire
    delivers  of a write that is late: carries it out
    """

    what: str
    where: str
    how: str
    sprung: bool = False
    delivers: Callable[[], None] | None = field(default=None, repr=False)

    def deliver(self) -> None:
        assert self.delivers is not None, "the request was not made yet"
        self.delivers()


class Gate:
    """One life of one machine's process. Once dead, nothing it still tries has any effect.

    Traps: "freeze" stops the whole machine before the step, "kill" kills it there.
    """

    def __init__(self, world, machine):
        self.world = world
        self.machine = machine
        self.name = machine.name
        self.dead = False

    def pass_(self, what, args):
        if self.dead:
            raise Killed
        if getcurrent() is not self.world.scheduler:
            self.world.scheduler.switch()
            trap = self.trap(what, args, "freeze", "kill")
            if trap is not None and trap.how == "freeze":
                self.machine.sleep()
                self.world.scheduler.switch()
            elif trap is not None:
                self.machine.crash()
        if self.dead:
            raise Killed
        self.world.points += 1

    def trap(self, what, args, *how):
        """The trap set for this step, which it then has gone off."""
        for trap in self.machine.traps:
            first = str(args[0]) if args else ""
            if trap.how in how and trap.what == what and first.startswith(trap.where):
                self.machine.traps.remove(trap)
                trap.sprung = True
                self.world.trace(f"TRAP {self.name} {trap.how} {what} {first}")
                return trap
        return None


class Through:
    """An object whose named methods give way before they act."""

    def __init__(self, target, gate, points):
        self._target, self._gate, self._points = target, gate, points

    def __getattr__(self, name):
        found = getattr(self._target, name)
        if name not in self._points:
            return found

        def guarded(*args, **kwargs):
            self._gate.pass_(name, args)
            return found(*args, **kwargs)

        self.__dict__[name] = guarded
        return guarded


class Wire:
    """The way to the store: requests fail before, after, or happen late.

    Traps: "lose reply" does it and does not answer, "late" does not answer and leaves the doing to the test, "kill after"
    and "freeze after" kill or stop the machine once it is done.
    """

    def __init__(self, store, gate, world):
        self._store, self._gate, self._world = store, gate, world

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if name not in STORE_WRITES | STORE_READS:
            return found

        def request(*args, **kwargs):
            self._gate.pass_(name, args)
            self._world.requests += 1
            self._fail(name, args, lambda: found(*args, **kwargs))
            result = found(*args, **kwargs)
            self._world.trace(f"{self._gate.name} {name} {args[:2]}")
            self._spring(self._gate.trap(name, args, "kill after", "freeze after"))
            return list(result) if name == "list" else result

        self.__dict__[name] = request
        return request

    def _spring(self, trap):
        if trap is None:
            return
        if trap.how == "kill after":
            self._gate.machine.crash()
            raise Killed
        self._gate.machine.sleep()
        self._world.scheduler.switch()
        if self._gate.dead:
            raise Killed

    def _fail(self, name, args, act):
        world, faults, writes = self._world, self._world.faults, name in STORE_WRITES
        trap = self._gate.trap(name, args, "lose reply", "late")
        roll = 1.0 if trap is not None else world.dice.random()
        if roll < faults.before:
            world.fault(f"{self._gate.name} {name} {args[:1]} fails before")
            raise Unavailable("no answer")
        if trap is not None and trap.how == "lose reply":
            quietly(act)
            raise Unavailable("the answer was lost")
        if trap is not None:
            trap.delivers = lambda: quietly(act)
            raise Unavailable("no answer yet")
        if writes and roll < faults.before + faults.after:
            world.fault(f"{self._gate.name} {name} {args[:1]} answer lost")
            quietly(act)
            raise Unavailable("the answer was lost")
        if writes and roll < faults.before + faults.after + faults.late:
            world.fault(f"{self._gate.name} {name} {args[:1]} late")
            world.later(world.dice.choice((0.5, 5.0, 90.0)), lambda: quietly(act))
            raise Unavailable("no answer yet")


def quietly(act):
    """For what nobody waits for the answer of. Of a large object, a process that died sends no end."""
    with contextlib.suppress(HoldallError, Killed):
        act()
