"""One context attached without a daemon: restored, worked in by somebody else, released."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from holdall.daemon import receipts
from holdall.daemon.attachment import Attachment
from holdall.daemon.cycle import Cycle
from holdall.daemon.opening import opened
from holdall.daemon.pool import Pool
from holdall.daemon.settings import Limits, StoreSettings
from holdall.daemon.spec import Spec
from holdall.daemon.unsurveyed import named, trouble
from holdall.engine.mount import Mount
from holdall.engine.nested import holds_something
from holdall.engine.pace import Pace
from holdall.engine.runner import Ticket
from holdall.engine.words import Outcome, Receipt, Until
from holdall.errors import BadFormat, BusyElsewhere, HoldallError, LocalError, RootLost, StoreError
from holdall.log import layout
from holdall.store.limited import Line

_OFFLINE_S: Final = 2.0
_LOOK_S: Final = 0.1
_LATE_S: Final = 0.3
_CLOSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Restoring:
    """reason  for people, where it is not done"""

    class Outcome(Enum):
        DONE = "done"
        OFFLINE = "offline"  # the store does not answer, and this directory held the context before
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    outcome: Outcome
    receipt: dict[str, Any]
    reason: str = ""


class Waiting(NamedTuple):
    """moved_bytes  of `bytes`, what has travelled already of files that are under way"""

    files: int
    bytes: int
    moved_bytes: int


class Session:
    """Attached by `__init__`, which raises ConfigError, Locked, StoreError, LocalError. The watch is up when it returns.

    anew     the directory was made just now
    emptied  it was there, with nothing left in it of what was synced. Whoever cleans a workspace deletes nothing by that, so it
             is attached like one that was made just now: what is in the store comes back, beside what is there
    """

    def __init__(
        self,
        spec: Spec,
        store: StoreSettings | None,
        state: Path,
        limits: Limits,
        environ: Mapping[str, str] = os.environ,
        *,
        anew: bool = False,
    ) -> None:
        found, _, _, directory = opened(store, environ)
        outside = [state, *([directory.resolve()] if directory else [])]
        attached = partial(
            Attachment,
            spec,
            found,
            state,
            Pool(limits.workers),
            outside=outside,
            pace=Pace(transfers=limits.workers),
            line=Line(limits.up_bytes_s, limits.down_bytes_s),
            archives=limits.archives,
        )
        self._attachment = attached(anew=anew)
        self.emptied = not _holds_something(self._attachment)
        if self.emptied:
            self._attachment.stop()
            self._attachment = attached(anew=True)
        self._cycle = Cycle(spec.context, fresh=self._attachment.fresh)
        self._spec = spec
        self._tickets: list[Ticket] = []
        self._attachment.start(self._cycle.heard)

    def restore(self, patience_s: float, interrupted: Callable[[], bool]) -> Restoring:
        """patience_s  how long the store may keep silent at a first attach

        A restore that moves takes as long as it takes. BusyElsewhere where another machine holds the context.
        """
        began = time.monotonic()
        ticket = self._asked(Until.RESTORED, None)
        while (receipt := ticket.wait(_LOOK_S)) is None:
            if (busy := next(filter(_is_busy, self._troubles()), None)) is not None:
                raise busy
            unanswered_s = time.monotonic() - (self._cycle.answered_at or began)
            if interrupted():
                return self._not_restored(Restoring.Outcome.INTERRUPTED, "", began)
            if not self._attachment.fresh and self._is_offline(began, unanswered_s, patience_s):
                return self._not_restored(Restoring.Outcome.OFFLINE, trouble(self._attachment), began)
            if unanswered_s > patience_s:
                return self._not_restored(Restoring.Outcome.FAILED, trouble(self._attachment), began)
        document = self._document(receipt, None)
        if receipt.outcome is Outcome.COMPLETE:
            return Restoring(Restoring.Outcome.DONE, document)
        reason = next((one.message for one in receipt.problems), f"{len(receipt.left)} paths did not arrive")
        offline = not self._attachment.fresh and any(_is_offline(one) for one in receipt.problems)
        return Restoring(Restoring.Outcome.OFFLINE if offline else Restoring.Outcome.FAILED, document, reason)

    def release(
        self,
        deadline_s: float,
        since: float,
        *,
        allow_mass_delete: bool,
        hurried: Callable[[], bool],
    ) -> dict[str, Any]:
        """The receipt, at the deadline at the latest, and a look at the disk later where it had to do without the store.

        since    by time.monotonic, when the deadline began to count
        hurried  whether a person wants it to end now
        """
        until = since + deadline_s
        receipt = self._durable(until, hurried)
        if receipt is not None and receipt.held and allow_mass_delete:
            self._attachment.approve()
            receipt = self._durable(until, hurried)
        receipt = named(self._attachment, receipt, time.time() - (time.monotonic() - since))
        return self._document(self._summed(receipt), deadline_s, self._troubles())

    def _summed(self, last: Receipt) -> Receipt:
        """Each receipt counts from the one before it: what the mount did is all of them together."""
        earlier = [one for ticket in self._tickets if (one := ticket.wait(0)) is not None and one is not last]
        return replace(
            last,
            uploaded_files=last.uploaded_files + sum(one.uploaded_files for one in earlier),
            uploaded_bytes=last.uploaded_bytes + sum(one.uploaded_bytes for one in earlier),
            downloaded_files=last.downloaded_files + sum(one.downloaded_files for one in earlier),
            downloaded_bytes=last.downloaded_bytes + sum(one.downloaded_bytes for one in earlier),
            deleted_files=last.deleted_files + sum(one.deleted_files for one in earlier),
        )

    def waiting(self) -> Waiting | None:
        """What stands between the mount and the end of a restore or a release; None where that is not known at the moment."""
        sizes = self._attachment.runner.view(_sizes, _LOOK_S)
        if sizes is None:
            return None
        moving = self._attachment.moving
        return Waiting(len(sizes), sum(sizes), moving.up(layout.FILES) + moving.down(layout.FILES))

    def close(self, *, patiently: bool = False) -> None:
        """The process ends next, so watch and base are left as they stand: they are made to be killed at any time.

        patiently  what is under way (removals that a commit made due) may come to its end, shortly
        """
        self._attachment.let_go(_CLOSE_S if patiently else 0.0)

    def _asked(self, until: Until, timeout_s: float | None) -> Ticket:
        self._tickets.append(self._attachment.runner.ask(until, timeout_s=timeout_s, asked=False))
        return self._tickets[-1]

    def _durable(self, until: float, hurried: Callable[[], bool]) -> Receipt | None:
        """None where the engine does not answer in time, or nobody wants to wait for it."""
        left_s = max(0.0, until - time.monotonic())
        ticket = self._asked(Until.DURABLE, left_s)
        while (receipt := ticket.wait(_LOOK_S)) is None:
            if hurried() or time.monotonic() > until + _LATE_S:
                return None
        return receipt

    def _is_offline(self, began: float, unanswered_s: float, patience_s: float) -> bool:
        if time.monotonic() - began < _OFFLINE_S:
            return False
        return (
            self._cycle.answered_at is None
            or unanswered_s > patience_s
            or any(map(_is_offline, self._troubles()))
        )

    def _troubles(self) -> tuple[HoldallError, ...]:
        return tuple(self._attachment.mount.problems.values())

    def _not_restored(self, outcome: Restoring.Outcome, reason: str, began: float) -> Restoring:
        now = time.time()
        started_at = now - (time.monotonic() - began)
        receipt = Receipt(
            Outcome.FAILED, self._attachment.mount.commit, started_at=started_at, finished_at=now
        )
        return Restoring(outcome, self._document(receipt, None, self._troubles()), reason)

    def _document(
        self, receipt: Receipt, deadline_s: float | None, troubles: Iterable[HoldallError] = ()
    ) -> dict[str, Any]:
        receipt = replace(receipt, problems=tuple(map(self._without_daemon, receipt.problems)))
        found = receipts.document(
            self._spec.context, receipt, deadline_s, tuple(map(self._without_daemon, troubles))
        )
        return self._attachment.standing.told(found)

    def _without_daemon(self, error: HoldallError) -> HoldallError:
        """Of a lost root nobody can approve or unmount anything here, and need not: the next run goes on with what is there."""
        path = self._spec.path
        if not isinstance(error, RootLost) or (path.exists() and not os.access(path, os.R_OK | os.X_OK)):
            return error
        hint = "the next `holdall exec` brings back what is in the store, and deletes nothing there"
        return RootLost(error.message, path=error.path, hint=hint)


def _sizes(mount: Mount) -> list[int]:
    """Of what its barriers wait for."""
    return [size for one in mount.barriers.open for size in one.waiting.values()]


def _holds_something(attachment: Attachment) -> bool:
    """Of what was synced, or nothing was. What cannot be looked at is left to the mount, which comes across it too and tells."""
    try:
        return holds_something(attachment.disk, attachment.ledger, "")
    except (LocalError, sqlite3.Error):
        return True


def _is_busy(error: HoldallError) -> bool:
    return isinstance(error, BusyElsewhere)


def _is_offline(error: HoldallError) -> bool:
    """The store keeps us from it; a format that this holdall does not know is no such thing."""
    return isinstance(error, StoreError) and not isinstance(error, BadFormat)
