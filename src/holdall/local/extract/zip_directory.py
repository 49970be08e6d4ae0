"""The central directory of a zip archive: all that it says of its members, checked before any of them is read."""

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from holdall.errors import BadArchive
from holdall.local.base import Reader
from holdall.local.extract.member import Checks, file_mode, mtime_of
from holdall.local.extract.streams import read
from holdall.model import DEFAULT_MODES, Kind

_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s4B4HL2L5H2L")
_COMMENT_MOST: Final = 0xFFFF
IN_64: Final = 0xFFFFFFFF
"""In place of a number that stands elsewhere, with more digits."""
_IN_64_SHORT: Final = 0xFFFF
_ENTRY_BYTES: Final = 1 << 18
"""Of one entry of the directory: name, extra field and comment have two bytes for their lengths."""
STORED, DEFLATED, _BZIP2 = 0, 8, 12
_FORMAT_OF_MODE: Final = 0o170000
_REGULAR: Final = (0, 0o100000)
_DIRECTORY: Final = 0o040000
_LINK: Final = 0o120000
_DOS_DIRECTORY: Final = 0x10
ENCRYPTED: Final = 1 << 0 | 1 << 6 | 1 << 13
_NAME_IS_UTF8: Final = 1 << 11
_EXTRA_64, _EXTRA_TIME, _EXTRA_NAME = 1, 0x5455, 0x7075


class Entry(NamedTuple):
    """A member, as the central directory has it. `raw`: its name as it stands there."""

    path: str
    name: str
    raw: bytes
    kind: Kind
    mode: int
    mtime_ns: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


class Directory(NamedTuple):
    entries: int
    size: int
    offset: int


def directory_of(reader: Reader) -> Directory:
    """Where it is, by the record at the very end of the file: what stands behind that record, or twice, is a trick."""
    size = reader.stamp.size
    start = max(0, size - _END.size - _COMMENT_MOST)
    tail = reader.read(start, size - start)
    ends = [at for at in _places(tail, b"PK\5\6") if _is_last(tail, at)]
    if len(ends) != 1:
        what = "it has two ends" if ends else "it is no zip archive, or is cut off"
        raise BadArchive(what)
    _, disk, first_disk, here, entries, length, offset, _ = _END.unpack_from(tail, ends[0])
    end = start + ends[0]
    found = Directory(entries, length, offset)
    if {disk, first_disk} - {0, _IN_64_SHORT} or here != entries:
        raise BadArchive("it is a part of several")
    if end >= _LOCATOR.size:
        locator = _LOCATOR.unpack(exactly(reader, end - _LOCATOR.size, _LOCATOR.size))
        if locator[0] == b"PK\6\7":
            end, found = _directory_64(reader, locator[2], found)
    if found.offset + found.size != end:
        raise BadArchive("its directory is not where its end says")
    return found


def _directory_64(reader: Reader, at: int, short: Directory) -> tuple[int, Directory]:
    """Its place, and what it says: for an archive with more or larger members than the old record has digits for."""
    if at + _END_64.size > reader.stamp.size:
        raise BadArchive("its directory is not where its end says")
    sign, _, _, _, disk, first_disk, here, entries, length, offset = _END_64.unpack(
        exactly(reader, at, _END_64.size)
    )
    if sign != b"PK\6\6":
        raise BadArchive("its directory is not where its end says")
    if disk or first_disk or here != entries:
        raise BadArchive("it is a part of several")
    said = zip(short, (_IN_64_SHORT, IN_64, IN_64), (entries, length, offset), strict=True)
    if any(one not in (full, number) for one, full, number in said):
        raise BadArchive("it has two ends that differ")
    return at, Directory(entries, length, offset)


def _places(data: bytes, sign: bytes) -> Iterator[int]:
    at = data.find(sign)
    while at >= 0:
        yield at
        at = data.find(sign, at + 1)


def _is_last(tail: bytes, at: int) -> bool:
    if at + _END.size > len(tail):
        return False
    comment = int.from_bytes(tail[at + _END.size - 2 : at + _END.size], "little")
    return at + _END.size + comment == len(tail)


def entries_of(reader: Reader, directory: Directory, checks: Checks) -> Iterator[Entry]:
    data, at = b"", 0
    rest = read(reader, directory.offset, directory.offset + directory.size)
    for _ in range(directory.entries):
        while len(data) - at < _ENTRY_BYTES and (more := next(rest, b"")):
            data, at = data[at:] + more, 0
        if len(data) - at < _CENTRAL.size or not data.startswith(b"PK\1\2", at):
            raise BadArchive("it is damaged: its directory has fewer entries than it says")
        entry, at = _entry(data, at, checks)
        yield entry
    if data[at:] or next(rest, b""):
        raise BadArchive("its directory has more entries than it says")


