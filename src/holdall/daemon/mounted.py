"""One mount of a daemon: attached, or parked with what keeps it from that."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final, NamedTuple

from holdall.daemon import outcome, receipts, status
from holdall.daemon.attachment import Attachment
from holdall.daemon.cycle import Cycle, FirstAttach
from holdall.daemon.progress import arriving
from holdall.daemon.spec import Spec
from holdall.daemon.standing import PLAIN
from holdall.daemon.unsurveyed import kept_back, named
from holdall.daemon.vouching import vouched
from holdall.engine.pace import Pace
from holdall.engine.runner import Ticket
from holdall.engine.words import LeftPath, Outcome, Receipt, Until
from holdall.errors import (
    Abandoned,
    BusyElsewhere,
    ConfigError,
    HoldallError,
    LocalError,
    Locked,
    Paused,
    StoreError,
    Unavailable,
)
from holdall.local.extract.limits import Limits
from holdall.local.names import oddity
from holdall.log import layout
from holdall.log.lease import Lease
from holdall.store.base import Store
from holdall.store.limited import Line
from holdall.store.silence import Silence

_LOGGER: Final = logging.getLogger("holdall")
_DETACH_S: Final = 5.0
_CONTACT_S: Final = 5.0
_LOOK_S: Final = 0.01
_BETWEEN: Final = "it is being attached"


_ARCHIVES: Final = Limits()


class Workshop(NamedTuple):
    """What all mounts share.

    silence   of the store
    url       of the store, as people say it
    outside   absolute paths that take no part in any mount: state, store, socket
    embedded  the directory of a store that is on this machine
    archives  how large they may be to be extracted
    """

    store: Store
    silence: Silence
    url: str
    state: Path
    pool: Executor
    pace: Pace
    line: Line
    outside: tuple[Path, ...]
    embedded: str | None
    archives: Limits = _ARCHIVES


class Mounted:
    """source  the configuration file that it stands in; None for those of `up` and `mount`
    barred   why it may not be attached by this daemon at all
    leaving  it is being released: it is not attached any more, also where somebody asked for that before
    """

    def __init__(
        self, spec: Spec, source: Path | None, shop: Workshop, barred: HoldallError | None = None
    ) -> None:
        self.spec = spec
        self.source = source
        self.leaving = False
        self._shop = shop
        self._barred = barred
        self._attachment: Attachment | None = None
        self._cycle: Cycle | None = None
        self._parked: HoldallError | None = None
        self._released: dict[str, Any] | None = None
        self._releasing = threading.Lock()
        self._detaching = threading.Lock()

    @property
    def parked(self) -> HoldallError | None:
        """What keeps it from being attached."""
        return None if self._attachment is not None else self._parked

    @property
    def first_attach(self) -> FirstAttach | None:
        return None if self._cycle is None else self._cycle.first_attach

    def attach(self) -> None:
        """Whatever goes wrong parks this mount, and none but this."""
        if self.leaving:
            return
        shop = self._shop
        try:
            if self._barred is not None:
                raise self._barred
            attachment = Attachment(
                self.spec,
                shop.store,
                shop.state,
                shop.pool,
                outside=shop.outside,
                pace=shop.pace,
                line=shop.line,
                archives=shop.archives,
            )
            cycle = Cycle(self.spec.context, fresh=attachment.fresh)
            attachment.start(cycle.heard)
        except HoldallError as exc:
            self.park(exc)
        except OSError as exc:
            self.park(
                HoldallError(
                    f"the mount cannot be taken up: {(exc.strerror or str(exc)).lower()}",
                    path=exc.filename,
                    hint="mend that",
                )
            )
        else:
            self._attachment, self._cycle, self._parked = attachment, cycle, None
            if self.leaving:  # RACE: since it began, and who released it has seen nothing to detach
                self.detach()

    def meet_store(self) -> None:
        """Wait for the store's first answer, shortly. Where it refuses, what it says is raised, and the mount detached again.

        One that does not answer is no refusal: the mount is kept, and asks again.
        """
        attachment, cycle = self._attachment, self._cycle
        if attachment is None or cycle is None:
            return
        until = time.monotonic() + _CONTACT_S
        while cycle.answered_at is None and not attachment.mount.problems and time.monotonic() < until:
            time.sleep(_LOOK_S)
        for problem in tuple(attachment.mount.problems.values()):
            if _is_refusal(problem):
                self.detach(forget=attachment.fresh)
                raise problem

    def park(self, error: HoldallError) -> None:
        if self._parked is None or self._parked.message != error.message:
            _LOGGER.error("%s: %s%s", self.spec.context, error, f"; {error.hint}" if error.hint else "")
        self._parked = error

    def detach(self, *, hangs: bool = False, forget: bool = False) -> None:
        """End it, and keep the base.

        hangs   what is under way is not waited for
        forget  also what was agreed on goes
        """
        with self._detaching:
            attachment, self._attachment = self._attachment, None
        if attachment is not None:
            attachment.stop(0.2 if hangs else _DETACH_S)
            if forget:
                attachment.forget()

    # -- barriers

    def barrier(
        self,
        until: Until,
        timeout_s: float | None,
        *,
        path: str | None = None,
        asked: bool = True,
        thorough: bool = False,
        abandoned: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """The receipt. Paused where a person holds the mount, Abandoned when nobody waits any more."""
        attachment = self._attached()
        if attachment.mount.paused:
            raise Paused(
                f"{self.spec.context} is paused", hint=f"`holdall resume {self.spec.context}` goes on with it"
            )
        path = None if path is None else attachment.path_of(path)
        began, asked_at = time.time(), time.monotonic()
        ticket = attachment.runner.ask(until, timeout_s=timeout_s, path=path, asked=asked, thorough=thorough)
        receipt = self._await(attachment, ticket, abandoned)
        if path is not None:
            receipt = vouched(attachment, path, receipt)
        troubles = self._troubles(attachment, receipt, asked_at)
        if receipt.overdue and until is not Until.RESTORED and not (path and oddity(path)):
            receipt = named(attachment, receipt, began, path or "")
        return attachment.standing.told(receipts.document(self.spec.context, receipt, timeout_s, troubles))

    def last_barrier(
        self, deadline_s: float, abandoned: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """The one of a release: a receipt, whatever state the mount is in; of several at once, that of the first to come through.

        Abandoned when nobody waits for it any more: the mount goes on.
        """
        with self._releasing:
            if self._released is None:
                self._released = self._last_receipt(deadline_s, abandoned)
            return self._released

    def _last_receipt(self, deadline_s: float, abandoned: Callable[[], bool]) -> dict[str, Any]:
        attachment = self._attachment
        if attachment is None:
            return receipts.never_attached(self.spec.context, self._parked or HoldallError(_BETWEEN))
        if attachment.mount.paused:
            receipt = kept_back(attachment, "the mount is paused")
            problems = attachment.mount.problems.values()
            found = receipts.document(self.spec.context, receipt, deadline_s, problems)
            return attachment.standing.told(found)
        began, asked_at = time.time(), time.monotonic()
        ticket = attachment.runner.ask(Until.DURABLE, timeout_s=deadline_s, asked=False, tidy=True)
        receipt = self._await(attachment, ticket, abandoned)
        troubles = self._troubles(attachment, receipt, asked_at)
        receipt = named(attachment, receipt, began)
        return attachment.standing.told(receipts.document(self.spec.context, receipt, deadline_s, troubles))

    def discard(self) -> dict[str, Any]:
        """The receipt of one that is given up, with what only its directory has. Nothing goes up any more."""
        with self._releasing:
            if self._released is None:
                self._released = self._discarded()
            return self._released

    def _discarded(self) -> dict[str, Any]:
        attachment, at = self._attachment, PLAIN
        if attachment is None:
            why = self._parked.message if self._parked is not None else _BETWEEN
            left = (LeftPath(".", f"discarded, and not looked at: {why}"),)
            receipt = Receipt(Outcome.PARTIAL, -1, left=left)
        else:
            attachment.runner.pause()
            receipt, at = kept_back(attachment, "discarded"), attachment.standing
        return at.told(receipts.discarded(self.spec.context, receipt))

    def _troubles(
        self, attachment: Attachment, receipt: Receipt, asked_at: float
    ) -> tuple[HoldallError, ...]:
        """What the mount suffers from at this moment; of one that ran out of time before that was known, what it waited for.

        asked_at  by time.monotonic
        """
        known = tuple(attachment.mount.problems.values())
        if known or not receipt.overdue or receipt.outcome is not Outcome.FAILED:
            return known
        answered_at = None if self._cycle is None else self._cycle.answered_at
        if answered_at is None or answered_at < asked_at:
            hint = "`holdall doctor` asks it; where it is slow, a longer time does"
            return (Unavailable("the store has not answered in time", hint=hint),)
        return (HoldallError("the directory was not looked through in time", hint="give it a longer time"),)

    def _await(self, attachment: Attachment, ticket: Ticket, abandoned: Callable[[], bool]) -> Receipt:
        while (receipt := ticket.wait(0.5)) is None:
            if not attachment.runner.alive:
                raise Abandoned(f"{self.spec.context} was released meanwhile", hint="see `holdall status`")
            if abandoned():
                attachment.runner.withdraw(ticket)
                raise Abandoned("nobody waits any more")
        return receipt

    # -- a person's word

    def pause(self) -> None:
        self._attached().runner.pause()

    def resume(self) -> None:
        """Also takes up again what was parked."""
        if self._attachment is None:
            self.attach()
            self._attached()
        else:
            self._attachment.resume()

    def approve(self) -> None:
        """A directory that was replaced is pinned by the process that knew the old one: it is attached anew."""
        attachment = self._attached()
        lost = attachment.runner.view(lambda mount: "root" in mount.problems)
        if lost and self.spec.path.is_dir():
            self.detach()
            self.attach()
            self._attached()
        else:
            attachment.approve()

    def has_moved_to(self, path: Path) -> bool:
        """Whether its directory is at this path now, and at its own no more. LocalError."""
        attachment = self._attachment
        return attachment is not None and attachment.has_moved_to(path)

    def revive(self) -> None:
        """Watch the directory again, where it was lost and is back; take it up, where an `exec` held it and is through, or where
        the store did not say what is mapped.
        """
        if self._attachment is not None:
            try:
                self._attachment.revive()
            except LocalError as exc:
                _LOGGER.warning("%s: its directory is not watched yet: %s", self.spec.context, exc)
        elif isinstance(self._parked, Locked | LocalError | StoreError):
            self.attach()

    @property
    def lease(self) -> Lease | None:
        """On its context, while it is attached."""
        attachment = self._attachment
        return None if attachment is None else attachment.lease

    def arriving(self) -> int | None:
        """Paths that are on their way down; None where it is not known."""
        attachment = self._attachment
        return None if attachment is None else attachment.runner.view(arriving)

    def path_in(self, said: str) -> str | None:
        """As the engine knows it; see `Attachment.path_of`."""
        return self._attached().path_of(said)

    def nudge(self) -> None:
        """The log has moved on: do not wait for the next look at it."""
        attachment = self._attachment
        if attachment is not None:
            # Whoever asks has the head looked at. Nobody waits for the receipt, which would take from the next one what it tells.
            attachment.runner.withdraw(attachment.runner.ask(Until.RESTORED, asked=False))

    def look_again(self) -> None:
        """Something may have happened that nobody told."""
        if self._attachment is not None:
            self._attachment.look_again()

    def _attached(self) -> Attachment:
        if self._attachment is None:
            raise self._parked or Abandoned(
                f"{self.spec.context} {'was released' if self.leaving else 'is being attached'}",
                hint="see `holdall status`",
            )
        return self._attachment

    # -- what is shown

    def document(self) -> dict[str, Any]:
        found = self._shown()
        return found if self.source is None else _of_file(found, self.source)

    def _shown(self) -> dict[str, Any]:
        attachment, cycle = self._attachment, self._cycle
        if attachment is None and self._released is not None:
            return _left(self.spec, self._released)
        if attachment is None or cycle is None:
            return status.parked(self.spec, self._parked or HoldallError(_BETWEEN))
        seen = attachment.runner.view(status.view)
        if seen is None or not attachment.runner.alive:
            return status.parked(
                self.spec, HoldallError("the mount does not answer", hint="restart the daemon")
            )
        found = status.document(
            self.spec,
            seen,
            watch=attachment.watch.problem if attachment.watch is not None else "",
            bytes_s=cycle.rate(),
            sent_bytes=attachment.moving.up(layout.FILES),
            durable_at=cycle.durable_at,
            embedded=self._shop.embedded,
            single_writer=attachment.lease.needed,
            silent_s=self._shop.silence.silent_s(),
        )
        return attachment.standing.told(found)


def _of_file(found: dict[str, Any], source: Path) -> dict[str, Any]:
    """Nobody unmounts or moves it by a command."""

    def fix(said: str | None) -> str | None:
        if said is None:
            return None
        said = said.replace("`holdall up` its new path if it was moved, ", "")
        return said.replace("`holdall unmount` it", f"take the mount out of {source} and reload")

    return found | {"problems": [one | {"fix": fix(one["fix"])} for one in found["problems"]]}


def _left(spec: Spec, receipt: dict[str, Any]) -> dict[str, Any]:
    """Of a mount that is released, and still in the table until all is through: as its receipt says."""
    complete = receipt["outcome"] == "complete"
    problem = {
        "code": "released",
        "message": f"released: {outcome.sentence(receipt)}",
        "path": None,
        "fix": "`holdall up` with its directory mounts it again",
    }
    return status.parked(spec, HoldallError("")) | {
        "status": "synced" if complete else "failed",
        "durable": complete,
        "pending_files": receipt["left_files"],
        "pending_bytes": receipt["left_bytes"],
        "commit": receipt["commit"],
        "problems": [problem],
    }


def _is_refusal(error: HoldallError) -> bool:
    """Of a lease as well: it may be free in an hour, and nobody waits for that unasked."""
    return isinstance(error, BusyElsewhere) or (
        isinstance(error, ConfigError | StoreError) and error.permanent
    )
