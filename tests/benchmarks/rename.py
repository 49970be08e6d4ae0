"""Many files move because their directory is renamed: seconds until durable, and what is sent for it. In File mode; in Archive mode
it is rename_archive.py.

Seconds without the relay, bytes with it. rclone does it with --track-renames: it too copies inside the store.
Where the guard took the rename for a deletion of everything, it is approved at once, and the line says so.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import trees, turns
from tests.benchmarks.commits import Commits
from tests.benchmarks.figures import HOLDALL, Figure, Line, medians, number
from tests.benchmarks.ground import Ground
from tests.benchmarks.peers import Rclone
from tests.benchmarks.relay import Relay
from tests.benchmarks.user import Mounted, mounted

_MIB = 1 << 20
_LOOK_S = 1.0


def measure(ground: Ground) -> Iterator[Line]:
    with ground.directory() as apart:
        fill(ground, apart)
        sides = {
            peer.name: partial(_by_rclone, ground, peer, apart, ground.fresh("renamed"))
            for peer in ground.peers
            if isinstance(peer, Rclone)
        }
        yield from lines(ground, f"rename of a directory with {ground.files:,} files", sides)


def lines(
    ground: Ground,
    what: str,
    peers: Mapping[str, Callable[[], float]],
    *,
    policy: Mapping[str, Any] | None = None,
) -> Iterator[Line]:
    """`peers`: what each of them needs for a rename of its own."""
    with ground.directory() as path:
        fill(ground, path)
        with _at_rest(ground, path, policy=policy) as user:
            approvals: list[int] = []
            sides = {HOLDALL: lambda: _renamed_s(ground, user, path, approvals), **peers}
            figures = medians(turns.in_turns("rename", ground.runs, sides))
    held = f" (held back by the guard, approved: {len(approvals)} of {ground.runs})" if approvals else ""
    yield Line(f"{what}{held}, s", figures)
    yield _sent(ground, what, policy)


@contextmanager
def _at_rest(
    ground: Ground, path: Path, *, endpoint: str | None = None, policy: Mapping[str, Any] | None
) -> Iterator[Mounted]:
    with mounted(ground, path, ground.fresh("rename"), endpoint=endpoint, policy=policy) as user:
        if policy is None:
            Commits(ground, user.context).until_laid_out(ground.files)
        yield user


def fill(ground: Ground, path: Path) -> None:
    trees.small_files(path / "moved-0", ground.files)


def rename(ground: Ground, path: Path) -> str:
    """The old name."""
    (before,) = path.glob("moved-*")
    before.rename(path / ground.fresh("moved"))
    return before.name


def _renamed_s(ground: Ground, user: Mounted, path: Path, approvals: list[int]) -> float:
    began = time.perf_counter()
    before = rename(ground, path)
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
    rename(ground, path)
    return ground.run(rclone.renamed(path, prefix))


def _sent(ground: Ground, what: str, policy: Mapping[str, Any] | None) -> Line:
    with ground.directory() as path, Relay(ground.server.url) as relay:
        fill(ground, path)
        with _at_rest(ground, path, endpoint=relay.url, policy=policy) as user:
            relay.sent()
            _renamed_s(ground, user, path, [])
            turns.told(f"rename: {dict(relay.methods)}")
            sent = relay.sent()
    bodies_mib, heads_mib = sent.bodies / _MIB, sent.heads / _MIB
    text = f"{number(bodies_mib)} ({sent.requests:,} requests, their heads {number(heads_mib)})"
    return Line(f"{what}, MiB sent in request bodies", {HOLDALL: Figure(bodies_mib, text)})
