"""Local deletions on their way to the store: last in line, looked at once more, and past the guard."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Final

from holdall.engine.words import Step
from holdall.model import Kind
from holdall.rules.guard import Guard

_AGE_S: Final = 1.0
"""A deletion waits this long for its file to reappear, under its own name or another."""


class Removals:
    """waiting  path -> step
    tripped  the guard holds them until a person approves or the files reappear

    A deletion is *new* when found, *doubted* once it waited _AGE_S, *sure* when a survey begun after that finds the file still
    gone. Only sure ones are committed, for a program that saves by deleting the old file and writing a new one deletes nothing.

    *Free* ones the guard neither counts nor holds: what a person approved, and a path that is something else now.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, Step] = {}
        self.tripped = False
        self._digests: Counter[str] = Counter()  # of what waits
        self._new: dict[str, float] = {}  # path -> when it was found, the earliest first
        self._doubted: set[str] = set()
        self._sure: set[str] = set()
        self._asked_at = -math.inf
        self._free: set[str] = set()
        self._approved: set[str] = set()
        self._guard = Guard()

    def add(self, step: Step, now: float) -> None:
        """A survey found the step's path gone."""
        path = step.path
        before = self.waiting.get(path)
        if before is None or (before.local is None) != (step.local is None):
            self._doubted.discard(path)
            self._sure.discard(path)
            self._new.setdefault(path, now)
        elif path in self._doubted and step.survey > before.survey:
            self._doubted.discard(path)
            self._sure.add(path)
        self._put(step)
        if step.local is not None or path in self._approved:
            self._free.add(path)
        else:
            self._free.discard(path)

    def put_back(self, step: Step) -> None:
        """A step that passed and was not committed. It is doubted again."""
        self._put(step)
        self._doubted.add(step.path)
        if step.local is not None or step.path in self._approved:
            self._free.add(step.path)

    def drop(self, path: str) -> None:
        """The path is no deletion any more: it is there again, or gone on both sides, or nothing is known of it."""
        self._take(path)
        self._approved.discard(path)
        self.tripped = self.tripped and self._any_kept

    def _take(self, path: str) -> None:
        self._new.pop(path, None)
        for some in (self._doubted, self._sure, self._free):
            some.discard(path)
        self._count(self.waiting.pop(path, None), -1)

    def _put(self, step: Step) -> None:
        self._count(self.waiting.get(step.path), -1)
        self._count(step, 1)
        self.waiting[step.path] = step

    def _count(self, step: Step | None, by: int) -> None:
        if step is not None and step.base is not None and step.base.digest:
            self._digests[step.base.digest] += by
            if not self._digests[step.base.digest]:
                del self._digests[step.base.digest]

    # -- the last look

    def is_new(self, path: str) -> bool:
        return path in self._new

    def due_at(self) -> float | None:
        """When the first new ones are doubted: a while after the last time, so that what was found shortly after goes along."""
        first = next(iter(self._new.values()), None)
        return None if first is None else max(first, self._asked_at) + _AGE_S

    def doubt(self, now: float, *, hurry: bool) -> list[Step]:
        """The steps that are doubted from now on: a survey that has yet to begin looks at them. `hurry`: all the new ones."""
        due_at = self.due_at()
        if due_at is None or (now < due_at and not hurry):
            return []
        due = [path for path, at in self._new.items() if hurry or at + _AGE_S <= now]
        for path in due:
            del self._new[path]
        self._doubted.update(due)
        self._asked_at = now
        return [self.waiting[path] for path in due]

    # -- the guard

    @property
    def _any_kept(self) -> bool:
        return len(self.waiting) > len(self._free)

    def _gone(self) -> dict[str, Step]:
        if not self._free:
            return self.waiting
        return {path: step for path, step in self.waiting.items() if path not in self._free}

    def held(self) -> dict[str, Step]:
        return self._gone() if self.tripped else {}

    def appeared(self, path: str, digest: str, now: float) -> None:
        self._guard.appeared(path, digest, now)
        # What looked like a loss may have been the first half of a rename: it is weighed again.
        self.tripped = self.tripped and not self._digests[digest]

    def approve(self) -> None:
        """A person means those that are held. They are new again, and looked at once more all the same."""
        held = dict(self.held())
        if not held:
            return
        self.tripped = False
        self._approved.update(held)
        self._free.update(held)
        for path in held:
            self._sure.discard(path)
            self._doubted.discard(path)
            self._new[path] = -math.inf
        self._asked_at = -math.inf
        self._guard.approve()

    @property
    def approving(self) -> bool:
        """Whether something that a person approved is not committed yet."""
        return bool(self._approved)

    def pass_guard(self, now: float, total: int) -> list[Step]:
        """The sure ones, to be committed: all of them, or the free ones alone where the guard holds the others (`tripped`).

        total  files in the base
        """
        if not self._sure or (self.tripped and self._sure.isdisjoint(self._free)):
            return []
        meant = _files({path: step for path, step in self.waiting.items() if path in self._approved})
        self.tripped = self.tripped or not self._guard.admits(_files(self._gone()), total - len(meant), now)
        passing = self._sure & self._free if self.tripped else self._sure
        steps = [step for path, step in self.waiting.items() if path in passing]
        for step in steps:
            self._take(step.path)
        return steps

    def approved(self, paths: Iterable[str]) -> bool:
        """Whether a person approved one of these deletions."""
        return not self._approved.isdisjoint(paths)

    def mirrored(self, steps: list[Step], now: float) -> None:
        """These were committed."""
        counted = [step for step in steps if step.local is None and step.path not in self._approved]
        self._approved.difference_update(step.path for step in steps)
        self._guard.mirrored(_files({step.path: step for step in counted}), now)


def _files(steps: dict[str, Step]) -> dict[str, str]:
    """By path, the digest; directories are left out."""
    return {
        path: step.base.digest
        for path, step in steps.items()
        if step.base is not None and step.base.kind is not Kind.DIR
    }
