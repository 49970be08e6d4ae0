"""W1: many small files go up as plain objects.

Ours are durable earlier than that: `holdall exec` ends when they are in packs, and the next daemon lays them out. So there are two
figures: until they are durable, and until a daemon, from its start, has made an object of each.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks import turns, up
from tests.benchmarks.commits import Commits
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground
from tests.benchmarks.user import User, mounted

_LAID_OUT = "holdall run"


def measure(ground: Ground) -> Iterator[Line]:
    with ground.small_files() as source:
        sides = {
            HOLDALL: lambda: User(ground).exec(ground.fresh("up"), source),
            _LAID_OUT: partial(_laid_out_s, ground, source),
            **up.by_peers(ground, source, ground.files),
        }
        figures = medians(turns.in_turns("W1 up", ground.runs, sides))
    what = f"{ground.files:,} files of 4 KiB"
    laid_out = figures.pop(_LAID_OUT)
    yield Line(f"W1 up: {what}, all plain objects, s", {**figures, HOLDALL: laid_out})
    yield Line("the same: durable by `holdall exec`, still in packs, s", figures)


def _laid_out_s(ground: Ground, source: Path) -> float:
    context = ground.fresh("up")
    began = time.perf_counter()
    with mounted(ground, source, context):
        return Commits(ground, context).until_laid_out(ground.files) - began
