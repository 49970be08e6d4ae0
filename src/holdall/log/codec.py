"""Commits and checkpoints as bytes: JSON lines, zstd.

The first line is the header. Every other line is one change: `p` the path, then either an entry (`k` kind and what goes
with it), a tombstone (`gone`: the uploads it is about, or `true` for just the one that the head named), or a note about
uploads that never became a version (`void`) or a removal that was seen (`swept`). What is the default is left out: ten
thousand renames must stay below a mebibyte.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

import zstandard

from holdall.errors import BadFormat
from holdall.keys import key_of
from holdall.model import Entry, Kind, Plain, Tombstone

T = TypeVar("T")

FORMAT: Final = 1
_LEVEL: Final = 3
_READ_BYTES: Final = 1 << 14


class Deleted(NamedTuple):
    """A tombstone of just what the commit before this one held at the path: `resolved` says it in full."""

    vid: int


class Change(NamedTuple):
    """What a commit says of one path.

    now     what the path holds from here on; None: as before
    void    (uid, etag) of uploads to this key that are not, and will not become, a version
    swept   the object of this path's tombstone has been seen to be gone
    """

    path: str
    now: Entry | Tombstone | Deleted | None
    void: tuple[tuple[str, str], ...] = ()
    swept: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """One atomic change of the tree. `id` is random: it tells whose commit took a number."""

    id: str
    seq: int
    at_ms: int
    by: str
    changes: tuple[Change, ...]
    approved: bool = False
    """A person approved the deletions in it: other machines do not ask again."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is left of an old commit: its number, and where to read on."""

    seq: int
    checkpoint: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    seq: int
    rows: Iterable[tuple[str, Entry | Tombstone]] = field(repr=False)


def resolved(now: Entry | Tombstone | Deleted, before: Entry | Tombstone | None) -> Entry | Tombstone:
    """What a commit says of a path that held `before` at the commit before it."""
    if not isinstance(now, Deleted):
        return now
    if not isinstance(before, Entry):
        return Tombstone(now.vid)
    return Tombstone(now.vid, before.digest, named_by(before))


def named_by(entry: Entry) -> tuple[tuple[str, str], ...]:
    """(uid, etag) of what stands at the key of an entry, as a tombstone names it."""
    if entry.where is None:
        return ()
    its = (entry.uid, entry.where.etag)
    # Another tool had put it there, without a uid on it.
    return (its, ("", entry.where.etag)) if entry.flag == "foreign" else (its,)


def encode_commit(commit: Commit) -> bytes:
    header: dict[str, Any] = {
        "format": FORMAT,
        "id": commit.id,
        "seq": commit.seq,
        "at": commit.at_ms,
        "by": commit.by,
    }
    if commit.approved:
        header["approved"] = True
    return _pack(header, (_change(change, commit.seq) for change in commit.changes))


def decode_commit(data: bytes, seq: int) -> Commit | Pruned:
    name = f"log/{seq:016d}"
    lines = _unpack(data, name)
    with _damage(name):
        header = next(lines)
        if _field(header, "pruned", bool, default=False):
            return Pruned(seq, _field(header, "checkpoint", int))
        return Commit(
            _field(header, "id", str),
            _field(header, "seq", int),
            _field(header, "at", int),
            _field(header, "by", str),
            tuple(_parsed(line, seq) for line in lines),
            _field(header, "approved", bool, default=False),
        )


def encode_pruned(pruned: Pruned) -> bytes:
    return _pack({"format": FORMAT, "seq": pruned.seq, "pruned": True, "checkpoint": pruned.checkpoint}, ())


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    header = {"format": FORMAT, "seq": checkpoint.seq, "checkpoint": True}
    return _pack(header, (_change(Change(path, now), 0) for path, now in checkpoint.rows))


def decode_checkpoint(data: bytes, seq: int) -> Checkpoint:
    name = f"checkpoints/{seq:016d}"
    lines = _unpack(data, name)
    next(lines)
    return Checkpoint(seq, _rows(lines, name))


def _rows(lines: Iterable[dict[str, Any]], name: str) -> Iterator[tuple[str, Entry | Tombstone]]:
    with _damage(name):
        for line in lines:
            path, now, _, _ = _parsed(line, 0)
            if isinstance(now, Entry | Tombstone):
                yield path, now


