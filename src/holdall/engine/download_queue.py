"""What is to come down, in the order in which it goes: what somebody waits for before the rest, small files before large ones,
neighbours in a pack together.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from holdall.engine.words import Step
from holdall.model import Entry

_BUNCH_BYTES: Final = 512 * 1024
_PACK_BYTES: Final = 8 * 1024 * 1024
_PACK_FILES: Final = 512


class DownloadQueue:
    def __init__(self) -> None:
        self._heap: list[tuple[bool, int, int, Step]] = []
        self._order = itertools.count()
        self._waiting: dict[str, Step] = {}
        self._packs: dict[str, dict[str, Step]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._waiting.values())

    def add(self, step: Step, *, urgent: bool) -> None:
        heapq.heappush(self._heap, (not urgent, step.bytes, next(self._order), step))
        self._waiting[step.path] = step
        if (pack := _pack_of(step)) is not None:
            self._packs.setdefault(pack, {})[step.path] = step

    def hurry(self, wanted: Iterable[str]) -> None:
        """These go first."""
        named = set(wanted)
        if named:
            self._heap = [
                (late and step.path not in named, size, n, step) for late, size, n, step in self._heap
            ]
            heapq.heapify(self._heap)

    def withdraw(self, gone: Callable[[Step], bool]) -> list[Step]:
        """Take back those of which this is so."""
        taken = [step for step in self if gone(step)]
        for step in taken:
            self._forget(step)
        return taken

    def bunch(self, most: int) -> list[Step]:
        """The next ones: up to `most`, or more that lie in one pack. At least one."""
        first = self._pop()
        if first is None:
            raise IndexError("there is nothing in it")
        pack = _pack_of(first)
        return self._of_pack(first, pack) if pack in self._packs else self._small_ones(first, most)

    def _of_pack(self, first: Step, pack: str | None) -> list[Step]:
        bunch, size = [first], first.bytes
        for step in list(self._packs[pack or ""].values()):
            if len(bunch) >= _PACK_FILES or size + step.bytes > _PACK_BYTES:
                break
            size += step.bytes
            self._forget(step)
            bunch.append(step)
        return bunch

    def _small_ones(self, first: Step, most: int) -> list[Step]:
        bunch, size = [first], first.bytes
        while len(bunch) < most and (step := self._peek()) is not None and size + step.bytes <= _BUNCH_BYTES:
            size += step.bytes
            self._forget(step)
            bunch.append(step)
        return bunch

    def _pop(self) -> Step | None:
        step = self._peek()
        if step is not None:
            self._forget(step)
        return step

    def _peek(self) -> Step | None:
        """What was taken otherwise lies in the heap still."""
        while self._heap and self._waiting.get(self._heap[0][3].path) is not self._heap[0][3]:
            heapq.heappop(self._heap)
        return self._heap[0][3] if self._heap else None

    def _forget(self, step: Step) -> None:
        del self._waiting[step.path]
        pack = _pack_of(step)
        if pack is not None:
            its = self._packs[pack]
            del its[step.path]
            if not its:
                del self._packs[pack]


def _pack_of(step: Step) -> str | None:
    """Of a small file."""
    head = step.remote
    if not isinstance(head, Entry) or head.packed is None or head.blocks:
        return None
    return head.packed.slices[0].pack
