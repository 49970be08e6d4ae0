"""When deletions look like an accident. Pure.

Held back are deletions only, and only until a person approves them, or the paths come back.
"""

from typing import Final

WINDOW_S: Final = 60.0
FEW: Final = 2
SOME: Final = 10
_EMPTY: Final = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
"""The digest of no bytes."""


def trips(gone: int, total: int) -> bool:
    """`gone` of `total` base paths vanished within the window: more than half of at least ten, or all of at least two."""
    if gone >= total:
        return total >= FEW
    return total >= SOME and gone * 2 > total


class Guard:
    """Counts what vanished within the last minute, less what reappeared elsewhere: each reappearance accounts for one deletion.

    admits    the deletions that wait, with the digests they had (a directory has "")
    appeared  the path and digest of every upload, as it is read
    """

    def __init__(self) -> None:
        self._passed: dict[str, float] = {}
        self._appeared: dict[str, dict[str, float]] = {}

    def appeared(self, path: str, digest: str, now: float) -> None:
        if digest:
            self._appeared.setdefault(_sign(path, digest), {})[path] = now

    def admits(self, waiting: dict[str, str], total: int, now: float) -> bool:
        """Whether these deletions may be mirrored, next to those of the last minute. `total`: base paths now."""
        self._forget(now)
        gone = len(waiting) - len(self._moved(waiting))
        return gone == 0 or not trips(gone + len(self._passed), total + len(self._passed))

    def mirrored(self, deleted: dict[str, str], now: float) -> None:
        """These were committed: what accounts for some of them accounts for no other."""
        moved = self._moved(deleted)
        for path, digest in deleted.items():
            seen = self._appeared.get(_sign(path, digest), {})
            seen.pop(path, None)
            if path in moved:
                del seen[moved[path]]
            else:
                self._passed[path] = now

    def approve(self) -> None:
        """A person looked: what was mirrored before this counts no longer."""
        self._passed.clear()

    def _moved(self, gone: dict[str, str]) -> dict[str, str]:
        """Of these, those whose bytes turned up elsewhere -> where. At a path that is gone as well they say nothing."""
        places: dict[str, list[str]] = {}
        found: dict[str, str] = {}
        for path, digest in gone.items():
            sign = _sign(path, digest)
            if sign not in places:
                places[sign] = [one for one in self._appeared.get(sign, ()) if one not in gone]
            if places[sign]:
                found[path] = places[sign].pop()
        return found

    def _forget(self, now: float) -> None:
        for seen in (self._passed, *self._appeared.values()):
            for name in [name for name, at in seen.items() if now - at > WINDOW_S]:
                del seen[name]
        self._appeared = {digest: paths for digest, paths in self._appeared.items() if paths}


def _sign(path: str, digest: str) -> str:
    """What a file is known again by: its bytes; or its name, where it has none and every new lock or marker would be like it."""
    return f"{digest} {path.rpartition('/')[2]}" if digest == _EMPTY else digest
