"""Which files travel in packs. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

BURST_FILE_BYTES: Final = 256 * 1024
"""A larger file gains nothing from company: its bytes take longer than its request."""
SMALL_BYTES: Final = 1024 * 1024
SMALL_MOST: Final = 64
"""As many packs below SMALL_BYTES are put together."""
LIVE_LEAST: Final = 0.65
"""Of what packs hold, what is still named; below that they are packed anew, up to LIVE_THEN and further."""
LIVE_THEN: Final = 0.8


class Into(StrEnum):
    """What a file's bytes become in the store."""

    PLAIN = "plain"  # an object of their own
    PACK = "pack"
    BURST = "burst"  # a pack for now: laid out as plain objects when there is time


class Packing(NamedTuple):
    """The policy's say.

    archive  UploadPolicy.upload_mode is Archive
    exclude  its archive_exclude_paths, of the context: what is at or below them goes as plain objects; "" is everything
    """

    archive: bool = False
    exclude: tuple[str, ...] = ()

    def packs(self, path: str) -> bool:
        """Whether a file at this path belongs into a pack."""
        return self.archive and not any(
            not one or path == one or path.startswith(f"{one}/") for one in self.exclude
        )


class Weight(NamedTuple):
    """Of a pack in the store: all its bytes, and those that the tree names."""

    bytes: int
    live: int


def to_empty(packs: Mapping[str, Weight]) -> list[str]:
    """The packs whose live members are to move to others, the emptiest first.

    Those go that bring the whole back above LIVE_THEN; and where there are too many small ones, these.
    """
    held = sum(one.bytes for one in packs.values())
    live = sum(one.live for one in packs.values())
    found: list[str] = []
    if live < LIVE_LEAST * held:
        for pack, weight in sorted(packs.items(), key=lambda one: one[1].live / max(one[1].bytes, 1)):
            if live >= LIVE_THEN * held:
                break
            found.append(pack)
            held -= weight.bytes - weight.live
    small = sorted(pack for pack, weight in packs.items() if weight.bytes < SMALL_BYTES)
    return found if len(small) < SMALL_MOST else [*found, *(pack for pack in small if pack not in found)]
