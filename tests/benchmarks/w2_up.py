"""W2: one large file goes up. `holdall exec` on a fresh state, process start to exit."""

from collections.abc import Iterator

from tests.benchmarks import turns, up
from tests.benchmarks.figures import Line, medians
from tests.benchmarks.ground import Ground


def measure(ground: Ground) -> Iterator[Line]:
    with ground.large_file() as source:
        sides = up.sides(ground, source, 1)
        figures = medians(turns.in_turns("W2 up", ground.runs, sides))
    yield Line(f"W2 up: one file of {ground.mib:,} MiB, s", figures)
