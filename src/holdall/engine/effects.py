"""What the machine of a mount asks of its hands. Every effect is answered by one event, whatever happens to it."""

from dataclasses import dataclass

from holdall.engine.words import Fetched, Pushed, Receipt, Scope, Step, Unpacked
from holdall.rules.packing import Into


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
    up, down    what somebody waits for to be in the store, and to be here: paths with all below, "" is everything. There the
                policy is not asked
    trust_root  a person said that the directory which is there now is the one that is meant
    """

    number: int
    scope: Scope
    paths: tuple[str, ...] = ()
    busy: frozenset[str] = frozenset()
    up: frozenset[str] = frozenset()
    down: frozenset[str] = frozenset()
    trust_root: bool = False


@dataclass(frozen=True, slots=True)
class SurveyMore:
    """The next part of the survey under way. Answered by Surveyed."""

    number: int


@dataclass(frozen=True, slots=True)
class Push:
    """Read, announce and put these. Answered by PushDone."""

    steps: tuple[Step, ...]
    into: Into = Into.PLAIN


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring these bytes to staged files; `packed`: out of one pack. Answered by FetchDone."""

    steps: tuple[Step, ...]
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """`stray`: packs to condemn, if the head still names nothing in them. Answered by Committed."""

    items: tuple[Pushed, ...]
    approved: bool = False
    stray: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Land:
    """Exchange fetched files into place, erase, move aside. Answered by Landed."""

    fetched: tuple[Fetched, ...] = ()
    others: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Extract:
    """Read an archive to its end, its members to staged files. Answered by ExtractDone."""

    step: Step


@dataclass(frozen=True, slots=True)
class Publish:
    """Put an archive's members in their places. Answered by Published."""

    item: Unpacked


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
class Recycle:
    """See what has expired. Answered by Recycled.

    busy  paths that are under way: left out
    """

    busy: frozenset[str] = frozenset()


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


@dataclass(frozen=True, slots=True)
class Compact:
    """Take condemned packs away, and move what is live out of those that hold little of it. Runs beside everything else.
    Answered by Compacted.
    """


Effect = (
    Recover
    | Refresh
    | Survey
    | SurveyMore
    | Push
    | Fetch
    | Commit
    | Land
    | Extract
    | Publish
    | Mend
    | Audit
    | Checkpoint
    | Recycle
    | Wake
    | Answer
    | Prune
    | Compact
)
