"""W1: many small files go up as plain objects. `holdall exec` on a fresh state, process start to exit."""

from collections.abc import Iterator

from tests.benchmarks import turns, up
from tests.benchmarks.figures import Line, medians
from tests.benchmarks.ground import Ground


def measure(ground: Ground) -> Iterator[Line]:
    with ground.small_files() as source:
        sides = up.sides(ground, source, ground.files)
        figures = medians(turns.in_turns("W1 up", ground.runs, sides))
    yield Line(f"W1 up: {ground.files:,} files of 4 KiB, s", figures)
