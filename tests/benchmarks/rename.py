"""Many files move because their directory is renamed: seconds until durable, and what is sent for it.

Seconds without the relay, bytes with it. rclone does it with --track-renames: it too copies inside the store.
Where the guard took the rename for a deletion of everything, it is approved at once, and the line says so.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks import trees, turns
from tests.benchmarks.figures import HOLDALL, Figure, Line, medians, number
from tests.benchmarks.ground import Ground
from tests.benchmarks.peers import Rclone
from tests.benchmarks.relay import Relay
from tests.benchmarks.user import Mounted, mounted

_MIB = 1 << 20
_LOOK_S = 1.0


def measure(ground: Ground) -> Iterator[Line]:
    what = f"rename of a directory with {ground.files:,} files"
    with ground.directory() as path, ground.directory() as apart:
        for one in (path, apart):
            _fill(ground, one)
        with mounted(ground, path, ground.fresh("rename")) as user:
            approvals: list[int] = []
            sides = {HOLDALL: lambda: _renamed_s(ground, user, path, approvals)}
            for peer in ground.peers:
                if isinstance(peer, Rclone):
                    sides[peer.name] = partial(_by_rclone, ground, peer, apart, ground.fresh("renamed"))
            figures = medians(turns.in_turns("rename", ground.runs, sides))
    held = f" (held back by the guard, approved: {len(approvals)} of {ground.runs})" if approvals else ""
    yield Line(f"{what}{held}, s", figures)
    yield _sent(ground, what)


def _fill(ground: Ground, path: Path) -> None:
    trees.small_files(path / "moved-0", ground.files)


def _rename(ground: Ground, path: Path) -> str:
    """The old name."""
    (before,) = path.glob("moved-*")
    before.rename(path / ground.fresh("moved"))
    return before.name


def _renamed_s(ground: Ground, user: Mounted, path: Path, approvals: list[int]) -> float:
    began = time.perf_counter()
    before = _rename(ground, path)
    held = user.held_deletions()
    if held:
        approvals.append(held)
        user.approve()
        user.flush()
    took_s = time.perf_counter() - began
    # The old objects are removed after the commit: their requests count, and the next run is not to suffer from them.
    while any(key.startswith(f"{before}/") for key in ground.site.keys(user.context)):
        time.sleep(_LOOK_S)
    return took_s


def _by_rclone(ground: Ground, rclone: Rclone, path: Path, prefix: str) -> float:
    """Of a renamed tree that it has gone up with before the rename."""
    ground.run(rclone.up(path, prefix))
    _rename(ground, path)
    return ground.run(rclone.renamed(path, prefix))


def _sent(ground: Ground, what: str) -> Line:
    with ground.directory() as path, Relay(ground.server.url) as relay:
        _fill(ground, path)
        with mounted(ground, path, ground.fresh("rename"), endpoint=relay.url) as user:
            relay.sent()
            _renamed_s(ground, user, path, [])
            turns.told(f"rename: {dict(relay.methods)}")
            sent = relay.sent()
    bodies_mib, heads_mib = sent.bodies / _MIB, sent.heads / _MIB
    text = f"{number(bodies_mib)} ({sent.requests:,} requests, their heads {number(heads_mib)})"
    return Line(f"{what}, MiB sent in request bodies", {HOLDALL: Figure(bodies_mib, text)})
