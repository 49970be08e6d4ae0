"""W1 in Archive mode: a few of many files changed, until durable. `flush` at the socket of a running daemon, `holdall flush` as a
process, and `holdall exec` where no daemon runs; the peers sync once more. Each tool has a tree of its own.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.benchmarks import trees, turns
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground
from tests.benchmarks.peers import Rclone
from tests.benchmarks.user import ARCHIVE, User, mounted

_CHANGES = 100
_PROCESS = "holdall flush"
_EXEC = "holdall exec"


def measure(ground: Ground) -> Iterator[Line]:
    with ExitStack() as stack:

        def tree() -> Path:
            return stack.enter_context(ground.small_files())

        path = tree()
        user = stack.enter_context(mounted(ground, path, ground.fresh("changed"), policy=ARCHIVE))
        sides = {
            HOLDALL: _changed(path, user.flush_s),
            _PROCESS: _changed(path, partial(user.holdall, "flush", user.context)),
            _EXEC: _by_exec(ground, tree()),
            **_peers(ground, tree),
        }
        figures = medians(turns.in_turns("W1 changed", 2 * ground.runs + 1, sides))
    process, by_exec = figures.pop(_PROCESS), figures.pop(_EXEC)
    what = f"W1 in Archive mode: {_CHANGES} of {ground.files:,} files changed, until durable, s"
    yield Line(what, figures)
    yield Line("the same: `holdall flush` as a process, s", {**figures, HOLDALL: process})
    yield Line("the same: `holdall exec`, s", {**figures, HOLDALL: by_exec})


def _by_exec(ground: Ground, path: Path) -> Callable[[], float]:
    user, context = User(ground), ground.fresh("changed")
    user.exec(context, path, policy=ARCHIVE)
    return _changed(path, partial(user.exec, context, path, policy=ARCHIVE))


def _peers(ground: Ground, tree: Callable[[], Path]) -> dict[str, Callable[[], float]]:
    """After a first sync of each. rclone goes by size and server time."""
    sides = {}
    for peer in ground.peers:
        path, prefix = tree(), ground.fresh(peer.name)
        ground.run(peer.up(path, prefix))
        command = peer.again(path, prefix) if isinstance(peer, Rclone) else peer.up(path, prefix)
        sides[peer.name] = _changed(path, partial(ground.run, command))
    if (restic := ground.restic) is not None:
        path = tree()
        prefix = ground.repository(path)
        sides[restic.name] = _changed(path, partial(ground.run, restic.up(path, prefix)))
    return sides


def _changed(path: Path, measured: Callable[[], float]) -> Callable[[], float]:
    """Each call changes some files before the clock starts, others than the last time."""
    files = itertools.cycle(sorted(path.rglob("*.bin")))
    dice = random.Random(_CHANGES)

    def once() -> float:
        for file in itertools.islice(files, _CHANGES):
            file.write_bytes(dice.randbytes(trees.SMALL_BYTES))
        return measured()

    return once
