"""When deletions look like an accident. Pure.

Held back are deletions only, and only until a person approves them, or the paths come back.
"""

from typing import Final

WINDOW_S: Final = 60.0
FEW: Final = 2
SOME: Final = 10


def trips(gone: int, total: int) -> bool:
    """`gone` of `total` base paths vanished within the window: more than half of at least ten, or all of at least two."""
    if gone >= total:
        return total >= FEW
    return total >= SOME and gone * 2 > total


class Guard:
    """Counts what vanished within the last minute, less what reappeared under another name.

    admit     the deletions that wait, with the digests they had (a directory has "")
    appeared  the path and digest of every upload, as it is read
    """

    def __init__(self) -> None:
        self._passed: dict[str, float] = {}
        self._appeared: dict[str, dict[str, float]] = {}

    def appeared(self, path: str, digest: str, now: float) -> None:
        if digest:
            self._appeared.setdefault(digest, {})[path] = now

    def admits(self, waiting: dict[str, str], total: int, now: float) -> bool:
        """Whether these deletions may be mirrored, next to those of the last minute. `total`: base paths now."""
        self._forget(now)
        gone = sum(1 for path, digest in waiting.items() if not self._elsewhere(path, digest))
        return gone == 0 or not trips(gone + len(self._passed), total + len(self._passed))

    def mirrored(self, deleted: dict[str, str], now: float) -> None:
        """These were committed."""
        for path, digest in deleted.items():
            if not self._elsewhere(path, digest):
                self._passed[path] = now

    def approve(self) -> None:
        """A person looked: what was mirrored before this counts no longer."""
        self._passed.clear()

    def _elsewhere(self, path: str, digest: str) -> bool:
        """Whether the bytes turned up under another name. Their own upload, a moment ago, says nothing."""
        return any(one != path for one in self._appeared.get(digest, ()))

    def _forget(self, now: float) -> None:
        for seen in (self._passed, *self._appeared.values()):
            for name in [name for name, at in seen.items() if now - at > WINDOW_S]:
                del seen[name]
        self._appeared = {digest: paths for digest, paths in self._appeared.items() if paths}
