"""How often a mount does things."""

from dataclasses import dataclass, field

from holdall.rules.retry import Backoff


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen, in seconds.

    poll_s            first wait between two looks at the head; each quiet one makes it longer, up to poll_most_s
    checkpoint_every  commits after which the whole tree is written once more
    burst_files       where as many wait to go up, small ones go in packs, to be laid out later
    lay_s             how long nothing has to go up before that
    compact_s         how long packs are left alone that hold too much of what is gone
    unrest            for files that somebody is at work on
    """

    poll_s: float = 5.0
    poll_most_s: float = 60.0
    rescan_s: tuple[float, float] = (1200.0, 1800.0)
    transfers: int = 32
    checkpoint_every: int = 256
    burst_files: int = 500
    lay_s: float = 3.0
    compact_s: float = 5.0
    backoff: Backoff = field(default_factory=Backoff)
    unrest: Backoff = field(default_factory=lambda: Backoff(0.1, 10.0))
