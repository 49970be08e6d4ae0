"""What is to come down, in the order in which it goes: what somebody waits for before the rest, small files before large ones, of
about the same size those that were used last, neighbours in a pack together.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from holdall.engine.words import Step
from holdall.model import Entry

_SMALL_BYTES: Final = 64 * 1024
"""Up to here one file comes down as fast as another."""
_BUNCH_BYTES: Final = 512 * 1024
_PACK_BYTES: Final = 8 * 1024 * 1024
_PACK_FILES: Final = 512


class _Waiting(NamedTuple):
    """In the order in which they go.

    halvings   of the size, down to nothing: two files that have the same number are of about the same size
    unused_ns  the later it was last written to, the less; when it was last read the store does not know
    """

    late: bool
    halvings: int
    unused_ns: int
    order: int
    step: Step


class DownloadQueue:
    def __init__(self) -> None:
        self._heap: list[_Waiting] = []
        self._order = itertools.count()
        self._waiting: dict[str, Step] = {}
        self._wanted: set[str] = set()
        self._packs: dict[str, dict[str, Step]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._waiting.values())

    def add(self, step: Step, *, urgent: bool) -> None:
        halvings = max(step.bytes, _SMALL_BYTES).bit_length()
        used_ns = step.remote.mtime_ns if isinstance(step.remote, Entry) else 0
        heapq.heappush(self._heap, _Waiting(not urgent, halvings, -used_ns, next(self._order), step))
        self._waiting[step.path] = step
        if urgent:
            self._wanted.add(step.path)
        if (pack := _pack_of(step)) is not None:
            self._packs.setdefault(pack, {})[step.path] = step

    def hurry(self, wanted: Iterable[str]) -> None:
        """These go first."""
        named = self._waiting.keys() & set(wanted)
        if named:
            self._wanted |= named
            self._heap = [one._replace(late=one.late and one.step.path not in named) for one in self._heap]
            heapq.heapify(self._heap)

    def withdraw(self, gone: Callable[[Step], bool]) -> list[Step]:
        """Take back those of which this is so."""
        taken = [step for step in self if gone(step)]
        for step in taken:
            self._forget(step)
        return taken

    @property
    def is_urgent(self) -> bool:
        """Whether somebody waits for the next one."""
        next_ = self._peek()
        return next_ is not None and not next_.late

    @property
    def is_packed(self) -> bool:
        """Whether the next one comes out of a pack, with its neighbours."""
        next_ = self._peek()
        return next_ is not None and _pack_of(next_.step) is not None

    def bunch(self, most: int) -> list[Step]:
        """The next ones: up to `most`, or more that lie in one pack. At least one."""
        next_ = self._peek()
        if next_ is None:
            raise IndexError("there is nothing in it")
        first = next_.step
        self._forget(first)
        pack = _pack_of(first)
        if pack in self._packs:
            return self._of_pack(first, pack, late=next_.late)
        return self._small_ones(first, most, late=next_.late)

    def _of_pack(self, first: Step, pack: str | None, *, late: bool) -> list[Step]:
        bunch, size = [first], first.bytes
        neighbours = self._packs[pack or ""].values()
        for step in [one for one in neighbours if (one.path not in self._wanted) is late]:
            if len(bunch) >= _PACK_FILES or size + step.bytes > _PACK_BYTES:
                break
            size += step.bytes
            self._forget(step)
            bunch.append(step)
        return bunch

    def _small_ones(self, first: Step, most: int, *, late: bool) -> list[Step]:
        """What somebody waits for waits for nothing else."""
        bunch, size = [first], first.bytes
        while len(bunch) < most and (next_ := self._peek()) is not None:
            if next_.late is not late or size + next_.step.bytes > _BUNCH_BYTES:
                break
            size += next_.step.bytes
            self._forget(next_.step)
            bunch.append(next_.step)
        return bunch

    def _peek(self) -> _Waiting | None:
        """What was taken otherwise lies in the heap still."""
        while self._heap and self._waiting.get(self._heap[0].step.path) is not self._heap[0].step:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    def _forget(self, step: Step) -> None:
        del self._waiting[step.path]
        self._wanted.discard(step.path)
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
