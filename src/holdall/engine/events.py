"""What happens to a mount: hands that are through, a watch that saw something, a person who asks (`Mount.handle`)."""

from dataclasses import dataclass

from holdall.engine.words import Failed, Fetched, LeftPath, Pushed, Step, Unpacked, Until, Waiting
from holdall.errors import HoldallError
from holdall.model import Entry
from holdall.rules.packing import Into


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
class Renewed:
    """Other paths take part than before: a rule was changed."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """dirty     paths to look at again
    removing  paths deleted in the log by an earlier process, whose object it may not have removed
    untidy    packs are condemned, or hold too much that is gone
    """

    dirty: tuple[str, ...] = ()
    removing: tuple[str, ...] = ()
    untidy: bool = False
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """paths     where the head has news, None: too many to name
    behind    commits since the newest checkpoint
    removing  as in Recovered, where a deletion of ours stands after all
    laying    paths in packs that are to be laid out: told once in a process, and by each listing
    recycle   something may have expired while nobody looked
    """

    seq: int = -1
    paths: tuple[str, ...] | None = ()
    behind: int = 0
    removing: tuple[str, ...] = ()
    laying: tuple[str, ...] = ()
    recycle: bool = False
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
    unmatched number and path of the white list's entries that match nothing, with the last part of a look everywhere
    refused   with the last part: every archive here that is not extracted, with the reason
    released  paths that came out of archives, and are their user's from now on
    total     paths in the base, directories left out
    only_here files that have expired
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
    unmatched: tuple[tuple[int, str], ...] = ()
    refused: tuple[LeftPath, ...] = ()
    released: tuple[str, ...] = ()
    more: bool = False
    total: int = 0
    only_here: int = 0
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class PushDone:
    """`foreign`: paths whose key holds an upload that the log does not know; `into`: as in Push."""

    pushed: tuple[Pushed, ...] = ()
    failed: tuple[Failed, ...] = ()
    unchanged: tuple[Step, ...] = ()
    foreign: tuple[str, ...] = ()
    into: Into = Into.PLAIN


@dataclass(frozen=True, slots=True)
class FetchDone:
    """`packed`: as in Fetch."""

    fetched: tuple[Fetched, ...] = ()
    failed: tuple[Failed, ...] = ()
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Committed:
    """stale    items that the head has overtaken
    lost     the number was someone else's, nothing was committed
    pending  what was to be committed, where nothing was (lost, or an error)
    untidy   as in Recovered, by this commit
    """

    seq: int = -1
    done: tuple[Pushed, ...] = ()
    stale: tuple[Pushed, ...] = ()
    pending: tuple[Pushed, ...] = ()
    lost: bool = False
    untidy: bool = False
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """moved  paths that were not what they were planned to be, or that have a new local state to look at
    due    archives among `done` that are to be extracted
    """

    done: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    failed: tuple[Failed, ...] = ()
    paths: tuple[str, ...] = ()
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class ExtractDone:
    """One of three: its members, why it is tried again, or neither where it was refused, as the ledger says by now.

    released  as in Surveyed
    """

    step: Step
    unpacked: Unpacked | None = None
    failed: Failed | None = None
    released: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """`moved`: what was not as it was planned on, or has to be looked at again; `failed`: of the archive as a whole."""

    step: Step
    moved: tuple[str, ...] = ()
    failed: Failed | None = None
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
    laying: tuple[str, ...] = ()
    unfit: tuple[LeftPath, ...] = ()
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class PruneDone:
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Compacted:
    """moved  what is in other packs, once that is committed
    more   there is still something to be moved
    stray  old packs that no commit names
    """

    moved: tuple[Pushed, ...] = ()
    stray: tuple[str, ...] = ()
    more: bool = False
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Recycled:
    """due     what has expired, to be committed as such
    more    there is more of it than goes into one commit
    doubt   why nobody can say whether anything has
    """

    due: tuple[Pushed, ...] = ()
    more: bool = False
    doubt: str = ""
    error: HoldallError | None = None


@dataclass(frozen=True, slots=True)
class Checkpointed:
    seq: int = -1
    error: HoldallError | None = None


LaneEvent = (
    Recovered | Refreshed | Surveyed | Committed | Landed | Published | Audited | Checkpointed | Recycled
)
"""What ends the one effect that is in the lane."""


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
    | Renewed
    | Recovered
    | Refreshed
    | Surveyed
    | PushDone
    | FetchDone
    | Committed
    | Landed
    | ExtractDone
    | Published
    | MendDone
    | Audited
    | Checkpointed
    | Recycled
    | Ask
    | Withdraw
    | Approve
    | Pause
    | Resume
    | PruneDone
    | Compacted
)
