"""Hands for what packs leave behind: condemned ones go, and what is live moves out of those that hold little else."""

from collections.abc import Iterable
from typing import Final

from holdall.engine.events import Compacted
from holdall.engine.ledger import Ledger
from holdall.engine.words import Pushed, Step
from holdall.log.objects import Objects
from holdall.log.packs import Filling, length_of
from holdall.model import Entry, Packed, Seen, SeenAs, Slice
from holdall.rules.packing import Weight, to_empty
from holdall.rules.reconcile import Verdict

_RUN_BYTES: Final = 64 * 1024 * 1024
_UNDER_WAY_S: Final = 24 * 3600.0
"""A pack that no commit names may belong to one that is yet to come. Should that come later still, it puts its bytes anew."""


class Compactor:
    def __init__(self, ledger: Ledger, objects: Objects) -> None:
        self._ledger = ledger
        self._packs = objects.packs
        self._now = objects.store.now

    def compact(self) -> Compacted:
        """Killed anywhere, it begins anew: nothing is taken away before the commit that condemns it.

        One listing, two requests for each pack that goes; up to 64 MiB are read and put anew.
        """
        rows = self._ledger.packs
        doomed = rows.doomed()
        for pack in doomed:
            self._packs.discard(pack)
        rows.discarded(doomed)
        listed = self._packs.listed()
        live = rows.live()
        rows.weighed({pack: size for pack, (size, _) in listed.items()})
        self._discard_left(listed.keys() - live.keys())
        weights = {pack: Weight(listed[pack][0], size) for pack, size in live.items() if pack in listed}
        moved, more = self._emptied(to_empty(weights))
        stray = {pack for pack, (_, at) in listed.items() if self._now() - at > _UNDER_WAY_S} - live.keys()
        return Compacted(moved, more=more, stray=tuple(sorted(stray - rows.condemned(stray))))

    def _discard_left(self, packs: Iterable[str]) -> None:
        """What a machine condemned that did not come to take it away."""
        for pack in sorted(self._ledger.packs.condemned(packs)):
            self._packs.discard(pack)

    def _emptied(self, packs: list[str]) -> tuple[tuple[Pushed, ...], bool]:
        """What is in these packs, elsewhere; and whether that was not all of it."""
        chosen = set(packs)
        entries: list[tuple[str, Entry]] = []
        wanted: dict[Slice, int] = {}
        size = 0
        more = False
        for path in self._ledger.packs.paths_in(packs):
            head = self._ledger.remote(path)
            if not isinstance(head, Entry) or head.packed is None:
                continue
            if size >= _RUN_BYTES:
                more = True
                break
            entries.append((path, head))
            for index, one in enumerate(head.packed.slices):
                if one.pack in chosen and one not in wanted:
                    wanted[one] = length_of(head, index)
                    size += one.length
        now = self._copied(wanted)
        return tuple(_moved(path, head, now) for path, head in entries if _is_whole(head, chosen, now)), more

    def _copied(self, wanted: dict[Slice, int]) -> dict[Slice, Slice]:
        """Old place -> new place. What cannot be read, or is damaged, stays where it should be. `wanted`: with their lengths."""
        places: dict[Slice, Slice] = {}
        filling = Filling()
        for one, frame in self._packs.frames(wanted.items()):
            if frame is None:
                continue
            places[one] = filling.take(frame)
            if filling.full:
                self._packs.put(filling.seal())
                filling = Filling()
        if filling.bytes:
            self._packs.put(filling.seal())
        return places


def _is_whole(head: Entry, chosen: set[str], now: dict[Slice, Slice]) -> bool:
    assert head.packed is not None
    return all(one in now for one in head.packed.slices if one.pack in chosen)


def _moved(path: str, head: Entry, now: dict[Slice, Slice]) -> Pushed:
    assert head.packed is not None
    slices = tuple(now.get(one, one) for one in head.packed.slices)
    step = Step(path, Verdict.NOTHING, 0, Seen(path, SeenAs.ABSENT), None, None, head)
    where = Packed(slices, head.packed.shadow, head.packed.lay)
    return Pushed(step, head._replace(where=where), None, fresh=False, adopted=True)
