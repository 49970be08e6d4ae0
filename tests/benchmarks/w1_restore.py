"""W1 in Archive mode: many small files come down into an empty directory, by `holdall exec` on a second machine's fresh state;
equal once.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks import trees, turns
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground
from tests.benchmarks.user import ARCHIVE, User


def measure(ground: Ground) -> Iterator[Line]:
    with ground.small_files() as source:
        figures = medians(turns.in_turns("W1 restore", ground.runs, _sides(ground, source)))
    yield Line(f"W1 in Archive mode: {ground.files:,} files of 4 KiB restored, s", figures)


def _sides(ground: Ground, source: Path) -> dict[str, Callable[[], float]]:
    context = ground.fresh("restore")
    User(ground).exec(context, source, policy=ARCHIVE)
    checked: set[str] = set()

    def timed(tool: str, fetch: Callable[[Path], float], within: str = "") -> float:
        with ground.directory() as target:
            target.mkdir()
            took_s = fetch(target)
            if tool not in checked:
                trees.check_equal(source, target / within)
                checked.add(tool)
        return took_s

    sides = {
        HOLDALL: partial(timed, HOLDALL, lambda target: User(ground).exec(context, target, policy=ARCHIVE))
    }
    if (restic := ground.restic) is not None:
        repository = ground.repository(source)
        sides[restic.name] = partial(
            timed,
            restic.name,
            lambda target: ground.run(restic.down(repository, target)),
            within=str(source).lstrip("/"),
        )
    return sides