def _pack(header: dict[str, Any], rows: Iterable[dict[str, Any]]) -> bytes:
    squeeze = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj()
    out = [squeeze.compress(_line(header))]
    out.extend(squeeze.compress(_line(row)) for row in rows)
    out.append(squeeze.flush())
    return b"".join(out)


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _unpack(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    """The header, checked, then the rows; one decoded line in memory at a time."""
    squeezed = zstandard.ZstdDecompressor().decompressobj()
    rest = b""
    first = True
    with _damage(name):
        for offset in range(0, len(data), _READ_BYTES):
            *lines, rest = (rest + squeezed.decompress(data[offset : offset + _READ_BYTES])).split(b"\n")
            for line in lines:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError(row)  # noqa: TRY004 (nobody's mistake in the program)
                if first:
                    _check(row, name)
                    first = False
                yield row
    # Not at the end of the frame: lines may be missing, even where those that are there are whole.
    if first or rest or not squeezed.eof:
        raise BadFormat(f"{name} in the store is cut off", hint="run `holdall verify`")


@contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except (zstandard.ZstdError, ValueError) as exc:
        raise BadFormat(f"{name} in the store is damaged", hint="run `holdall verify`") from exc


def _check(header: dict[str, Any], name: str) -> None:
    found = header.get("format")
    if found != FORMAT:
        raise BadFormat(
            f"{name} has store format {found}, this holdall knows {FORMAT}", hint="upgrade holdall here"
        )


def _change(change: Change, seq: int) -> dict[str, Any]:
    row: dict[str, Any] = {"p": change.path}
    match change.now:
        case Entry() as entry:
            row |= _entry(entry, change.path, seq)
        case Tombstone() as gone:
            row |= _tombstone(gone, seq)
        case Deleted(vid=vid):
            row |= {"gone": True} if vid == seq else {"gone": True, "v": vid}
    if change.void:
        row["void"] = change.void
    if change.swept:
        row["swept"] = True
    return row


def _entry(entry: Entry, path: str, seq: int) -> dict[str, Any]:
    row: dict[str, Any] = {"k": entry.kind.value}
    if entry.vid and entry.vid != seq:
        row["v"] = entry.vid
    if entry.mode:
        row["o"] = entry.mode
    if entry.kind is Kind.SYMLINK:
        row["to"] = entry.target
    if entry.flag:
        row["flag"] = entry.flag
    if entry.kind is not Kind.DIR:
        row |= {"s": entry.size, "m": entry.mtime_ns}
    if entry.kind is Kind.FILE:
        row |= {"d": entry.digest, "u": entry.uid, "t": entry.uploaded_at}
    if entry.blocks:
        row["b"] = entry.blocks
    if entry.where is not None:
        row["e"] = entry.where.etag
        if entry.where.version is not None:
            row["ver"] = entry.where.version
        if entry.where.key != key_of(path):
            row["key"] = entry.where.key
    return row


def _tombstone(gone: Tombstone, seq: int) -> dict[str, Any]:
    row: dict[str, Any] = {"gone": gone.objects}
    if gone.vid and gone.vid != seq:
        row["v"] = gone.vid
    if gone.digest:
        row["d"] = gone.digest
    if gone.expired:
        row["expired"] = True
    return row


def _parsed(row: dict[str, Any], seq: int) -> Change:
    path = _field(row, "p", str)
    now: Entry | Tombstone | Deleted | None = None
    if row.get("gone") is True:
        now = Deleted(_field(row, "v", int, seq))
    elif "gone" in row:
        now = Tombstone(
            vid=_field(row, "v", int, seq),
            digest=_field(row, "d", str, ""),
            objects=_pairs(row, "gone"),
            expired=_field(row, "expired", bool, default=False),
        )
    elif "k" in row:
        now = _parsed_entry(row, path, seq)
    void = _pairs(row, "void") if "void" in row else ()
    return Change(path, now, void, _field(row, "swept", bool, default=False))


def _parsed_entry(row: dict[str, Any], path: str, seq: int) -> Entry:
    kind = Kind(row["k"])
    where = None
    if "e" in row:
        version = _field(row, "ver", str) if "ver" in row else None
        where = Plain(_field(row, "key", str, "") or key_of(path), _field(row, "e", str), version)
    # What has bytes says which, and whose: without a default, a field that is missing is damage.
    lacks = None if kind is Kind.FILE else ""
    number = None if kind is Kind.FILE else 0
    return Entry(
        kind=kind,
        size=_field(row, "s", int, number),
        mtime_ns=_field(row, "m", int, number),
        mode=_field(row, "o", int, 0),
        digest=_field(row, "d", str, lacks),
        uid=_field(row, "u", str, lacks),
        vid=_field(row, "v", int, seq),
        uploaded_at=_field(row, "t", int, number),
        where=where,
        blocks=_texts(row, "b") if "b" in row else (),
        target=_field(row, "to", str, None if kind is Kind.SYMLINK else ""),
        flag=_field(row, "flag", str, ""),
    )


def _field(row: dict[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    """ValueError for one of another kind, and for a missing one without a default."""
    value = row.get(name, default)
    if type(value) is not kind:
        raise ValueError(name)
    return value


def _texts(row: dict[str, Any], name: str) -> tuple[str, ...]:
    found = _field(row, name, list)
    if any(type(one) is not str for one in found):
        raise ValueError(name)
    return tuple(found)


def _pairs(row: dict[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    found = []
    for one in _field(row, name, list):
        if type(one) is not list or [type(part) for part in one] != [str, str]:
            raise ValueError(name)
        found.append((one[0], one[1]))
    return tuple(found)
