"""One context without a directory: what its log says, kept beside the mounts, and changed by commits of its own.

To the log it is what any other machine is: a commit that lost its number is planned anew on the new head, what is superseded is
retained before it goes, and what a crash leaves between two requests is put right by whoever looks next.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Final

from holdall.daemon.attachment import file_at, lease_on
from holdall.daemon.mounted import Workshop
from holdall.engine import state_file
from holdall.engine.continuity import CONTEXT
from holdall.engine.effects import Checkpoint, Commit, Effect, Mend, Refresh
from holdall.engine.events import Committed, MendDone, Refreshed
from holdall.engine.hands import Hands, Workbench
from holdall.engine.ledger import Ledger
from holdall.engine.words import Pushed, Step
from holdall.errors import BadFormat, HoldallError, NotThere, Unavailable
from holdall.local.memory import MemoryDisk
from holdall.log.commits import ContextInfo
from holdall.log.layout import prefix_of
from holdall.log.lease import Lease
from holdall.model import Entry, Seen, SeenAs
from holdall.rules.directions import Directions
from holdall.rules.reconcile import Verdict
from holdall.store.open import part_of

_ATTEMPTS: Final = 8
_BUNCH: Final = 64
_EXPECTED: Final = "expected"
_NOWHERE: Final = Directions(push=False, push_delete=False, pull=False, pull_delete=False, back=False)
_LATE_S: Final = 60.0


class Replica:
    """mounted  the lease of the context's mount in this process, where there is one: whoever has it may write

    Safe from several threads, which take turns. Raises NotThere where there is no such context, BusyElsewhere where its store
    takes one writer at a time and another machine is that.
    """

    def __init__(self, context: str, shop: Workshop, mounted: Callable[[], Lease | None]) -> None:
        self.context = context
        self._shop = shop
        self._mounted = mounted
        self._lock = RLock()
        self._lease: Lease | None = None
        self._hands: Hands | None = None
        folder = shop.state / "contexts"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._file = file_at(folder, shop.store.url, context, Path())
        self._ledger: Ledger | None = None

    # -- the head

    @contextmanager
    def at_head(self) -> Iterator[Hands]:
        """What to work with, after a look at the head: `bench.ledger` has its tree. Two GETs where there is nothing new."""
        with self._lock:
            try:
                yield self._refreshed()
            except sqlite3.Error as exc:
                raise self._known().failure(exc) from exc
            finally:
                self._give_back()

    def close(self) -> None:
        with self._lock:
            if self._ledger is not None:
                self._ledger.close()
            self._ledger = self._hands = None

    def close_idle(self) -> bool:
        """The same, unless somebody works with it."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            self.close()
        finally:
            self._lock.release()
        return True

    def forget(self) -> None:
        """What is known of it goes, and is read anew when somebody asks for it."""
        with self._lock:
            self.close()
            state_file.remove(self._file)

    def _refreshed(self) -> Hands:
        try:
            self._refresh()
        except BadFormat:
            # The log is another one (it was put back, or begun anew), and here is nothing that only this side has.
            self.forget()
            self._refresh()
        return self._made()

    def _refresh(self) -> None:
        ledger, hands = self._known(), self._made()
        if ledger.note(CONTEXT) is None or ledger.seq <= 0:
            info = hands.log.info()
            if info is None:
                self.forget()
                raise NotThere(
                    f"there is no context {self.context}", hint="`list` shows those that there are"
                )
            if ledger.note(CONTEXT) is None:
                ledger.set_note(CONTEXT, info.id)  # from here on it is not made anew, whoever deletes it
        refreshed = hands.perform(Refresh(sure=True))
        assert isinstance(refreshed, Refreshed)
        _expect_done(refreshed.error)
        if refreshed.behind >= self._shop.pace.checkpoint_every:
            hands.perform(Checkpoint())

    def _known(self) -> Ledger:
        if self._ledger is None:
            self._ledger = state_file.opened(self._file, Ledger, costs="It is read again from the store")
        return self._ledger

    def _made(self) -> Hands:
        mounted = self._mounted()
        if self._hands is not None and self._lease is mounted:
            return self._hands
        shop, ledger = self._shop, self._known()
        self._lease = mounted
        lease = mounted or lease_on(shop.store, self.context, ledger)
        store = part_of(shop.store, prefix_of(self.context), lease.permit)
        bench = Workbench(
            disk=MemoryDisk(time.time_ns),
            ledger=ledger,
            store=store,
            allowed=lambda _: _NOWHERE,
            clock=shop.store.now,
            origin=ContextInfo("", self.context, "", ""),
            lease=lease,
            line=shop.line.to(store),
        )
        self._hands = Hands(bench)
        return self._hands

    def _give_back(self) -> None:
        """A lease of our own, where the store takes one writer at a time: nobody waits for it longer than this took."""
        hands = self._hands
        if hands is None or self._lease is not None:
            return
        lease = hands.bench.lease
        if lease is not None and lease.needed:
            self._hands = None
            with suppress(HoldallError):  # it ends by itself
                lease.give_back()

    # -- changes

    def commit(
        self, hands: Hands, plan: Callable[[Ledger], list[Pushed]], *, approved: bool = False
    ) -> int | None:
        """Commit what `plan` finds on the head; planned anew where another machine was first. Its number, or None for nothing.

        approved  a person meant the deletions in it
        """
        for _ in range(_ATTEMPTS):
            items = plan(hands.bench.ledger)
            if not items:
                return None
            done = hands.perform(Commit(tuple(items), approved))
            assert isinstance(done, Committed)
            _expect_done(done.error)
            if not done.lost and done.seq >= 0:
                return done.seq
            self._refresh()
        raise Unavailable(f"other machines commit to {self.context} all the time", hint="try it again")

    def delete(self, hands: Hands, paths: Iterable[str]) -> int | None:
        """Those of the paths that are there still, in one commit; their bytes are kept for the retention. Its number."""
        paths = list(paths)

        def plan(ledger: Ledger) -> list[Pushed]:
            rows = ledger.rows(paths)
            return [
                _deletion(path, row.remote) for path, row in rows.items() if isinstance(row.remote, Entry)
            ]

        seq = self.commit(hands, plan, approved=True)
        self._sweep(hands, paths)
        return seq

    def _sweep(self, hands: Hands, paths: list[str]) -> None:
        """The objects of what was deleted. What fails here, the next listing of a mount finds."""
        bunches = [tuple(paths[start : start + _BUNCH]) for start in range(0, len(paths), _BUNCH)]
        asked = [self._shop.pool.submit(_perform, Mend(one, buried=True), hands) for one in bunches]
        settled = [
            item for one in asked if isinstance(done := one.result(), MendDone) for item in done.settled
        ]
        self.commit(hands, lambda ledger: [one for one in settled if _still_stands(ledger, one)])

    # -- what others put into the store

    def expect(self, path: str, until: float) -> None:
        """Somebody may put an object at this path's key, until then (unix seconds): from here on it is looked for."""
        with self._lock:
            ledger = self._known()
            ledger.set_note(_EXPECTED, json.dumps(_expected(ledger) | {path: until}))

    def adopt(self, hands: Hands, paths: Iterable[str] | None = None) -> int | None:
        """Commit what other tools put at these paths, or at those where something is expected. One HEAD each."""
        ledger = hands.bench.ledger
        expected = _expected(ledger)
        looked = sorted(expected) if paths is None else list(paths)
        if not looked:
            return None
        found: set[str] = set()

        def plan(_: Ledger) -> list[Pushed]:
            audited = hands.auditor.audit_paths(looked)
            # Of what another tool put over a file in a pack, an audit keeps both. Whoever asked for the URL means to replace it.
            meant = [item for item in audited.adopted if item.step.path in looked]
            found.update(item.step.path for item in meant)
            return [item._replace(step=item.step._replace(bundle=None)) for item in meant]

        seq = self.commit(hands, plan)
        now = self._shop.store.now()
        left = {
            path: until for path, until in expected.items() if path not in found and now < until + _LATE_S
        }
        if left != expected:
            ledger.set_note(_EXPECTED, json.dumps(left))
        return seq


def _perform(effect: Effect, hands: Hands) -> object:
    return hands.perform(effect)


def _expect_done(error: HoldallError | None) -> None:
    if error is not None:
        raise error


def _expected(ledger: Ledger) -> dict[str, float]:
    found: dict[str, float] = json.loads(ledger.note(_EXPECTED) or "{}")
    return found


def _deletion(path: str, head: Entry) -> Pushed:
    step = Step(path, Verdict.PUSH_DELETE, 0, Seen(path, SeenAs.ABSENT), None, head, head)
    return Pushed(step, None, None)


def _still_stands(ledger: Ledger, item: Pushed) -> bool:
    return ledger.remote(item.step.path) == item.step.remote
