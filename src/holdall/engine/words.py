"""What effects and events speak of: steps of a plan, what became of them, and what a barrier can vouch for."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from holdall.errors import HoldallError
from holdall.model import Entry, Kind, Seen, Stamp, Tombstone
from holdall.rules.conflict import is_copy
from holdall.rules.reconcile import Verdict


class Step(NamedTuple):
    """One path's part of a plan.

    survey   number of the survey that found it: which writes it can have seen
    seen     the local path as it was then
    local    the same as an entry; None when it is absent
    keep_as  for a conflict: the name that the local version is kept under
    bundle   what it has to travel together with: the repository's `.git`, or the database
    """

    path: str
    verdict: Verdict
    survey: int
    seen: Seen
    local: Entry | None
    base: Entry | None
    remote: Entry | Tombstone | None
    keep_as: str | None = None
    bundle: str | None = None

    @property
    def flag(self) -> str:
        """Of the entry that a push of it makes."""
        head = self.remote
        # Nobody here has seen the bytes that the head names: they were missing when they were fetched.
        if isinstance(head, Entry) and head.kind is Kind.FILE and not head.same_bytes(self.base):
            return "blind"
        return "conflict" if is_copy(self.path) else ""

    @property
    def bytes(self) -> int:
        """What has to travel for it, at most."""
        match self.verdict:
            case Verdict.PUSH:
                return self.local.size if self.local else 0
            case Verdict.PULL | Verdict.CONFLICT:
                return self.remote.size if isinstance(self.remote, Entry) else 0
            case _:
                return 0


class Pushed(NamedTuple):
    """A step whose bytes are in the store, and which waits for its commit. `entry` is None for a deletion.

    stamp    of the local file, as its reader vouched for it; None where this disk has none, and where a later change could
             leave the same stamp: the next survey reads it again
    sent     bytes
    fresh    these bytes are a version of their own: their vid is the number of the commit
    swept    the only news is that the tombstone's object is gone
    adopted  another tool (or a machine that died) put the bytes there: this disk does not have them
    expired  the head's bytes are past their lifecycle: they go from the store, and what is here stays
    """

    step: Step
    entry: Entry | None
    stamp: Stamp | None
    sent: int = 0
    fresh: bool = True
    swept: bool = False
    adopted: bool = False
    expired: bool = False

    @property
    def moved(self) -> bool:
        """Whether it is about the very version that the head has in packs, which is elsewhere by now."""
        head = self.step.remote
        return self.adopted and not self.fresh and isinstance(head, Entry) and head.packed is not None


class Fetched(NamedTuple):
    """A step whose bytes are on this disk. `staged` is None where nothing had to travel.

    mode, mtime_ns  that the staged file has
    """

    step: Step
    staged: str | None
    received: int = 0
    mode: int = 0
    mtime_ns: int = 0


class Landing(NamedTuple):
    """A staged file about to change places with `path`.

    keep_as  where what it displaces must be kept
    folder   inode of the directory that the path lies in; 0 where there was none
    """

    staged: str
    path: str
    entry: Entry
    keep_as: str | None
    folder: int


class Agreed(NamedTuple):
    """A path whose local state is now this entry's."""

    path: str
    entry: Entry
    stamp: Stamp | None


class Extracted(NamedTuple):
    """A member of an archive, before it is put in its place. `staged`: what holds the bytes; "" for a directory."""

    path: str
    entry: Entry
    staged: str = ""


class Unpacked(NamedTuple):
    """An archive that was read to its end; `step` is its own."""

    step: Step
    members: tuple[Extracted, ...]


class Failed(NamedTuple):
    """A path that did not get through; `error` says whether trying again is pointless."""

    path: str
    error: HoldallError


class LeftPath(NamedTuple):
    """A path that does not get through. `bytes`: as far as they are known; `fix`: what a person can do about it."""

    path: str
    reason: str
    bytes: int = 0
    fix: str = ""


class Waiting(NamedTuple):
    """A file that may not go up yet; it is looked at again after `for_s`. `unswept`: its old object may still be there."""

    path: str
    reason: str
    for_s: float
    unswept: bool


class Scope(StrEnum):
    """How far a survey looks."""

    FULL = "full"
    TREES = "trees"  # each path, and everything below it
    PATHS = "paths"


class Until(StrEnum):
    """What a barrier waits for."""

    DURABLE = "durable"  # all that is here now is in the store
    RESTORED = "restored"  # all that the head has now is here
    SYNCED = "synced"  # both


class Outcome(StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a barrier can vouch for. Only what is verified in the store (or, downwards, on this disk) counts.

    held     deletions that the guard keeps back
    overdue  the deadline came first
    """

    outcome: Outcome
    commit: int
    uploaded_files: int = 0
    uploaded_bytes: int = 0
    downloaded_files: int = 0
    downloaded_bytes: int = 0
    deleted_files: int = 0
    left: tuple[LeftPath, ...] = ()
    left_by_policy: tuple[str, ...] = ()
    held: int = 0
    overdue: bool = False
    started_at: float = 0.0
    finished_at: float = 0.0
    problems: tuple[HoldallError, ...] = field(default=(), repr=False)
