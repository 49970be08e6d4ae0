"""W6: one large file comes down into an empty directory, by `holdall exec` on a second machine's fresh state; equal once."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import trees, turns
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground
from tests.benchmarks.user import User

_RUNS = 5
"""At least: the first read of an object is slower than all others, whoever asks."""
_TIMES = 5
_MIB = bytes(1 << 20)


def measure(ground: Ground) -> Iterator[Line]:
    checked: set[str] = set()
    with ground.large_file() as source:
        sides = _sides(ground, source, checked)
        figures = medians(turns.in_turns("W6 down", max(_RUNS, ground.runs), sides))
    yield Line(f"W6 down: one file of {ground.mib:,} MiB, s", figures)


def _have_memory_at_hand(ground: Ground) -> None:
    """A file of several times the size, written and deleted: its pages are free now.

    A virtual machine gives free pages back to its host, begins with that at once where there are many, and takes seconds to get a
    gigabyte of them again: without this, by chance one or the other paid for it.
    """
    with ground.directory() as path:
        path.mkdir()
        with (path / "pages").open("wb") as file:
            for _ in range(_TIMES * ground.mib):
                file.write(_MIB)


def _sides(ground: Ground, source: Path, checked: set[str]) -> dict[str, Callable[[], float]]:
    context = ground.fresh("down")
    User(ground).exec(context, source)

    def timed(tool: str, fetch: Callable[[Path], float]) -> Callable[[], float]:
        def once() -> float:
            with ground.directory() as target:
                target.mkdir()
                _have_memory_at_hand(ground)
                took_s = fetch(target)
                if tool not in checked:
                    trees.check_equal(source, target)
                    checked.add(tool)
            return took_s

        return once

    sides = {HOLDALL: timed(HOLDALL, lambda target: User(ground).exec(context, target))}
    for peer in ground.peers:
        prefix = ground.fresh(peer.name)
        ground.run(peer.up(source, prefix))
        sides[peer.name] = timed(
            peer.name, lambda target, peer=peer, prefix=prefix: ground.run(peer.down(prefix, target))
        )
    return sides
