"""In Archive mode, many files move because their directory is renamed. restic finds the bytes again by their digests."""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import rename
from tests.benchmarks.figures import Line
from tests.benchmarks.ground import Ground
from tests.benchmarks.peers import Restic
from tests.benchmarks.user import ARCHIVE


def measure(ground: Ground) -> Iterator[Line]:
    with ground.directory() as apart:
        sides = {}
        if (restic := ground.restic) is not None:
            rename.fill(ground, apart)
            repository = ground.repository(apart)
            sides[restic.name] = lambda: _by_restic(ground, restic, apart, repository)
        what = f"rename of a directory with {ground.files:,} files in Archive mode"
        yield from rename.lines(ground, what, sides, policy=ARCHIVE)


def _by_restic(ground: Ground, restic: Restic, path: Path, repository: str) -> float:
    rename.rename(ground, path)
    return ground.run(restic.up(path, repository))
