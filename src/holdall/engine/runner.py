"""Runs one mount: its machine on a thread of its own, its effects on the shared pool."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, TypeVar, cast

from holdall.engine import events
from holdall.engine.effects import Answer, Effect, Wake
from holdall.engine.events import Approve, Ask, Event, Pause, Resume, Tick, Touched, Withdraw
from holdall.engine.hands import Hands, failure
from holdall.engine.ledger import Closed
from holdall.engine.mount import Mount
from holdall.engine.words import Receipt, Until
from holdall.errors import HoldallError

_LOGGER: Final = logging.getLogger(__name__)

T = TypeVar("T")

_ENDS: Final = (
    events.Recovered,
    events.Refreshed,
    events.Surveyed,
    events.PushDone,
    events.FetchDone,
    events.Committed,
    events.Landed,
    events.ExtractDone,
    events.Published,
    events.MendDone,
    events.Audited,
    events.Checkpointed,
    events.Recycled,
    events.PruneDone,
    events.Compacted,
)
"""Events that end an effect."""


def steady_clock() -> Callable[[], float]:
    """Unix seconds that never go back: the wall clock as it is now, and what passes from here on, a machine's sleep included."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    ahead = time.time() - time.clock_gettime(clock)
    return lambda: ahead + time.clock_gettime(clock)


class Ticket:
    """A barrier's promise: `wait` gives the receipt."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._done = threading.Event()
        self._receipt: Receipt | None = None

    def settle(self, receipt: Receipt) -> None:
        self._receipt = receipt
        self._done.set()

    def wait(self, timeout_s: float | None = None) -> Receipt | None:
        """None when the time ran out first."""
        self._done.wait(timeout_s)
        return self._receipt


class _Stop:
    pass


class _LeftBehind:
    """In place of the event that would end an effect: it was still under way when the mount had come to its end."""


class _Look:
    """A question about the mount's state, answered on its own thread."""

    def __init__(self, look: Callable[[Mount], object]) -> None:
        self._look = look
        self._done = threading.Event()
        self._answer: object = None

    def answer(self, mount: Mount) -> None:
        self._answer = self._look(mount)
        self._done.set()

    def wait(self, timeout_s: float) -> object:
        self._done.wait(timeout_s)
        return self._answer


class Runner:
    """`changed` is called on the mount's thread after every event, with what it led to, for those who show its state."""

    def __init__(
        self,
        name: str,
        mount: Mount,
        hands: Hands,
        pool: Executor,
        *,
        clock: Callable[[], float] | None = None,
        changed: Callable[[Mount, Event, list[Effect]], None] | None = None,
    ) -> None:
        self.name = name
        self.mount = mount
        self.hands = hands
        self._pool = pool
        self._clock = clock or steady_clock()
        self._changed = changed
        self._inbox: queue.SimpleQueue[Event | _Look | _LeftBehind | _Stop] = queue.SimpleQueue()
        self._behind: list[Event | _Look | _LeftBehind | _Stop] = []
        self._tickets: dict[int, Ticket] = {}
        self._numbers = 0
        self._lock = threading.Lock()
        self._wake_at: float | None = None
        self._running = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._loop, name=f"mount-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.post(Tick())

    def post(self, event: Event) -> None:
        """From any thread."""
        self._inbox.put(event)

    def ask(
        self,
        until: Until,
        *,
        timeout_s: float | None = None,
        path: str | None = None,
        asked: bool = True,
        thorough: bool = False,
        tidy: bool = False,
    ) -> Ticket:
        """A barrier; see events.Ask."""
        with self._lock:
            self._numbers += 1
            ticket = self._tickets[self._numbers] = Ticket(self._numbers)
        deadline = None if timeout_s is None else self._clock() + timeout_s
        self.post(Ask(ticket.number, until, deadline, path, asked, thorough, tidy))
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """Whoever asked has gone."""
        with self._lock:
            self._tickets.pop(ticket.number, None)
        self.post(Withdraw(ticket.number))

    def approve(self) -> None:
        self.post(Approve())

    def pause(self) -> None:
        self.post(Pause())

    def resume(self) -> None:
        self.post(Resume())

    def view(self, look: Callable[[Mount], T], timeout_s: float = 5.0) -> T | None:
        """What `look` sees, on the mount's thread: nothing moves meanwhile. None where that thread does not come to it."""
        question = _Look(look)
        self._inbox.put(question)
        if not self._thread.is_alive():
            question.answer(self.mount)
        return cast("T | None", question.wait(timeout_s))

    @property
    def alive(self) -> bool:
        """Whether a ticket can still be settled."""
        return self._thread.is_alive()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Let what is running come to its end, as far as that takes no longer than this, and start nothing new."""
        self._stopped = True
        self._inbox.put(_Stop())
        self._thread.join(timeout_s)

    # -- the mount's thread

    def _loop(self) -> None:
        stopping = False
        while True:
            event = self._next(stopping=stopping)
            if isinstance(event, _Stop):
                stopping = True
            elif isinstance(event, _Look):
                event.answer(self.mount)
            elif isinstance(event, _LeftBehind):
                self._running -= 1
            else:
                if isinstance(event, _ENDS):
                    self._running -= 1
                event = self._heard_together(event)
                effects = self.mount.handle(event, self._clock())
                for effect in effects:
                    self._carry_out(effect, stopping=stopping)
                if self._changed is not None:
                    self._changed(self.mount, event, effects)
            if stopping and self._running <= 0:
                return

    def _heard_together(self, event: Event) -> Event:
        """What the watch tells in bursts is noted in one go: what follows from it is asked for after the last of it."""
        while isinstance(event, Touched) and not self._behind:
            try:
                following = self._inbox.get_nowait()
            except queue.Empty:
                break
            if isinstance(following, Touched):
                self.mount.note(event, self._clock())
                event = following
            else:
                self._behind.append(following)
        return event

    def _next(self, *, stopping: bool) -> Event | _Look | _LeftBehind | _Stop:
        if self._behind:
            return self._behind.pop()
        timeout = None
        if self._wake_at is not None and not stopping:
            timeout = max(0.0, self._wake_at - self._clock())
        try:
            return self._inbox.get(timeout=timeout)
        except queue.Empty:
            self._wake_at = None
            return Tick()

    def _carry_out(self, effect: Effect, *, stopping: bool) -> None:
        match effect:
            case Wake(at):
                self._wake_at = at
            case Answer(number, receipt):
                ticket = self._tickets.pop(number, None)
                if ticket is not None:
                    ticket.settle(receipt)
            case _ if stopping:
                pass
            case _:
                self._running += 1
                self._pool.submit(self._perform, effect)

    def _perform(self, effect: Effect) -> None:
        try:
            event = self.hands.perform(effect)
        except Exception as exc:  # a defect: the mount must hear of it, or it waits for ever
            if self._stopped and isinstance(exc, Closed):
                self._inbox.put(_LeftBehind())
                return
            _LOGGER.exception("%s: %s failed", self.name, type(effect).__name__)
            defect = HoldallError(
                f"internal error in {type(effect).__name__}: {exc!r}", hint="please report it with the log"
            )
            event = failure(effect, defect)
        if event is not None:
            self.post(event)
