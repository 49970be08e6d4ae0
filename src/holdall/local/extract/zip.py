"""Zip archives. What the central directory says and what stands before each member's bytes have to be the same."""

import bz2
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from holdall.errors import BadArchive
from holdall.local.base import Reader
from holdall.local.extract.limits import Limits
from holdall.local.extract.member import Checks, Member
from holdall.local.extract.streams import Bytes, Decoder, Inflater, one_frame, read, reason_of
from holdall.local.extract.zip_directory import (
    DEFLATED,
    ENCRYPTED,
    IN_64,
    STORED,
    Directory,
    Entry,
    directory_of,
    entries_of,
    exactly,
)

_LOCAL: Final = struct.Struct("<4s2B4HL2L2H")
_SIZES_BEHIND: Final = 1 << 3


def members(reader: Reader, checks: Checks, limits: Limits) -> Iterator[Member]:
    """In the order of their bytes. Whatever the directory has that is wrong is told before the first of them."""
    directory = directory_of(reader)
    if directory.entries > limits.entries:
        raise BadArchive(f"it holds {directory.entries} files and directories, more than {limits.entries}")
    entries = sorted(entries_of(reader, directory, checks), key=lambda one: one.offset)
    entries.reverse()
    end = 0
    while entries:
        entry = entries.pop()  # what is done with takes no memory any more
        if entry.offset < end:
            raise BadArchive("its bytes are another member's too", member=entry.name)
        start = _start(reader, entry, directory)
        end = start + entry.packed
        if end > directory.offset:
            raise BadArchive("its bytes reach beyond the archive", member=entry.name)
        chunks = _bytes(reader, entry, start, checks)
        if entry.path:
            yield Member(entry.path, entry.kind, entry.mode, entry.mtime_ns, chunks)
        for _ in chunks:
            pass


def _start(reader: Reader, entry: Entry, directory: Directory) -> int:
    """Where its bytes begin: behind a header of their own, which has to say the same."""
    if entry.offset + _LOCAL.size > directory.offset:
        raise BadArchive("its bytes reach beyond the archive", member=entry.name)
    sign, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(
        exactly(reader, entry.offset, _LOCAL.size)
    )
    name_at = entry.offset + _LOCAL.size
    if sign != b"PK\3\4":
        raise BadArchive("it is damaged: its bytes are not where the directory says", member=entry.name)
    behind = bool(flags & _SIZES_BEHIND)
    said = [(crc, entry.crc), (packed, entry.packed), (size, entry.size)]
    if behind and not any(number for number, _ in said):
        said = []
    same = all(number in (meant, IN_64) for number, meant in said)
    named = exactly(reader, name_at, name_length) == entry.raw
    alike = method == entry.method and (flags ^ entry.flags) & (ENCRYPTED | _SIZES_BEHIND) == 0
    if not (same and named and alike):
        raise BadArchive("its header and the directory differ", member=entry.name)
    return name_at + int(name_length) + int(extra_length)


def _bytes(reader: Reader, entry: Entry, start: int, checks: Checks) -> Bytes:
    packed = read(reader, start, start + entry.packed)
    crc, left = 0, entry.size
    try:
        for data in _unpacked(entry, packed):
            left -= len(data)
            if left < 0:
                raise BadArchive("it is larger than the archive says", member=entry.name)
            checks.came_out(len(data), entry.name)
            crc = zlib.crc32(data, crc)
            yield data
    except (zlib.error, OSError, EOFError) as exc:
        raise BadArchive(f"it is damaged: {reason_of(exc)}", member=entry.name) from exc
    if left:
        raise BadArchive("it is smaller than the archive says", member=entry.name)
    if crc != entry.crc:
        raise BadArchive("it is damaged: its checksum differs", member=entry.name)


def _unpacked(entry: Entry, packed: Bytes) -> Bytes:
    if entry.method == STORED:
        yield from packed
        return
    decoder: Decoder = Inflater.raw() if entry.method == DEFLATED else bz2.BZ2Decompressor()
    try:
        yield from one_frame(decoder, next(packed, b""), packed)
    except BadArchive as exc:
        raise BadArchive(exc.reason, member=entry.name) from exc
    if decoder.unused_data or next(packed, b""):
        raise BadArchive("there is something behind its bytes", member=entry.name)
