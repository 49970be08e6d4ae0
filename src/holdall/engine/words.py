"""What passes between the machine of a mount and the hands that work for it.

Events go in (`Mount.handle`), effects come out, and every effect is answered by one event, whatever happens to it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from holdall.errors import HoldallError
from holdall.model import Entry, Seen, Stamp, Tombstone
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
    """

    step: Step
    entry: Entry | None
    stamp: Stamp | None
    sent: int = 0
    fresh: bool = True
    swept: bool = False
    adopted: bool = False


class Fetched(NamedTuple):
    """A step whose bytes are on this disk. `staged` is None where nothing had to travel.

    mode, mtime_ns  that the staged file has
    """

    step: Step
    staged: str | None
    received: int = 0
    mode: int = 0
    mtime_ns: int = 0


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


# -- effects ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recover:
    """At the start, and after a Land that failed: what was left half done. Answered by Recovered."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """Read the log from where we are to its head; `sure`: see also that it was not put back meanwhile. Answered by Refreshed."""

    sure: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """Look at the disk and say what has to be done. Answered by Surveyed: the first part of it, for a large tree.

    busy        paths that are under way: left out
    asked       by an explicit sync or flush: what the policy does not do on its own is done too
    trust_root  a person said that the directory which is there now is the one that is meant
    """

    number: int
    scope: Scope
    paths: tuple[str, ...] = ()
    busy: frozenset[str] = frozenset()
    asked: bool = False
    trust_root: bool = False


@dataclass(frozen=True, slots=True)
class SurveyMore:
    """The next part of the survey under way. Answered by Surveyed."""

    number: int


@dataclass(frozen=True, slots=True)
class Push:
    """Read, announce and put these. Answered by PushDone."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring these bytes to staged files. Answered by FetchDone."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """Answered by Committed."""

    items: tuple[Pushed, ...]
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Land:
    """Exchange fetched files into place, erase, move aside. Answered by Landed."""

    fetched: tuple[Fetched, ...] = ()
    others: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Mend:
    """Make the keys of these paths agree with the head. Answered by MendDone.

    buried  nobody tried yet to remove what their tombstones name: it is tried without a look at it first
    """

    paths: tuple[str, ...]
    buried: bool = False


@dataclass(frozen=True, slots=True)
class Audit:
    """See whether context and log are whole, list the store and compare it with the head. Answered by Audited."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Write the whole tree at the head. Answered by Checkpointed."""


