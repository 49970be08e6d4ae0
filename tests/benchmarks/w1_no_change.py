"""W1, nothing changed: `flush` at the socket of a running daemon, beside a whole sync by the peers.

`holdall flush` as a process of its own is there too: that is what a person types. rclone is asked in two ways: as it goes up,
which asks for each object's metadata, and by size and server time, which does not.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks import turns
from tests.benchmarks.commits import Commits
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground
from tests.benchmarks.peers import Rclone
from tests.benchmarks.user import mounted

_BY_TIME = "rclone, server's time"
_PROCESS = "holdall flush"


def measure(ground: Ground) -> Iterator[Line]:
    context = ground.fresh("again")
    with ground.small_files() as source, mounted(ground, source, context) as user:
        Commits(ground, context).until_laid_out(ground.files)
        process = partial(user.holdall, "flush", context)
        sides = {HOLDALL: user.flush_s, _PROCESS: process, **_peers(ground, source)}
        figures = medians(turns.in_turns("W1 no change", 2 * ground.runs + 1, sides))
    by_time, process_took = figures.pop(_BY_TIME, None), figures.pop(_PROCESS)
    yield Line(f"W1 no change: {ground.files:,} files, s", figures)
    quicker = {"rclone": by_time} if by_time is not None else {}
    yield Line(
        "the same: `holdall flush` as a process; rclone by size and server time, s",
        {**figures, **quicker, HOLDALL: process_took},
    )


def _peers(ground: Ground, source: Path) -> dict[str, Callable[[], float]]:
    """After a first sync of each."""
    sides = {}
    for peer in ground.peers:
        prefix = ground.fresh(peer.name)
        ground.run(peer.up(source, prefix))
        sides[peer.name] = partial(ground.run, peer.up(source, prefix))
        if isinstance(peer, Rclone):
            sides[_BY_TIME] = partial(ground.run, peer.again(source, prefix))
    return sides
