"""W4 in Archive mode: a mebibyte changed inside one large file. Seconds, and bytes that are sent for it, counted by a relay in a run of
its own.
"""

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks import turns
from tests.benchmarks.figures import HOLDALL, Figure, Line, medians, number
from tests.benchmarks.ground import Ground
from tests.benchmarks.relay import Relay
from tests.benchmarks.user import ARCHIVE, mounted

_MIB = 1 << 20
_TIMED, _COUNTED = 1, 2
"""Seeds: a mebibyte that is there already would cost nothing."""


def measure(ground: Ground) -> Iterator[Line]:
    what = f"W4 in Archive mode: 1 MiB changed inside {ground.mib:,} MiB"
    with ground.large_file() as path, ground.large_file() as apart:
        with mounted(ground, path, ground.fresh("inside"), policy=ARCHIVE) as user:
            sides = {HOLDALL: _changed(path, user.flush_s, _TIMED)}
            if (restic := ground.restic) is not None:
                again = restic.up(apart, ground.repository(apart))
                sides[restic.name] = _changed(apart, partial(ground.run, again), _TIMED)
            figures = medians(turns.in_turns("W4 in Archive mode", ground.runs, sides))
        yield Line(f"{what}, s", figures)
        yield Line(f"{what}, MiB sent", _sent(ground, path, apart))


def _sent(ground: Ground, path: Path, apart: Path) -> dict[str, Figure]:
    figures = {}
    with Relay(ground.server.url) as relay:
        with mounted(ground, path, ground.fresh("inside"), endpoint=relay.url, policy=ARCHIVE) as user:
            figures[HOLDALL] = _sent_mib(relay, _changed(path, user.flush_s, _COUNTED))
        if ground.restic is not None:
            restic, prefix = ground.restic.at(relay.url), ground.repository(apart)
            figures[restic.name] = _sent_mib(
                relay, _changed(apart, partial(ground.run, restic.up(apart, prefix)), _COUNTED)
            )
    return figures


def _sent_mib(relay: Relay, change: Callable[[], float]) -> Figure:
    relay.sent()
    change()
    sent = relay.sent()
    return Figure(sent.bodies / _MIB, f"{number(sent.bodies / _MIB)} ({sent.requests:,} requests)")


def _changed(path: Path, measured: Callable[[], float], seed: int) -> Callable[[], float]:
    """Each call changes another mebibyte before the clock starts, for every tool the same one."""
    (file,) = path.iterdir()
    dice = random.Random(seed)

    def once() -> float:
        with file.open("r+b") as large:
            large.seek(dice.randrange(file.stat().st_size - _MIB))
            large.write(dice.randbytes(_MIB))
        return measured()

    return once
