"""The right to write a context whose store ignores conditions (PROTOCOL.md, rule 17): one holder at a time, for a minute.

Best effort, for nothing in such a store arbitrates. Whoever wants the lease looks, writes its own name, and looks again after
a moment: of those who met, the last to write has it. That holds while nobody takes longer than the moment from the look to
the end of the write; who did begins anew. Times are the store's clock.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import Lock
from typing import Final, NamedTuple

from holdall.errors import BusyElsewhere, Lapsed, NotThere, Unavailable
from holdall.log import layout
from holdall.store.base import Store

TERM_S: Final = 60.0
RENEW_S: Final = 20.0
"""How often a holder puts off the end."""

_SPARE_S: Final = 10.0
"""Nothing is begun this shortly before the end: a request takes its time to arrive, and clocks differ."""

_MOMENT_S: Final = 1.0
_ATTEMPTS: Final = 3
_MOST_BYTES: Final = 4096


class Held(NamedTuple):
    """What the lease object says. `holder` is random, another one for every process and mount."""

    holder: str
    host: str
    taken_at: float
    expires_at: float


class Lease:
    """Of one mount. `needed`: the store ignores conditions; while that is not so, nothing here asks it anything.

    store     the context's, without repetitions: a write that arrives late is worse than none
    earlier   holders that this machine was before: theirs is ours, whatever became of them
    remember  keeps this one's name, so that the next process knows it; called before anything is written
    steady    seconds that never go back
    """

    def __init__(
        self,
        store: Store,
        context: str,
        host: str,
        *,
        needed: bool,
        earlier: Iterable[str] = (),
        remember: Callable[[Iterable[str]], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.needed = needed
        self.holder = secrets.token_hex(8)
        self._store = store
        self._context = context
        self._host = host
        self._earlier = frozenset(earlier)
        self._remember = remember
        self._sleep = sleep
        self._steady = steady
        self._asking = Lock()
        self._mine: Held | None = None
        self._ended = False

    # -- without a request

    def permit(self) -> bool:
        """Whether conditions have to be looked after here. Lapsed where they have to, and nothing may be written now."""
        if self.needed and not self._is_held():
            raise Lapsed(f"the lease on {self._context} ran out", hint="it is taken again by itself")
        return self.needed

    def _is_held(self) -> bool:
        mine = self._mine
        return mine is not None and self._store.now() < mine.expires_at - _SPARE_S

    # -- with some

    def hold(self) -> None:
        """Take it, where it is not held. The head has to be read after this: somebody else may have had it meanwhile.

        BusyElsewhere; Unavailable where it cannot be told who has it. Costs three requests and a moment.
        """
        with self._asking:
            if not self._is_held():
                self._take()

    def renew(self) -> None:
        """Put off its end, where it is held. Lapsed where it came to its end, or somebody else has it."""
        with self._asking:
            if self._mine is not None:
                taken_at = self._check().taken_at
                self._mine = self._write(taken_at)

    def confirm(self) -> None:
        """Lapsed unless it is ours in the store too. One GET."""
        with self._asking:
            self._check()

    def give_back(self) -> None:
        """For good: nothing is written under it from here on."""
        with self._asking:
            held = self._is_held()
            self._mine, self._ended = None, True
            if held and (found := self._look()) is not None and found.holder == self.holder:
                self._store.delete(layout.LEASE)

    def _take(self) -> None:
        self._mine = None
        for _ in range(_ATTEMPTS):
            if self._ended:
                break
            began = self._steady()
            self._expect_free(self._look())
            self._remember([*self._earlier, self.holder])
            mine = self._write(self._store.now())
            took_s = self._steady() - began
            self._sleep(_MOMENT_S)
            found = self._look()
            if found == mine and took_s <= _MOMENT_S:
                self._mine, self._earlier = mine, frozenset()
                self._remember([self.holder])
                return
            self._expect_free(found)
        raise Unavailable(f"it cannot be told who writes {self._context}", hint="it is tried again")

    def _expect_free(self, found: Held | None) -> None:
        if found is None or found.holder == self.holder or found.holder in self._earlier:
            return
        if self._store.now() < found.expires_at:
            until = datetime.fromtimestamp(found.expires_at, UTC).astimezone()
            raise BusyElsewhere(
                f"{found.host} writes {self._context} until {until:%H:%M:%S} or longer, "
                "and this store takes one writer at a time",
                hint=f"`holdall release {self._context}` there makes it free; so does a minute without that machine",
            )

    def _check(self) -> Held:
        """What the store says of it, which is ours."""
        found = self._look()
        if found is None or found.holder != self.holder or not self._is_held():
            self._mine = None
            raise Lapsed(f"the lease on {self._context} ran out", hint="it is taken again by itself")
        return found

    def _write(self, taken_at: float) -> Held:
        written = Held(self.holder, self._host, taken_at, self._store.now() + TERM_S)
        self._store.put(layout.LEASE, json.dumps(written._asdict()).encode())
        return written

    def _look(self) -> Held | None:
        """None as well for what nobody can read, where it stays so."""
        for _ in range(_ATTEMPTS):
            try:
                # A range: S3's way for whole small objects shows no Date, and the clock matters here.
                return _decoded(self._store.get(layout.LEASE, length=_MOST_BYTES))
            except NotThere:
                return None
            except (ValueError, TypeError):
                self._sleep(_MOMENT_S)  # RACE: some servers show an object that is half written.
        return None


def _decoded(data: bytes) -> Held:
    """ValueError, TypeError."""
    body = json.loads(data)
    found = Held(**body)
    return Held(str(found.holder), str(found.host), float(found.taken_at), float(found.expires_at))
