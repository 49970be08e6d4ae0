"""Many new small files in File mode, then the end: until all of them are durable, in packs.

`release` of a running daemon right after the last file was written, at the socket and as a process; and `holdall exec` from the end
of the command that writes them to its own end.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import trees, turns
from tests.benchmarks.figures import HOLDALL, Line, medians
from tests.benchmarks.ground import Ground
from tests.benchmarks.user import Mounted, User, mounted

_PROCESS = "holdall release"
_EXEC = "holdall exec"


def measure(ground: Ground) -> Iterator[Line]:
    with ground.small_files() as source:
        sides = {
            HOLDALL: lambda: _released_s(ground, Mounted.release_s),
            _PROCESS: lambda: _released_s(ground, lambda user: user.holdall("release", user.context)),
            _EXEC: lambda: _by_exec_s(ground, source),
        }
        figures = medians(turns.in_turns("release", ground.runs, sides))
    process, by_exec = figures.pop(_PROCESS), figures.pop(_EXEC)
    yield Line(f"release of {ground.files:,} new files of 4 KiB in File mode, s", figures)
    yield Line("the same: `holdall release` as a process, s", {HOLDALL: process})
    yield Line("the same: `holdall exec`, from its command's end, s", {HOLDALL: by_exec})


def _released_s(ground: Ground, release: Callable[[Mounted], float]) -> float:
    with ground.directory() as path:
        path.mkdir()
        with mounted(ground, path, ground.fresh("release")) as user:
            trees.small_files(path, ground.files)
            return release(user)


def _by_exec_s(ground: Ground, source: Path) -> float:
    user = User(ground)
    written = user.machine.home / "written"
    with ground.directory() as path:
        path.mkdir()
        script = 'cp -r "$0"/. "$1" && touch "$2"'
        user.exec(ground.fresh("release"), path, "sh", "-c", script, str(source), str(path), str(written))
        return time.time() - written.stat().st_mtime
