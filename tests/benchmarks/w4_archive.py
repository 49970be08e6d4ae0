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


def measure(ground: Ground) -> Iterator[Line]:
    what = f"W4 in Archive mode: 1 MiB changed inside {ground.mib:,} MiB"
    with ground.large_file() as path:
        with mounted(ground, path, ground.fresh("inside"), policy=ARCHIVE) as user:
            sides = {HOLDALL: _changed(path, user.flush_s)}
            if (restic := ground.restic) is not None:
                again = restic.up(path, ground.repository(path))
                sides[restic.name] = _changed(path, partial(ground.run, again))
            figures = medians(turns.in_turns("W4 in Archive mode", ground.runs, sides))
        yield Line(f"{what}, s", figures)
        yield Line(f"{what}, MiB sent", _sent(ground, path))


def _sent(ground: Ground, path: Path) -> dict[str, Figure]:
    figures = {}
    with Relay(ground.server.url) as relay:
        with mounted(ground, path, ground.fresh("inside"), endpoint=relay.url, policy=ARCHIVE) as user:
            figures[HOLDALL] = _sent_mib(relay, _changed(path, user.flush_s))
        if ground.restic is not None:
            restic, prefix = ground.restic.at(relay.url), ground.repository(path)
            figures[restic.name] = _sent_mib(
                relay, _changed(path, partial(ground.run, restic.up(path, prefix)))
            )
    return figures


def _sent_mib(relay: Relay, change: Callable[[], float]) -> Figure:
    relay.sent()
    change()
    sent = relay.sent()
    return Figure(sent.bodies / _MIB, f"{number(sent.bodies / _MIB)} ({sent.requests:,} requests)")


def _changed(path: Path, measured: Callable[[], float]) -> Callable[[], float]:
    """Each call changes another mebibyte, which ends nowhere near a block's end, before the clock starts."""
    (file,) = path.iterdir()
    dice = random.Random(str(measured))

    def once() -> float:
        with file.open("r+b") as large:
            large.seek(dice.randrange(file.stat().st_size - _MIB))
            large.write(dice.randbytes(_MIB))
        return measured()

    return once
