"""Carries out the effects of one mount. Every effect is answered by one event, also when it fails."""

import socket
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from holdall.engine.aftermath import Aftermath
from holdall.engine.archive_view import ArchiveView
from holdall.engine.aside import name_aside
from holdall.engine.audit import Auditor
from holdall.engine.compactor import Compactor
from holdall.engine.downloads import Downloads
from holdall.engine.effects import (
    Answer,
    Audit,
    Checkpoint,
    Commit,
    Compact,
    Effect,
    Extract,
    Fetch,
    Land,
    Mend,
    Prune,
    Publish,
    Push,
    Recover,
    Recycle,
    Refresh,
    Survey,
    SurveyMore,
    Wake,
)
from holdall.engine.events import (
    Audited,
    Checkpointed,
    Committed,
    Compacted,
    Event,
    ExtractDone,
    FetchDone,
    Landed,
    MendDone,
    PruneDone,
    Published,
    PushDone,
    Recovered,
    Recycled,
    Refreshed,
    Surveyed,
)
from holdall.engine.extracting import Extracting
from holdall.engine.graves import Graves
from holdall.engine.ledger import Ledger
from holdall.engine.past import Past
from holdall.engine.publishing import Publishing
from holdall.engine.recycler import Recycler
from holdall.engine.survey import Surveyor
from holdall.engine.upkeep import REMOVING_MAX, Upkeep
from holdall.engine.uploads import Uploads
from holdall.engine.words import Failed
from holdall.errors import HoldallError
from holdall.local.base import Disk, Skip
from holdall.local.extract.limits import Limits
from holdall.log.commits import CommitLog, ContextInfo
from holdall.log.lease import Lease
from holdall.log.objects import Objects
from holdall.model import Recycling
from holdall.policies.effective import Extract as Rule
from holdall.rules.directions import Asked, Directions
from holdall.rules.extraction import archive_at
from holdall.store.base import Store

_LIMITS: Final = Limits()


@dataclass(slots=True)
class Workbench:
    """What the hands work with.

    allowed  which way somebody asks for -> which way things may go
    origin   of the context, should this be its first mount
    lease    on it, should its store ignore conditions; `store` writes under it
    boot     names the boot of the machine; "" where it has no name
    line     the store as far as files' bytes go, where those are limited: the log does not wait behind them
    recycling  what the mount's policy says of the context's lifecycle; None where it says nothing
    own_clock  of this machine
    apart    the store's clock is another one
    extraction  of archives that come down; None: none
    """

    disk: Disk
    ledger: Ledger
    store: Store
    allowed: Callable[[Asked], Directions]
    clock: Callable[[], float]
    origin: ContextInfo
    skip: Skip | None = None
    host: str = socket.gethostname()
    lease: Lease | None = None
    boot: str = ""
    line: Store | None = None
    recycling: Recycling | None = None
    own_clock: Callable[[], float] = time.time
    apart: bool = False
    extraction: Rule | None = None
    archive_limits: Limits = _LIMITS


