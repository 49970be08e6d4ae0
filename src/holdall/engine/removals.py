"""Local deletions on their way to the store: last in line, and past the guard."""

from typing import Final

from holdall.engine.words import Step
from holdall.model import Kind
from holdall.rules.guard import Guard

_AGE_S: Final = 1.0
"""A deletion waits this long for what it was to reappear under another name."""


class Removals:
    """`waiting`: path -> step. `tripped`: the guard keeps them back until a person approves, or they are undone.

    A file that became something else is not gone: the guard neither counts it nor keeps it back.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, Step] = {}
        self.tripped = False
        self._free: set[str] = set()
        self._guard = Guard()
        self._since = 0.0
        self._approved = False
        self._passed_by_hand = False

    def add(self, step: Step, now: float) -> None:
        if not self.waiting:
            self._since = now
        self.waiting[step.path] = step
        if step.local is None:
            self._free.discard(step.path)
        else:
            self._free.add(step.path)

    @property
    def _digests(self) -> set[str]:
        return {
            step.base.digest for step in self.waiting.values() if step.base is not None and step.base.digest
        }

    def drop(self, path: str) -> None:
        """It is there again, or gone on both sides."""
        self.waiting.pop(path, None)
        self._free.discard(path)
        self.tripped = self.tripped and self._any_gone

    def held(self) -> dict[str, Step]:
        return self._gone() if self.tripped else {}

    @property
    def _any_gone(self) -> bool:
        return len(self.waiting) > len(self._free)

    def _gone(self) -> dict[str, Step]:
        if not self._free:
            return self.waiting
        return {path: step for path, step in self.waiting.items() if path not in self._free}

    def appeared(self, path: str, digest: str, now: float) -> None:
        self._guard.appeared(path, digest, now)
        # What looked like a loss may have been the first half of a rename: it is weighed again.
        self.tripped = self.tripped and digest not in self._digests

    def approve(self) -> None:
        self._approved = self.tripped
        self.tripped = False

    def due_at(self) -> float | None:
        return self._since + _AGE_S if self._free or (self.waiting and not self.tripped) else None

    def pass_guard(self, now: float, total: int) -> list[Step]:
        """All that waits, where the guard lets it pass; what it does not keep back, and `tripped`, where it does not.

        `total`: files in the base.
        """
        gone = self._gone()
        self.tripped = self.tripped or not (self._approved or self._guard.admits(_files(gone), total, now))
        if self._approved:
            self._guard.approve()
            self._approved, self._passed_by_hand = False, True
        kept = gone if self.tripped else {}
        passed = [step for path, step in self.waiting.items() if path not in kept]
        self.waiting, self._free = kept, set()
        return passed

    def take_approval(self) -> bool:
        """Whether the commit that is being made holds deletions that a person approved."""
        by_hand, self._passed_by_hand = self._passed_by_hand, False
        return by_hand

    def mirrored(self, steps: list[Step], now: float) -> None:
        """These were committed."""
        self._guard.mirrored(_files({step.path: step for step in steps if step.local is None}), now)


def _files(steps: dict[str, Step]) -> dict[str, str]:
    """Of those that are no directories: path -> digest."""
    return {
        path: step.base.digest
        for path, step in steps.items()
        if step.base is not None and step.base.kind is not Kind.DIR
    }
