"""Small files on their way down out of packs: neighbours travel together, and are at hand when their turn comes."""

from collections.abc import Iterable, Iterator

from holdall.engine.words import Step
from holdall.log.packs import Packs
from holdall.model import Entry, Slice, Tombstone


class Unpacking:
    """For files that are asked for in `order`. In memory is what one request brought."""

    def __init__(self, packs: Packs, steps: Iterable[Step]) -> None:
        self._arriving: Iterator[tuple[Slice, bytes | None]] = packs.read_all(_wanted(steps))
        self._next: tuple[Slice, bytes | None] | None = None

    def bytes_of(self, entry: Entry) -> bytes | None:
        """None where it has to be asked for by itself: it is large, in no pack, or was not to be had."""
        wanted = _slice_of(entry)
        if wanted is None:
            return None
        while self._next is None or self._next[0] < wanted:
            self._next = next(self._arriving, None)
            if self._next is None:
                return None
        return self._next[1] if self._next[0] == wanted else None


def order(step: Step) -> tuple[Slice, ...]:
    """What is in no pack goes first."""
    one = _slice_of(step.remote)
    return () if one is None else (one,)


def _wanted(steps: Iterable[Step]) -> Iterator[tuple[Slice, int]]:
    for step in steps:
        one = _slice_of(step.remote)
        if one is not None and isinstance(step.remote, Entry):
            yield one, step.remote.size


def _slice_of(head: Entry | Tombstone | None) -> Slice | None:
    if not isinstance(head, Entry) or head.packed is None or head.blocks:
        return None
    return head.packed.slices[0]