@dataclass(frozen=True, slots=True)
class Prune:
    """Take away what is older than the retention. Runs beside everything else. Answered by PruneDone."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Send a Tick at this time (the last one asked for counts). Not answered."""

    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A barrier is through. Not answered."""

    ticket: int
    receipt: "Receipt"


Effect = (
    Recover
    | Refresh
    | Survey
    | SurveyMore
    | Push
    | Fetch
    | Commit
    | Land
    | Mend
    | Audit
    | Checkpoint
    | Wake
    | Answer
    | Prune
)


# -- events -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


@dataclass(frozen=True, slots=True)
class Touched:
    """The watch says that something happened to a path. `closed`: whoever wrote it is done."""

    path: str
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Lost:
    """The watch cannot say what happened below a path ("" is everywhere)."""

    under: str = ""


@dataclass(frozen=True, slots=True)
class Recovered:
    """dirty     paths to look at again
    removing  paths deleted in the log by an earlier process, whose object it may not have removed
    """

    dirty: tuple[str, ...] = ()
    removing: tuple[str, ...] = ()
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`paths`: where the head has news, None: too many to name; `behind`: commits since the newest checkpoint; `removing`: as in
    Recovered, where a deletion of ours stands after all.
    """

    seq: int = -1
    paths: tuple[str, ...] | None = ()
    behind: int = 0
    removing: tuple[str, ...] = ()
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a survey found, or a part of it: `more` asks for the next one.

    left      paths that could not be looked at, with the reason
    special   what is no file, directory or symlink and never took part, with what it is
    withheld  local changes that the policy keeps here
    unasked   of those, what an explicit flush would send: all but the deletions that are never carried
    settle    paths with an unfinished upload that has to be put in order first
    later     files that wait until what was below their path is gone
    at_work   repositories that git is working in, with the reason
    waiting   files that may not go up yet
    total     paths in the base, directories left out
    """

    number: int
    steps: tuple[Step, ...] = ()
    left: tuple[LeftPath, ...] = ()
    special: tuple[tuple[str, str], ...] = ()
    withheld: tuple[str, ...] = ()
    unasked: tuple[Step, ...] = ()
    settle: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    at_work: tuple[tuple[str, str], ...] = ()
    waiting: tuple[Waiting, ...] = ()
    more: bool = False
    total: int = 0
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class PushDone:
    """`foreign`: paths whose key holds an upload that the log does not know."""

    pushed: tuple[Pushed, ...] = ()
    failed: tuple[Failed, ...] = ()
    unchanged: tuple[Step, ...] = ()
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchDone:
    fetched: tuple[Fetched, ...] = ()
    failed: tuple[Failed, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """stale    items that the head has overtaken
    lost     the number was someone else's, nothing was committed
    pending  what was to be committed, where nothing was (lost, or an error)
    """

    seq: int = -1
    done: tuple[Pushed, ...] = ()
    stale: tuple[Pushed, ...] = ()
    pending: tuple[Pushed, ...] = ()
    lost: bool = False
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """`moved`: paths that were not what they were planned to be, or that have a new local state to look at."""

    done: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    failed: tuple[Failed, ...] = ()
    paths: tuple[str, ...] = ()
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class MendDone:
    """settled  changes to commit, saying that unfinished uploads came to nothing and that removals were seen
    damaged  path and entry of what the head names and no place of the store holds
    """

    settled: tuple[Pushed, ...] = ()
    done: tuple[str, ...] = ()
    damaged: tuple[tuple[str, Entry], ...] = ()
    failed: tuple[Failed, ...] = ()


@dataclass(frozen=True, slots=True)
class Audited:
    """`later`: seconds until what was too fresh is worth another look. `unfit`: other tools' objects that can be no file here."""

    adopted: tuple[Pushed, ...] = ()
    mend: tuple[str, ...] = ()
    later: float | None = None
    unfit: tuple[LeftPath, ...] = ()
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class PruneDone:
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Checkpointed:
    seq: int = -1
    error: HoldallError | None = None


LaneEvent = Recovered | Refreshed | Surveyed | Committed | Landed | Audited | Checkpointed
"""What ends the one effect that is in the lane."""


class Until(StrEnum):
    """What a barrier waits for."""

    DURABLE = "durable"  # all that is here now is in the store
    RESTORED = "restored"  # all that the head has now is here
    SYNCED = "synced"  # both


@dataclass(frozen=True, slots=True)
class Ask:
    """A barrier.

    deadline  absolute; None waits for ever
    path      narrows it to a path and what is below
    asked     by a person or a program that means it: what the policy does not do on its own is done too
    thorough  the store is listed as well, and what is found amiss there is put right first
    tidy      what was deleted is gone from the store too, as far as the time allows: whoever asks is about to leave
    """

    ticket: int
    until: Until
    deadline: float | None = None
    path: str | None = None
    asked: bool = True
    thorough: bool = False
    tidy: bool = False


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Nobody waits for this barrier any more."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Approve:
    """A person means it: the directory that was replaced, else the deletions that are held, else what is mounted below."""


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class Resume:
    pass


Event = (
    Tick
    | Touched
    | Lost
    | Recovered
    | Refreshed
    | Surveyed
    | PushDone
    | FetchDone
    | Committed
    | Landed
    | MendDone
    | Audited
    | Checkpointed
    | Ask
    | Withdraw
    | Approve
    | Pause
    | Resume
    | PruneDone
)


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
