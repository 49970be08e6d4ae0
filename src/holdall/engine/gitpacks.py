"""Which loose objects of a git repository are in its packs as well: their files may go, and nothing is lost.

The index of a pack is read, version 2 (gitformat-pack(5)): a table of how many names begin with each byte or a lower one, then
all names in order.
"""

import re
import struct
from collections.abc import Iterable
from contextlib import closing
from typing import Final

from holdall.errors import LocalError
from holdall.local.base import Disk, Reader
from holdall.model import SeenAs

_LOOSE: Final = re.compile(r"(.*/objects)/([0-9a-f]{2})/([0-9a-f]{38}|[0-9a-f]{62})")
_MAGIC: Final = b"\377tOc\0\0\0\2"
_TABLE: Final = struct.Struct(">256I")


def packed(disk: Disk, paths: Iterable[str]) -> set[str]:
    """Those of the paths that are files of loose objects, and whose objects are in a pack beside them on this disk."""
    wanted: dict[str, dict[bytes, str]] = {}
    for path in paths:
        if found := _LOOSE.fullmatch(path):
            folder, first, rest = found.groups()
            wanted.setdefault(folder, {})[bytes.fromhex(first + rest)] = path
    there: set[str] = set()
    for folder, names in wanted.items():
        for index in _indexes(disk, f"{folder}/pack"):
            there.update(_in_index(disk, index, names))
    return there


def _indexes(disk: Disk, folder: str) -> list[str]:
    """Those that have their pack."""
    files = {seen.path for seen in disk.scan(folder) if seen.what is SeenAs.FILE}
    return sorted(one for one in files if one.endswith(".idx") and f"{one[:-4]}.pack" in files)


def _in_index(disk: Disk, index: str, names: dict[bytes, str]) -> list[str]:
    """None of what it cannot be read for: what cannot be told counts as deleted."""
    try:
        with closing(disk.open(index)) as reader:
            return [names[name] for name in _held(reader, names)]
    except LocalError:
        return []


def _held(reader: Reader, names: Iterable[bytes]) -> list[bytes]:
    begin = reader.read(0, len(_MAGIC) + _TABLE.size)
    if len(begin) < len(_MAGIC) + _TABLE.size or not begin.startswith(_MAGIC):
        return []
    ends = _TABLE.unpack_from(begin, len(_MAGIC))
    by_byte: dict[int, list[bytes]] = {}
    for name in names:
        by_byte.setdefault(name[0], []).append(name)
    held: list[bytes] = []
    for byte, group in by_byte.items():
        first, end, length = ends[byte - 1] if byte else 0, ends[byte], len(group[0])
        data = reader.read(len(begin) + first * length, max(0, end - first) * length)
        there = {data[at : at + length] for at in range(0, len(data), length)}
        held += [name for name in group if name in there]
    return held
