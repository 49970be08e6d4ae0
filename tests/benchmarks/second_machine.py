"""A save reaches a second machine: two daemons, from the close of the file on one disk to its bytes on the other.

At the normal poll, at any moment between two of them; and while somebody waits: `flush` here, `wait` there.
"""

import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import turns
from tests.benchmarks.figures import HOLDALL, Figure, Line, number
from tests.benchmarks.ground import Ground
from tests.benchmarks.user import Mounted, mounted

_SAVES = 10
_LOOK_S = 0.001
_POLL_S = 5.0
_PATIENCE_S = 90.0


def measure(ground: Ground) -> Iterator[Line]:
    context = ground.fresh("second")
    with ground.directory() as here, ground.directory() as there:
        for path in (here, there):
            path.mkdir()
        with mounted(ground, here, context) as one, mounted(ground, there, context) as other:
            dice = random.Random(_SAVES)
            arrivals_s = []
            for number_ in range(_SAVES):
                time.sleep(dice.uniform(0, _POLL_S))
                arrivals_s.append(_arrival_s(here / f"n{number_}", there / f"n{number_}"))
                turns.told(f"second machine: {arrivals_s[-1]:.3f}")
            yield _line("at the normal poll", arrivals_s)
            waits_s = []
            for number_ in range(_SAVES):
                time.sleep(dice.uniform(0, _POLL_S / 5))
                waits_s.append(_waited_s(one, other, here / f"w{number_}", there / f"w{number_}"))
            yield _line("flushed here, waited for there", waits_s)


def _arrival_s(here: Path, there: Path) -> float:
    here.write_bytes(b"hello")
    closed = time.perf_counter()
    while not there.exists():
        assert time.perf_counter() < closed + _PATIENCE_S, "it does not arrive"
        time.sleep(_LOOK_S)
    assert there.read_bytes() == b"hello"
    return time.perf_counter() - closed


def _waited_s(one: Mounted, other: Mounted, here: Path, there: Path) -> float:
    here.write_bytes(b"hello")
    closed = time.perf_counter()
    one.flush()
    other.wait()
    assert there.read_bytes() == b"hello"
    return time.perf_counter() - closed


def _line(what: str, samples_s: list[float]) -> Line:
    middle = statistics.median(samples_s)
    text = f"{number(middle)} (max {number(max(samples_s))})"
    return Line(
        f"a save reaches a second machine, {what}, median of {_SAVES}, s", {HOLDALL: Figure(middle, text)}
    )