class Hands:
    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.log = CommitLog(bench.store, bench.lease)
        self.objects = Objects(bench.line or bench.store)
        self.downloads = Downloads(bench.disk, bench.ledger, self.objects, self.copy_name, self._extracts)
        rule = bench.extraction or Rule()
        self.extracting = Extracting(
            bench.disk, bench.ledger, self.downloads, rule, bench.archive_limits, bench.skip
        )
        self.publishing = Publishing(bench.disk, bench.ledger, self.downloads, self.extracting, rule)
        self.aftermath = Aftermath(bench.disk, bench.ledger, bench.boot)
        self.uploads = Uploads(bench.disk, bench.ledger, self.log, self.objects, bench.host, bench.skip)
        self.recycler = Recycler(bench.ledger, self.log, bench.recycling, bench.own_clock, apart=bench.apart)
        self.upkeep = Upkeep(
            bench.ledger, self.log, self.objects, bench.origin, self.uploads.body, self.recycler.is_wanted
        )
        self.auditor = Auditor(bench.ledger, self.log, self.objects, self.copy_name)
        self.compactor = Compactor(bench.ledger, self.objects)
        self.surveyor = Surveyor(
            bench.disk,
            bench.ledger,
            bench.skip,
            bench.allowed,
            self.copy_name,
            self.downloads.leftover,
            Graves(bench.ledger, self.log).waits,
            Past(bench.ledger, self.log).had,
            ArchiveView(bench.ledger, on=bench.extraction is not None),
        )

    def _extracts(self, path: str) -> bool:
        return self.bench.extraction is not None and archive_at(path) is not None

    def copy_name(self, path: str) -> str:
        """A name for a conflict copy that neither the disk nor the head has."""

        def is_known(name: str) -> bool:
            return self.bench.ledger.remote(name) is not None

        return name_aside(self.bench.disk, path, self.bench.clock(), self.bench.host, is_known)

    def perform(self, effect: Effect) -> Event | None:
        """None for effects that are the caller's own (Wake, Answer)."""
        try:
            return self._perform(effect)
        except HoldallError as exc:
            return failure(effect, exc)
        except sqlite3.Error as exc:
            return failure(effect, self.bench.ledger.failure(exc))

    def _of_this_mount(self, mended: MendDone) -> MendDone:
        """Bytes that the store has lost, of a path that takes no part here, keep nothing here from being durable."""
        skip = self.bench.skip
        if skip is None:
            return mended
        return replace(mended, damaged=tuple(one for one in mended.damaged if not skip(one[0], False)))

    def _perform(self, effect: Effect) -> Event | None:
        match effect:
            case Recover():
                recovered = self.downloads.recover()
                self.publishing.recover()
                self.aftermath.take_stock()
                ledger = self.bench.ledger
                untidy = bool(ledger.packs.doomed()) or ledger.packs.wasteful
                return replace(recovered, removing=tuple(ledger.unswept(REMOVING_MAX)), untidy=untidy)
            case Refresh(sure=sure):
                lease = self.bench.lease
                if lease is not None and lease.needed:
                    lease.hold()  # before the look at the head: it is what the next write is planned on
                return self.upkeep.refresh(sure=sure)
            case Survey():
                return self.surveyor.start(effect)
            case SurveyMore():
                return self.surveyor.more()
            case Push():
                return self.uploads.push(effect)
            case Fetch():
                return self.downloads.fetch(effect)
            case Commit():
                return self.uploads.commit(effect)
            case Land():
                return self.downloads.land(effect)
            case Extract(step=step):
                return self.extracting.extract(step)
            case Publish(item=item):
                return self.publishing.publish(item)
            case Mend():
                return self._of_this_mount(self.upkeep.mend(effect))
            case Audit():
                self.upkeep.expect_sound()
                return self.auditor.audit()
            case Checkpoint():
                return self.upkeep.checkpoint()
            case Recycle():
                return self.recycler.recycle(effect)
            case Prune():
                return self.upkeep.prune()
            case Compact():
                return self.compactor.compact()
            case Wake() | Answer():
                return None


def failure(effect: Effect, error: HoldallError) -> Event | None:
    """The event that says that an effect came to nothing."""
    match effect:
        case Recover():
            return Recovered(error=error)
        case Refresh():
            return Refreshed(error=error)
        case Survey(number=number) | SurveyMore(number=number):
            return Surveyed(number, error=error)
        case Push(steps=steps, into=into):
            return PushDone(failed=tuple(Failed(step.path, error) for step in steps), into=into)
        case Fetch(steps=steps, packed=packed):
            return FetchDone(failed=tuple(Failed(step.path, error) for step in steps), packed=packed)
        case Commit(items=items):
            return Committed(pending=items, error=error)
        case Land():
            paths = [one.step.path for one in effect.fetched] + [step.path for step in effect.others]
            return Landed(paths=tuple(paths), error=error)
        case Extract(step=step):
            return ExtractDone(step, failed=Failed(step.path, error))
        case Publish(item=item):
            return Published(item.step, error=error)
        case Mend(paths=paths):
            return MendDone(failed=tuple(Failed(path, error) for path in paths))
        case Audit():
            return Audited(error=error)
        case Checkpoint():
            return Checkpointed(error=error)
        case Recycle():
            return Recycled(error=error)
        case Prune():
            return PruneDone(error=error)
        case Compact():
            return Compacted(error=error)
        case Wake() | Answer():
            return None
