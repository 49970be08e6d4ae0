"""When a busy file is looked at: at once when it is closed, then ever less often while it keeps changing.

Times are seconds of any one clock, given with each call.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

GATHER_S = 0.01
"""A burst of saves becomes one batch."""
AGAIN_S = 2.0
AGAIN_MAX_S = 30.0
QUIET_S = 2.0
OPEN_MAX_S = 60.0


@dataclass(slots=True)
class _Waiting:
    """`open_until_s`: when a path that is still open goes at the latest; None once it was closed."""

    due_s: float
    open_until_s: float | None


@dataclass(slots=True)
class _Sent:
    """After it was sent at `at_s`, a path waits `pause_s`; quiet for as long again, it is forgotten."""

    at_s: float
    pause_s: float

    @property
    def forgotten_s(self) -> float:
        return self.at_s + 2 * self.pause_s


class Debounce:
    """Touched paths on their way to `due`. Each touch costs O(log n); a path at rest costs nothing."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._sent: dict[str, _Sent] = {}
        # Both hold one entry a path that is never late: where the path's own time is later by now, it is pushed again.
        self._due: list[tuple[float, str]] = []
        self._forgotten: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def touch(self, path: str, now: float, *, closed: bool) -> None:
        """A closed path goes after GATHER_S, an open one once it has been quiet for QUIET_S; neither before its pause is over."""
        self._forget(now)
        before = self._waiting.get(path)
        if before is not None and before.open_until_s is None:
            return  # it goes at its time, also where it is open again: what is read torn is read again
        if closed:
            due_s, open_until_s = now + GATHER_S, None
        else:
            open_until_s = before.open_until_s if before and before.open_until_s else now + OPEN_MAX_S
            due_s = min(now + QUIET_S, open_until_s)
        if (sent := self._sent.get(path)) is not None:
            due_s = max(due_s, sent.at_s + sent.pause_s)
        self._waiting[path] = _Waiting(due_s, open_until_s)
        if before is None or due_s < before.due_s:
            heappush(self._due, (due_s, path))

    def due(self, now: float) -> list[str]:
        """The paths whose time has come, longest due first; they count as sent now."""
        self._forget(now)
        paths = []
        while (first := self.next_at()) is not None and first <= now:
            path = heappop(self._due)[1]
            paths.append(path)
            self.sent(path, now)
        return paths

    def next_at(self) -> float | None:
        """When `due` has something to say, None while nothing waits."""
        while self._due:
            due_s, path = self._due[0]
            waiting = self._waiting.get(path)
            if waiting is not None and waiting.due_s == due_s:
                return due_s
            heappop(self._due)
            if waiting is not None and waiting.due_s > due_s:
                heappush(self._due, (waiting.due_s, path))
        return None

    def drain(self, now: float) -> list[str]:
        """All that waits, sorted, as a flush wants it."""
        paths = sorted(self._waiting)
        for path in paths:
            self.sent(path, now)
        return paths

    def sent(self, path: str, now: float) -> None:
        """The path goes now: by `due`, or along with a scan. The next time it has a pause, each twice as long."""
        self._forget(now)
        self._waiting.pop(path, None)
        before = self._sent.get(path)
        pause_s = min(2 * before.pause_s, AGAIN_MAX_S) if before else AGAIN_S
        sent = self._sent[path] = _Sent(now, pause_s)
        if before is None:
            heappush(self._forgotten, (sent.forgotten_s, path))

    def _forget(self, now: float) -> None:
        while self._forgotten and self._forgotten[0][0] <= now:
            _, path = heappop(self._forgotten)
            sent = self._sent[path]
            if sent.forgotten_s > now:
                heappush(self._forgotten, (sent.forgotten_s, path))
            elif path in self._waiting:
                heappush(self._forgotten, (now + sent.pause_s, path))
            else:
                del self._sent[path]
