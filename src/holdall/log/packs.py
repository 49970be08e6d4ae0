"""Packs: the bytes of many files in one object, `packs/<id>.tar.zst`.

A pack is a tar in which every member, with its header, is a zstd frame of its own: stock tools open the whole (`tar --zstd -xf`),
and one member can be read by its range. Of a large file each block is a member, `NAME.~part-0001` and so on.

A pack never changes, and its id is never used again. What it holds is known by the entries of the log that name its slices.
When none of the head's does any more it is condemned by a commit, and then moved to the trash as superseded objects are.
"""

import secrets
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import zstandard
from blake3 import blake3

from holdall.errors import BadFormat, ConditionFailed, NotThere
from holdall.log import layout
from holdall.model import PACK_BYTES, Entry, Packed, Slice, block_bytes
from holdall.store.base import ABSENT, Store

_LEVEL: Final = 1
_HEADER_BYTES: Final = 64 * 1024
"""The most that a member's header takes: a long name has a header of its own before it."""
_SPAN_BYTES: Final = 8 * 1024 * 1024
_GAP_BYTES: Final = 64 * 1024
"""Read over rather than asked for anew."""
_WINDOW_BYTES: Final = 32 << 20
_RECORD: Final = tarfile.BLOCKSIZE
_NAME_CHARS: Final = 100
_OCTAL_MOST: Final = 8**11
_VERIFY: Final = "run `holdall verify --data`"


class Sealed(NamedTuple):
    """A pack that is to be put."""

    id: str
    data: bytes


class Filling:
    """A pack that is being filled."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.bytes = 0
        self._frames: list[bytes] = []
        self._length = 0
        self._squeeze = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)

    @property
    def full(self) -> bool:
        return self.bytes >= PACK_BYTES

    def add(self, name: str, data: bytes, *, mode: int, mtime_ns: int) -> Slice:
        """`data` as a member. What it is called there matters to stock tools only."""
        header = _header(name, len(data), mode, max(mtime_ns, 0) // 10**9)
        self.bytes += len(data)
        return self._append(self._squeeze.compress(b"".join((header, data, bytes(-len(data) % _RECORD)))))

    def take(self, frame: bytes) -> Slice:
        """A member of another pack, as it lies there."""
        self.bytes += len(frame)
        return self._append(frame)

    def _append(self, frame: bytes) -> Slice:
        found = Slice(self.id, self._length, len(frame))
        self._frames.append(frame)
        self._length += len(frame)
        return found

    def seal(self) -> Sealed:
        """With the two empty records that end a tar."""
        self._append(self._squeeze.compress(bytes(2 * _RECORD)))
        return Sealed(self.id, b"".join(self._frames))


def _header(name: str, size: int, mode: int, mtime_s: int) -> bytes:
    """Of a tar's member. The usual one is put together here: tarfile takes six times as long for it."""
    if len(name) > _NAME_CHARS or not name.isascii() or max(size, mtime_s) >= _OCTAL_MOST:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, mode, mtime_s
        return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    numbers = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode & 0o7777, 0, 0, size, mtime_s)
    before, after = name.encode().ljust(_NAME_CHARS, b"\0") + numbers, b"0".ljust(101, b"\0") + b"ustar\x0000"
    # The checksum counts its own eight bytes as spaces.
    checksum = b"%06o\0 " % (sum(before) + 8 * 0x20 + sum(after))
    return (before + checksum + after).ljust(_RECORD, b"\0")


def part_name(name: str, index: int) -> str:
    """Of block `index` (from 0) of a large file."""
    return f"{name}.~part-{index + 1:04d}"