def _entry(data: bytes, at: int, checks: Checks) -> tuple[Entry, int]:
    """The one that stands there, and where the next does."""
    fields = _CENTRAL.unpack_from(data, at)
    flags, method, clock, day, crc, packed, size, *lengths, disk, _, attributes, offset = fields[5:]
    name_at = at + _CENTRAL.size
    extra_at = name_at + lengths[0]
    end = extra_at + lengths[1] + lengths[2]
    if end > len(data):
        raise BadArchive("it is damaged: its directory is cut off")
    raw = data[name_at:extra_at]
    extra = _extra(data[extra_at : extra_at + lengths[1]])
    name = _name(raw, flags, extra)
    size, packed, offset, disk = _large(size, packed, offset, disk, extra, name)
    if disk:
        raise BadArchive("it lies in another archive", member=name)
    if flags & ENCRYPTED:
        raise BadArchive("it is encrypted", member=name)
    mode = attributes >> 16  # 0 where no Unix made it
    kind = _kind(mode, attributes, name, size)
    path = checks.named(name, kind)
    checks.announced(size, name)
    if method not in (STORED, DEFLATED, _BZIP2):
        raise BadArchive(f"it is packed by method {method}, which is not known here", member=name)
    mode = file_mode(mode) if kind is Kind.FILE else DEFAULT_MODES[Kind.DIR]
    entry = Entry(
        path, name, raw, kind, mode, _mtime(day, clock, extra), flags, method, crc, packed, size, offset
    )
    return entry, end


def _extra(data: bytes) -> dict[int, bytes]:
    """By their number; the first of each. What does not add up at the end is padding."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        number, length = struct.unpack_from("<2H", data, at)
        found.setdefault(number, data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _name(raw: bytes, flags: int, extra: dict[int, bytes]) -> str:
    """In UTF-8, whatever the flag says: other charsets have no name in the archive, and hardly ever look like it."""
    shown = raw.decode(errors="backslashreplace")
    unicode_name = extra.get(_EXTRA_NAME, b"")
    if (
        not flags & _NAME_IS_UTF8
        and unicode_name[:1] == b"\1"
        and unicode_name[1:5] == zlib.crc32(raw).to_bytes(4, "little")
    ):
        raw = unicode_name[5:]
    try:
        name = raw.decode()
    except UnicodeDecodeError as exc:
        raise BadArchive("its name is not UTF-8", member=shown) from exc
    if "\\" in name:
        raise BadArchive("its name has backslashes, which could be slashes", member=name)
    return name


def _large(
    size: int, packed: int, offset: int, disk: int, extra: dict[int, bytes], name: str
) -> tuple[int, int, int, int]:
    """With the numbers that did not fit; they come in this order, each only where it is needed."""
    data = extra.get(_EXTRA_64, b"")
    numbers = [size, packed, offset]
    for index, number in enumerate(numbers):
        if number == IN_64:
            if len(data) < 8:
                raise BadArchive("it is damaged: its size is missing", member=name)
            numbers[index], data = int.from_bytes(data[:8], "little"), data[8:]
    if disk == _IN_64_SHORT:
        disk = int.from_bytes(data[:4], "little")
    return numbers[0], numbers[1], numbers[2], disk


def _kind(mode: int, attributes: int, name: str, size: int) -> Kind:
    kind = mode & _FORMAT_OF_MODE
    if kind == _LINK:
        raise BadArchive("it is a symlink", member=name)
    if kind not in (*_REGULAR, _DIRECTORY):
        raise BadArchive("it is neither a file nor a directory", member=name)
    if name.endswith("/"):
        if size or kind == _REGULAR[1]:
            raise BadArchive("it is a directory with bytes of its own", member=name)
        return Kind.DIR
    if kind == _DIRECTORY or attributes & _DOS_DIRECTORY:
        raise BadArchive("it is a directory with a file's name", member=name)
    return Kind.FILE


def _mtime(day: int, clock: int, extra: dict[int, bytes]) -> int:
    """The old field has no time zone: taken for UTC, so that it is the same on every machine."""
    stamp = extra.get(_EXTRA_TIME, b"")
    if len(stamp) >= 5 and stamp[0] & 1:
        return mtime_of(int.from_bytes(stamp[1:5], "little", signed=True))
    try:
        found = datetime(
            1980 + (day >> 9),
            day >> 5 & 15,
            day & 31,
            clock >> 11,
            clock >> 5 & 63,
            2 * (clock & 31),
            tzinfo=UTC,
        )
    except ValueError:
        return 0
    return mtime_of(int(found.timestamp()))


def exactly(reader: Reader, offset: int, length: int) -> bytes:
    data = reader.read(offset, length)
    if len(data) < length:
        raise BadArchive("it is cut off")
    return data
