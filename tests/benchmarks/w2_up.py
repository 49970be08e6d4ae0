"""W2: one large file goes up. `holdall exec` on a fresh state, process start to exit."""

from collections.abc import Iterator
from functools import partial

from tests.benchmarks import turns, up
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground


def measure(ground: Ground) -> Iterator[Line]:
    with ground.large_file() as source:
        sides = {HOLDALL: partial(up.by_exec_s, ground, source, 1), **up.by_peers(ground, source, 1)}
        figures = medians(turns.in_turns("W2 up", ground.runs, sides))
    yield Line(f"W2 up: one file of {ground.mib:,} MiB, s", figures)
