"""Local deletions on their way to the store: last in line, and past the guard."""

from typing import Final

from holdall.engine.words import Step
from holdall.model import Kind
from holdall.rules.guard import Guard

_AGE_S: Final = 1.0
"""A deletion waits this long for what it was to reappear under another name."""


class Removals:
    """`waiting`: path -> step. `tripped`: the guard keeps them back until a person approves, or they are undone."""

    def __init__(self) -> None:
        self.waiting: dict[str, Step] = {}
        self.tripped = False
        self._guard = Guard()
        self._since = 0.0
        self._approved = False
        self._passed_by_hand = False

    def add(self, step: Step, now: float) -> None:
        if not self.waiting:
            self._since = now
        self.waiting[step.path] = step

    @property
    def _digests(self) -> set[str]:
        return {
            step.base.digest for step in self.waiting.values() if step.base is not None and step.base.digest
        }

    def drop(self, path: str) -> None:
        """It is there again, or gone on both sides."""
        self.waiting.pop(path, None)
        self.tripped = self.tripped and bool(self.waiting)

    def held(self) -> dict[str, Step]:
        return self.waiting if self.tripped else {}

    def appeared(self, path: str, digest: str, now: float) -> None:
        self._guard.appeared(path, digest, now)
        # What looked like a loss may have been the first half of a rename: it is weighed again.
        self.tripped = self.tripped and digest not in self._digests

    def approve(self) -> None:
        self._approved = self.tripped
        self.tripped = False

    def due_at(self) -> float | None:
        return self._since + _AGE_S if self.waiting and not self.tripped else None

    def pass_guard(self, now: float, total: int) -> list[Step]:
        """All that waits, where the guard lets it pass; nothing, and `tripped`, where it does not.

        `total`: files in the base. A file that became something else is not gone, and not counted.
        """
        files = {
            path: step.base.digest
            for path, step in self.waiting.items()
            if step.base is not None and step.base.kind is not Kind.DIR and step.local is None
        }
        if not self._approved and not self._guard.admits(files, total, now):
            self.tripped = True
            return []
        if self._approved:
            self._guard.approve()
            self._approved, self._passed_by_hand = False, True
        self.tripped = False
        passed, self.waiting = list(self.waiting.values()), {}
        return passed

    def take_approval(self) -> bool:
        """Whether the commit that is being made holds deletions that a person approved."""
        by_hand, self._passed_by_hand = self._passed_by_hand, False
        return by_hand

    def mirrored(self, steps: list[Step], now: float) -> None:
        """These were committed."""
        files = [(step.path, step.base) for step in steps if step.base is not None]
        self._guard.mirrored({path: base.digest for path, base in files if base.kind is not Kind.DIR}, now)
