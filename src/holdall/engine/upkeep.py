"""Hands for what keeps log and store in order: refresh, mend, checkpoint, prune."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from holdall.engine.continuity import CONTEXT, Continuity, lost
from holdall.engine.effects import Mend
from holdall.engine.events import Checkpointed, MendDone, PruneDone, Refreshed
from holdall.engine.ledger import Ledger
from holdall.engine.packer import put_apart
from holdall.engine.past import BEGAN
from holdall.engine.words import Failed, Pushed, Step
from holdall.errors import BadFormat, HoldallError, NotThere, Unavailable
from holdall.log import contexts
from holdall.log.codec import Checkpoint as LogCheckpoint, Pruned
from holdall.log.commits import COPY, DELETE, PUT, CommitLog, ContextInfo
from holdall.log.objects import Body, Foreign, Mended, Objects
from holdall.log.pruning import prune_daily
from holdall.model import Entry, Packed, Plain, Seen, SeenAs, Tombstone
from holdall.rules.reconcile import Verdict

_NAMED: Final = 10_000
REMOVING_MAX: Final = 10_000
"""What an earlier process left behind beyond this, the next listing finds."""
LAYING_MAX: Final = 10_000
_LOGGER: Final = logging.getLogger(__name__)


class Upkeep:
    """origin  what context.json is to say where there is none yet
    local   path, head entry -> its bytes while the context lasts, None where this disk does not have them
    expires whether something may expire in this context
    """

    def __init__(
        self,
        ledger: Ledger,
        log: CommitLog,
        objects: Objects,
        origin: ContextInfo,
        local: Callable[[str, Entry], AbstractContextManager[Body | None]],
        expires: Callable[[ContextInfo], bool] = lambda _info: False,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._objects = objects
        self._origin = origin
        self._local = local
        self._continuity = Continuity(ledger, log)
        self._sound = False
        self._touched: set[str] | None = set()
        self._ours = False
        self._expires = expires
        self._recycle = False

    def refresh(self, *, sure: bool = False) -> Refreshed:
        """To the head. One GET when there is nothing new.

        sure  that the log was not put back meanwhile is looked at as well

        The first time in a process, and after a look that found something wrong, whether the store is whole is looked at too.
        """
        laying: tuple[str, ...] = ()
        if sure or not self._sound:
            self._read_surely()
            laying = tuple(self._ledger.packs.to_lay(LAYING_MAX))
        else:
            self._read_on()
        touched, ours = self._touched, self._ours
        self._touched, self._ours = set(), False
        recycle, self._recycle = self._recycle, False
        if touched is None or len(touched) > _NAMED:
            touched = None
        return Refreshed(
            self._ledger.seq,
            None if touched is None else tuple(sorted(touched)),
            self._behind(),
            removing=tuple(self._ledger.unswept(REMOVING_MAX)) if ours else (),
            laying=laying,
            recycle=recycle,
        )

    def expect_sound(self) -> None:
        """Raises BadFormat where context or log are not what this ledger was made from. Three requests, or a few more."""
        self._sound = False
        self._continuity.expect_context(self._log.info())
        self._continuity.expect_read()
        self._continuity.expect_whole()
        self._continuity.was_seen()
        self._sound = True

    def _read_surely(self) -> None:
        whole, self._sound = not self._sound, False
        if whole:
            self._know_context()
        if self._ledger.seq < 0:
            self._first_contact()
        else:
            self._continuity.expect_read()
        self._read_on()
        if whole:
            self._continuity.expect_whole()
        self._continuity.was_seen()
        self._sound = True

    def _read_on(self) -> None:
        """What is new is noted, and told when the whole of it is read."""
        ledger = self._ledger
        while (found := self._log.read(ledger.seq + 1)) is not None:
            if isinstance(found, Pruned):
                self._jump()
                self._touched = None
                continue
            self._ours = ledger.apply(found) or self._ours
            if self._touched is not None:
                self._touched.update(change.path for change in found.changes)

    def _know_context(self) -> None:
        found = self._log.info()
        self._continuity.expect_context(found)
        info = self._log.enter(found or self._log.create(self._origin))
        if info.ignores:
            self._ledger.set_note("ignores", " ".join(info.ignores))
        if PUT not in info.ignores:  # else what goes through the lease's wrapper is looked at anyway
            self._objects.copies = COPY not in info.ignores
            self._objects.deletes = DELETE not in info.ignores
        self._continuity.expect_context(info)
        self._recycle = self._expires(info)
        if self._ledger.note(CONTEXT) is None:
            self._ledger.set_note(CONTEXT, info.id)
        if not info.origin and self._origin.origin:
            contexts.originate(self._log.store, self._origin)

    def _first_contact(self) -> None:
        newest = self._log.newest_checkpoint()
        if newest is not None:
            try:
                self._take(newest)
            except NotThere:  # it was taken away since
                newest = self._log.listed_checkpoint()
                if newest is not None:
                    self._jump()
        if newest is None:
            self._ledger.set_note("seq", "0")
            return
        self._ledger.set_note("checkpoint", str(self._ledger.seq))
        self._ledger.set_note(BEGAN, str(self._ledger.seq))

    def _jump(self) -> None:
        """Past commits that were pruned while we were away: the newest checkpoint is the head's tree by then."""
        newest = self._log.listed_checkpoint()
        if newest is None or newest <= self._ledger.seq:
            raise BadFormat(
                f"commit {self._ledger.seq + 1} was pruned and no checkpoint behind it is in the store",
                hint="run `holdall verify`",
            )
        try:
            self._take(newest)
        except NotThere as exc:
            # A newer one was written and this one taken away since the listing.
            raise Unavailable("the newest checkpoint is being replaced", hint="it is tried again") from exc
        # What was condemned in between, nothing tells.
        self._objects.packs.fresh.clear()
        self._ledger.set_note("checkpoint", str(newest))

    def _take(self, newest: int) -> None:
        """The tree of a checkpoint is the head's. NotThere."""
        checkpoint = self._log.checkpoint(newest)
        if not self._log.is_taken(newest):
            raise lost(newest)
        self._ledger.replace(checkpoint)

    def _behind(self) -> int:
        return self._ledger.seq - int(self._ledger.note("checkpoint") or 0)

    def checkpoint(self) -> Checkpointed:
        seq = self._ledger.seq
        self._log.write_checkpoint(LogCheckpoint(seq, self._ledger.tree()))
        self._ledger.set_note("checkpoint", str(seq))
        return Checkpointed(seq)

    def prune(self) -> PruneDone:
        try:
            report = prune_daily(self._log, self._log.store.now())
        except NotThere as exc:
            # Another machine is at it this very moment, or a checkpoint is missing for good: then `holdall verify` names it.
            _LOGGER.debug("nothing is pruned this time: %s", exc)
            return PruneDone()
        self._ledger.forget_old(report.oldest)
        return PruneDone()

    def mend(self, effect: Mend) -> MendDone:
        settled: list[Pushed] = []
        done: list[str] = []
        damaged: list[tuple[str, Entry]] = []
        failed: list[Failed] = []
        intents = self._ledger.intents_of(effect.paths)
        for path, row in self._ledger.rows(effect.paths).items():
            head = row.remote
            step = Step(path, Verdict.NOTHING, 0, Seen(path, SeenAs.ABSENT), None, None, head)
            try:
                if isinstance(head, Entry) and head.packed is not None and head.packed.lay:
                    laid = self._laid_out(step, head)
                    if laid is None:
                        damaged.append((path, head))
                    else:
                        settled.extend(laid)
                    done.append(path)
                    continue
                if effect.buried and isinstance(head, Tombstone) and self._objects.remove(path, head):
                    outcome = Mended.REMOVED
                else:
                    alike = self._ledger.uploads_of(path, head.digest) if isinstance(head, Entry) else ()
                    outcome = self._objects.mend(path, head, self._known(path), alike)
                if outcome is Mended.DAMAGED and isinstance(head, Entry):
                    where = self._put_back(path, head)
                    if where is None:
                        damaged.append((path, head))
                    elif where != head.where:
                        settled.append(
                            Pushed(step, head._replace(where=where), None, fresh=False, adopted=True)
                        )
            except HoldallError as exc:
                failed.append(Failed(path, exc))
                continue
            if path in intents:
                settled.append(Pushed(step, None, None, fresh=False))
            elif _was_about_an_object(head) and outcome is Mended.REMOVED:
                settled.append(Pushed(step, None, None, fresh=False, swept=True))
            done.append(path)
        self._ledger.swept(done)
        return MendDone(tuple(settled), tuple(done), tuple(damaged), tuple(failed))

    def _known(self, path: str) -> Callable[[str], bool]:
        return lambda uid: self._ledger.knows_uid(uid, path)

    def _put_back(self, path: str, head: Entry) -> Plain | Packed | None:
        with self._local(path, head) as body:
            if body is None:
                return None
            if head.packed is not None:
                return head.packed._replace(slices=put_apart(self._objects.packs, path, body))
            return self._objects.put_back(path, body, head, self._known(path))

    def _laid_out(self, step: Step, head: Entry) -> list[Pushed] | None:
        """As a plain object, over the one that its pack entry took the place of, and over nothing else. Empty: something else
        stands there, which the next listing judges. None: its bytes are not to be had.
        """
        path = step.path
        with self._local(path, head) as here:
            try:
                body = here or self._packed_body(path, head)
            except (NotThere, BadFormat):
                return None
            placed = self._objects.place(path, body, head.uid, head, self._known(path))
        if isinstance(placed, Foreign):
            return []
        entry = head._replace(where=placed.where, uid=placed.uid)
        return [Pushed(step, entry, None, fresh=False, adopted=True)]

    def _packed_body(self, path: str, head: Entry) -> Body:
        data = self._objects.packs.fetch(path, head)
        return Body(head.size, head.digest, head.mode, head.mtime_ns, data)


def _was_about_an_object(head: Entry | Tombstone | None) -> bool:
    """Whether the head names an object that is to go, and the log can be told that it went."""
    if isinstance(head, Entry):
        return head.packed is not None and bool(head.packed.shadow)
    return head is not None
