"""A small save until it is durable: from the close of the file to its commit in the store, seen there (commits.py)."""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import turns
from tests.benchmarks.commits import Commits
from tests.benchmarks.figures import HOLDALL, Line, percentile
from tests.benchmarks.ground import Ground
from tests.benchmarks.user import mounted

_SAVES = 100
_PAUSE_S = 0.1


def measure(ground: Ground) -> Iterator[Line]:
    context = ground.fresh("save")
    with ground.directory() as path:
        path.mkdir()
        for number in range(_SAVES):
            (path / f"old-{number}").write_bytes(b"as it was\n")
        with mounted(ground, path, context):
            commits = Commits(ground, context)
            for what, name in (("a new file", "new"), ("over an existing file", "old")):
                took_ms = [_save(path / f"{name}-{number}", commits) for number in range(_SAVES)]
                looks_ms = [look_s * 1000 for look_s in commits.looks_s]
                turns.told(
                    f"save: {what}: a look each {percentile(looks_ms, 50).text} ms, p95 {percentile(looks_ms, 95).text}"
                )
                for percent in (50, 95):
                    figures = {HOLDALL: percentile(took_ms, percent)}
                    yield Line(f"save → durable, {what}, p{percent} of {_SAVES}, ms", figures)


def _save(path: Path, commits: Commits) -> float:
    time.sleep(_PAUSE_S)
    path.write_bytes(b"as it is now\n" * 10)
    closed = time.perf_counter()
    return (commits.until_named(path.name) - closed) * 1000