class Packs:
    """`fresh`: put by this process, and in no commit yet. Nobody condemns them without a word in the log that it has read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fresh: set[str] = set()

    def put(self, sealed: Sealed) -> None:
        # RACE: when the request is through, the log may have been read on behind what says that the pack is condemned.
        self.fresh.add(sealed.id)
        try:
            self._store.put(layout.pack_key(sealed.id), sealed.data, when=ABSENT)
        except ConditionFailed:
            # Nobody else has this id: an earlier try arrived after all. A store cannot tear an object.
            return

    def fetch(self, path: str, entry: Entry) -> bytes:
        """All bytes of an entry. NotThere as `blocks`; BadFormat where they are not what the log says."""
        data = b"".join(self.blocks(path, entry))
        if blake3(data).hexdigest() != entry.digest:
            raise BadFormat("a pack holds other bytes than the log says", path=path, hint=_VERIFY)
        return data

    def holds(self, path: str, entry: Entry) -> bool:
        """Whether the bytes of an entry are there, and are its own: they are read."""
        hasher = blake3()
        with suppress(NotThere, BadFormat):
            for data in self.blocks(path, entry):
                hasher.update(data)
            return hasher.hexdigest() == entry.digest
        return False

    def blocks(self, path: str, entry: Entry, at: Sequence[int] | None = None) -> Iterator[bytes]:
        """The bytes of an entry, or of its blocks at these indexes, in order and one in memory: a GET each.

        NotThere where they are in no pack any more; BadFormat where what is there can be no member of this size. Whether the
        bytes are the entry's, only their digest tells.
        """
        for index in range(len(_packed(entry).slices)) if at is None else at:
            one, length = _packed(entry).slices[index], length_of(entry, index)
            yield self._unpacked(path, self._range(one.pack, one.offset, one.length, path), length)

    def read_all(self, wanted: Iterable[tuple[Slice, int]]) -> Iterator[tuple[Slice, bytes | None]]:
        """Members of many files, given with their lengths, in order: neighbours in one request. None for what cannot be had."""
        lengths = dict(wanted)
        for one, frame in self._frames(lengths):
            yield one, None if frame is None else self._sound(frame, lengths[one])

    def frames(self, wanted: Iterable[tuple[Slice, int]]) -> Iterator[tuple[Slice, bytes | None]]:
        """As `read_all`, but the members as they lie in their packs, to be put into another."""
        lengths = dict(wanted)
        for one, frame in self._frames(lengths):
            is_sound = frame is not None and self._sound(frame, lengths[one]) is not None
            yield one, frame if is_sound else None

    def _frames(self, wanted: Iterable[Slice]) -> Iterator[tuple[Slice, bytes | None]]:
        for span in _spans(sorted(wanted)):
            start = span[0].offset
            try:
                data = self._range(span[0].pack, start, span[-1].offset + span[-1].length - start, "")
            except NotThere:
                yield from ((one, None) for one in span)
                continue
            for one in span:
                yield one, data[one.offset - start : one.offset - start + one.length]

    def is_there(self, entry: Entry) -> bool:
        """Whether all packs that an entry's bytes are in can be read. One HEAD for each, or two."""
        return all(self._has(pack) for pack in packs_of(entry))

    def _has(self, pack: str) -> bool:
        key = layout.pack_key(pack)
        return any(self._store.head(one) is not None for one in (key, layout.trash_key(pack, key)))

    def stands(self, pack: str) -> bool:
        """Whether it is where the packs of the head are. One HEAD."""
        return self._store.head(layout.pack_key(pack)) is not None

    def listed(self) -> dict[str, tuple[int, float]]:
        """Id -> size and time of every pack that is not in the trash."""
        found = ((layout.pack_of(info.key), info) for info in self._store.list(layout.PACKS))
        return {pack: (info.size, info.modified_at) for pack, info in found if pack is not None}

    def discard(self, pack: str) -> None:
        """Move a condemned pack to the trash. It may be there already."""
        key = layout.pack_key(pack)
        with suppress(NotThere):
            self._store.copy(key, layout.trash_key(pack, key))
        self._store.delete(key)

    def bring_back(self, pack: str) -> bool:
        """A pack from the trash. False: it is not there either."""
        key = layout.pack_key(pack)
        try:
            self._store.copy(layout.trash_key(pack, key), key, when=ABSENT)
        except NotThere:
            return False
        except ConditionFailed:
            return True
        return True

    def _range(self, pack: str, offset: int, length: int, path: str) -> bytes:
        key = layout.pack_key(pack)
        for one in (key, layout.trash_key(pack, key), key):  # it may have been brought back in between
            with suppress(NotThere):
                return self._store.get(one, offset=offset, length=length)
        raise NotThere("its bytes are in no pack of the store", path=path)

    def _sound(self, frame: bytes, length: int) -> bytes | None:
        with suppress(BadFormat):
            return self._unpacked("", frame, length)
        return None

    def _unpacked(self, path: str, frame: bytes, length: int) -> bytes:
        whole = length + -length % _RECORD
        try:
            size = zstandard.frame_content_size(frame)
            if not whole < size <= whole + _HEADER_BYTES:
                raise BadFormat(
                    f"a pack holds {size} bytes where {length} should be", path=path, hint=_VERIFY
                )
            data = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompress(frame)
        except zstandard.ZstdError as exc:
            raise BadFormat(f"a pack in the store is damaged: {exc}", path=path, hint=_VERIFY) from exc
        return data[size - whole : size - whole + length]


def length_of(entry: Entry, index: int) -> int:
    """Of the bytes in an entry's slice."""
    if not entry.blocks:
        return entry.size
    length = block_bytes(entry.size)
    return min(length, entry.size - index * length)


def packs_of(entry: Entry) -> set[str]:
    return set() if entry.packed is None else {one.pack for one in entry.packed.slices}


def _packed(entry: Entry) -> Packed:
    assert entry.packed is not None
    return entry.packed


def _spans(ordered: Iterable[Slice]) -> Iterator[list[Slice]]:
    """Neighbours in one pack, as many as are worth one request."""
    span: list[Slice] = []
    for one in ordered:
        if span and not _is_near(span, one):
            yield span
            span = []
        span.append(one)
    if span:
        yield span


def _is_near(span: list[Slice], one: Slice) -> bool:
    first, last = span[0], span[-1]
    gap = one.offset - (last.offset + last.length)
    return (
        one.pack == first.pack and gap <= _GAP_BYTES and one.offset + one.length - first.offset <= _SPAN_BYTES
    )
