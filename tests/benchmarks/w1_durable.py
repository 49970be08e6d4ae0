"""W1 in Archive mode: many small files until they are durable. `holdall exec` on a fresh state, process start to exit; and mounted
and flushed at the socket of a running daemon.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import turns
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground
from tests.benchmarks.user import ARCHIVE, User, mounted

_SOCKET = "holdall, socket"


def measure(ground: Ground) -> Iterator[Line]:
    with ground.small_files() as source:
        sides = {
            HOLDALL: lambda: _by_exec_s(ground, source),
            _SOCKET: lambda: _at_socket_s(ground, source),
        }
        if (restic := ground.restic) is not None:

            def by_restic() -> float:
                return ground.run(restic.up(source, ground.repository()))

            sides[restic.name] = by_restic
        figures = medians(turns.in_turns("W1 durable", ground.runs, sides))
    at_socket = figures.pop(_SOCKET)
    yield Line(f"W1 in Archive mode: {ground.files:,} files of 4 KiB until durable, s", figures)
    yield Line(
        "the same: mount and `flush` at the socket of a running daemon, s", {**figures, HOLDALL: at_socket}
    )


def _by_exec_s(ground: Ground, source: Path) -> float:
    context = ground.fresh("durable")
    took_s = User(ground).exec(context, source, policy=ARCHIVE)
    _check(ground, context)
    return took_s


def _at_socket_s(ground: Ground, source: Path) -> float:
    context = ground.fresh("durable")
    with mounted(ground, source, context, policy=ARCHIVE) as user:
        _check(ground, context)
        return user.durable_s


def _check(ground: Ground, context: str) -> None:
    assert ground.site.keys(context, "packs/"), "no packs"
    plain = ground.site.keys(context)
    assert not plain, f"{len(plain)} plain objects"
