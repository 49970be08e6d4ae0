"""How large an archive of a user may be."""

from typing import Final, NamedTuple

RATIO_FROM_BYTES: Final = 64 << 20
"""Up to here a small archive may hold anything: a file of zeros is no attack."""


class Limits(NamedTuple):
    """Whatever is beyond one of these is refused, with the whole archive.

    bytes         of all members together, unpacked
    ratio         of what comes out to what went in, once RATIO_FROM_BYTES came out
    entries       files and directories, those that are only part of a path included
    depth         parts of a path
    name_bytes    of one part of a path, in UTF-8
    memory_bytes  that a decoder may want for its window: xz and zstd archives say how much that is
    """

    bytes: int = 16 << 30
    ratio: int = 250
    entries: int = 100_000
    depth: int = 64
    name_bytes: int = 255
    memory_bytes: int = 72 << 20
