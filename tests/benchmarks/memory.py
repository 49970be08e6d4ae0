"""A daemon with very many files, durable: its peak resident size; and what one small change costs there, counted by the relay,
without the poll."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import trees, turns
from tests.benchmarks.commits import Commits
from tests.benchmarks.figures import HOLDALL, Figure, Line, median, number
from tests.benchmarks.ground import Ground
from tests.benchmarks.relay import Relay
from tests.benchmarks.user import mounted

from holdall.log import layout

_FILE_BYTES = 200
_CHANGES = 5
_QUIET_S = 1.0


def measure(ground: Ground) -> Iterator[Line]:
    context = ground.fresh("memory")
    with ground.directory() as path, Relay(ground.server.url) as relay:
        trees.small_files(path, ground.most, size_bytes=_FILE_BYTES, directories=1000)
        with mounted(ground, path, context, endpoint=relay.url) as user:
            turns.told(f"memory: durable by {relay.sent().requests:,} requests")
            commits = Commits(ground, context)
            commits.until_laid_out(ground.most)
            yield Line(f"peak memory with {ground.most:,} files, MiB", {HOLDALL: median([user.peak_mib()])})
            requests, took_ms = [], []
            for path_ in sorted(path.rglob("*.bin"))[:_CHANGES]:
                time.sleep(_QUIET_S)
                relay.sent()
                took_ms.append(_change_ms(path, path_, commits))
                time.sleep(_QUIET_S)
                turns.told(f"memory: {took_ms[-1]:.1f} ms, {[one.split('?')[0] for one in relay.latest]}")
                polls = sum(_is_poll(one) for one in relay.latest)
                requests.append(relay.sent().requests - polls)
    middle = statistics.median(requests)
    text = f"{number(middle)} ({min(requests)} to {max(requests)})"
    yield Line("one small change there, requests", {HOLDALL: Figure(middle, text)})
    yield Line("one small change there, until durable, ms", {HOLDALL: median(took_ms)})


def _is_poll(request: str) -> bool:
    """The look at the log's next number, which comes every five seconds whether anything changed or not."""
    return request.startswith("GET ") and f"/{layout.LOG}" in request


def _change_ms(root: Path, path: Path, commits: Commits) -> float:
    path.write_bytes(b"changed")
    closed = time.perf_counter()
    return (commits.until_named(path.relative_to(root).as_posix()) - closed) * 1000
