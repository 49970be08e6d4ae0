"""`holdall --help`, process start to exit."""

import os
from collections.abc import Iterator

from tests import servers
from tests.benchmarks import turns
from tests.benchmarks.figures import HOLDALL, Line, median
from tests.benchmarks.ground import Ground

_RUNS = 20


def measure(ground: Ground) -> Iterator[Line]:
    command = [servers.binary("holdall"), "--help"]
    took_ms = [turns.seconds(command, os.environ, ground.folder) * 1000 for _ in range(_RUNS)]
    yield Line("`holdall --help`, ms", {HOLDALL: median(took_ms)})
