"""Commits and checkpoints as bytes: JSON lines, zstd.

The first line is the header. Every other line is one change: `p` the path, then either an entry (`k` kind and what goes
with it), a tombstone (`gone`: the uploads it is about, or `true` for just the one that the head named; `done` once their removal
was seen), or a note about uploads that never became a version (`void`) or a removal that was seen (`swept`). What is the default
is left out: ten thousand renames must stay below a mebibyte.
"""

import dataclasses
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import zstandard

from holdall.errors import BadFormat
from holdall.keys import key_of, takes_part
from holdall.log.fields import field, line_of, pairs, row_of, shown, texts
from holdall.model import DERIVED, MEMBER, NO_MODE, Entry, Kind, Packed, Plain, Slice, Tombstone, is_cut_so

FORMAT: Final = 2
"""2 has packs. What has format 1 is read as well."""
REPAIR: Final = (
    "run `holdall verify`; what is damaged has to come from an earlier version or a backup of the bucket"
)
"""What a person can do about an object of the log that cannot be read."""

_LEVEL: Final = 3
_READ_BYTES: Final = 512
"""Of zstd at a time: four bytes can stand for 128 KiB."""
_WINDOW_BYTES: Final = 8 << 20
"""What every zstd decoder should be able to hold (RFC 8878); our own frames need a quarter of it."""
_LINE_BYTES: Final = 4 << 20
"""The longest line is of a file with 10,000 blocks: 670 kB. Parsed, a line can take thirty times its length."""
_ID_LETTERS: Final = 64
_KINDS: Final = {kind.value: kind for kind in Kind}
_MOST: Final = 2**63
_MOST_MS: Final = _MOST // 10**6


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

    @property
    def uids(self) -> set[str]:
        """Of the uploads that it names. What a Deleted is about, an earlier commit or the checkpoint names."""
        named = {uid for uid, _ in self.void}
        match self.now:
            case Entry(uid=uid):
                named.add(uid)
            case Tombstone(objects=objects):
                named.update(uid for uid, _ in objects)
        return named


@dataclass(frozen=True, slots=True)
class Commit:
    """One atomic change of the tree.

    id         random: it tells whose commit took a number
    approved   a person approved the deletions in it: other machines do not ask again
    condemned  packs that no entry of the tree names from here on, nor ever will
    """

    id: str
    seq: int
    at_ms: int
    by: str
    changes: tuple[Change, ...]
    approved: bool = False
    condemned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is left of an old commit: its number, and where to read on."""

    seq: int
    checkpoint: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    seq: int
    rows: Iterable[tuple[str, Entry | Tombstone]] = dataclasses.field(repr=False)


def resolved(now: Entry | Tombstone | Deleted, before: Entry | Tombstone | None) -> Entry | Tombstone:
    """What a commit says of a path that held `before` at the commit before it."""
    if not isinstance(now, Deleted):
        return now
    if not isinstance(before, Entry):
        return Tombstone(now.vid)
    return Tombstone(now.vid, before.digest, named_by(before), kept=before.flag == DERIVED)


def named_by(entry: Entry) -> tuple[tuple[str, str], ...]:
    """(uid, etag) of what may stand at the key of an entry, as a tombstone names it."""
    if entry.packed is not None:
        # Whoever lays it out may have died before the commit that says so.
        return (*entry.packed.shadow, (entry.uid, "")) if entry.packed.lay else entry.packed.shadow
    if entry.plain is None:
        return ()
    its = (entry.uid, entry.plain.etag)
    # Another tool had put it there, without a uid on it.
    return (its, ("", entry.plain.etag)) if entry.flag == "foreign" else (its,)


def expired_by(entry: Entry, seq: int) -> Tombstone:
    """What commit `seq` says of an entry that is past its lifecycle."""
    return Tombstone(seq, entry.digest, named_by(entry), expired=True, kept=entry.flag == DERIVED)


def encode_commit(commit: Commit) -> bytes:
    """ValueError for what `decode_commit` would refuse: better no commit than one that stops every machine."""
    header: dict[str, Any] = {
        "format": FORMAT,
        "id": commit.id,
        "seq": commit.seq,
        "at": commit.at_ms,
        "by": commit.by,
    }
    if commit.approved:
        header["approved"] = True
    if commit.condemned:
        header["condemned"] = _ids(commit.condemned)
    return _pack(header, (_change(change, commit.seq) for change in _once(commit.changes)))


def decode_commit(data: bytes, seq: int) -> Commit | Pruned:
    """What stands at the number. BadFormat for what no encoder writes: a tree of which a part was left out would be another."""
    name = f"log/{seq:016d}"
    with _damage(name):
        lines = _unpack(data)
        header = _header(lines, name, seq)
        if field(header, "pruned", bool, default=False):
            return Pruned(seq, _number(header, "checkpoint"))
        return Commit(
            field(header, "id", str),
            seq,
            _number(header, "at", most=_MOST_MS),
            field(header, "by", str),
            tuple(_once(_parsed(line, seq) for line in lines)),
            field(header, "approved", bool, default=False),
            _ids(texts(header, "condemned") if "condemned" in header else ()),
        )


def owner_of(data: bytes, seq: int) -> str:
    """The id of the commit that stands at the number, "" for what is pruned. Only its first line is read."""
    name = f"log/{seq:016d}"
    with _damage(name):
        header = _header(_unpack(data), name, seq)
        return "" if field(header, "pruned", bool, default=False) else field(header, "id", str)


def encode_pruned(pruned: Pruned) -> bytes:
    return _pack({"format": FORMAT, "seq": pruned.seq, "pruned": True, "checkpoint": pruned.checkpoint}, ())


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """ValueError for what `decode_checkpoint` would refuse."""
    header = {"format": FORMAT, "seq": checkpoint.seq, "checkpoint": True}
    return _pack(header, (_change(change, 0) for change in _changes(checkpoint.rows)))


def decode_checkpoint(data: bytes, seq: int) -> Checkpoint:
    """Its rows are decoded as they are taken. BadFormat, then too."""
    name = f"checkpoints/{seq:016d}"
    lines = _unpack(data)
    with _damage(name):
        _header(lines, name, seq)
    return Checkpoint(seq, _rows(lines, name))


def _rows(lines: Iterable[dict[str, Any]], name: str) -> Iterator[tuple[str, Entry | Tombstone]]:
    before = ""
    with _damage(name):
        for line in lines:
            path, now, _, _ = _parsed(line, 0)
            _expect_after(before, path)
            before = path
            if isinstance(now, Entry | Tombstone):
                yield path, now


def _changes(rows: Iterable[tuple[str, Entry | Tombstone]]) -> Iterator[Change]:
    before = ""
    for path, now in rows:
        _expect_after(before, path)
        before = path
        yield Change(path, now)


def _expect_after(before: str, path: str) -> None:
    if path <= before:
        raise ValueError(f"{shown(path)} is out of order")


def _once(changes: Iterable[Change]) -> Iterator[Change]:
    known: set[str] = set()
    for change in changes:
        if change.path in known:
            raise ValueError(f"{shown(change.path)} is in it twice")
        known.add(change.path)
        yield change


def _pack(header: dict[str, Any], rows: Iterable[dict[str, Any]]) -> bytes:
    squeeze = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj()
    out = [squeeze.compress(line_of(header) + b"\n")]
    out.extend(squeeze.compress(line_of(row) + b"\n") for row in rows)
    out.append(squeeze.flush())
    return b"".join(out)


def _unpack(data: bytes) -> Iterator[dict[str, Any]]:
    """Every line, one in memory at a time; ZstdError and ValueError for all else."""
    squeezed = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj()
    rest = bytearray()
    for offset in range(0, len(data), _READ_BYTES):
        # Not split at once: that of a piece of nothing but line ends would take sixteen times its size.
        for piece in io.BytesIO(squeezed.decompress(data[offset : offset + _READ_BYTES])):
            rest += piece
            if len(rest) > _LINE_BYTES:
                raise ValueError("a line of it has no end")
            if piece.endswith(b"\n"):
                yield row_of(rest)
                rest.clear()
    # Not at the end of the frame: lines may be missing, even where those that are there are whole.
    if rest or not squeezed.eof:
        raise ValueError("it is cut off")


def _header(lines: Iterator[dict[str, Any]], name: str, seq: int) -> dict[str, Any]:
    header = next(lines, None)
    if header is None:
        raise ValueError("it is empty")
    found = header.get("format")
    if not (type(found) is int and 1 <= found <= FORMAT):
        raise BadFormat(
            f"{name} has store format {found}, this holdall knows {FORMAT}", hint="upgrade holdall here"
        )
    stands = _number(header, "seq")
    if stands != seq:
        raise ValueError(f"it says that it is number {stands}")
    return header


@contextmanager
def _damage(name: str) -> Iterator[None]:
    try:
        yield
    except (zstandard.ZstdError, ValueError) as exc:
        raise BadFormat(f"{name} in the store is damaged: {exc}", hint=REPAIR) from exc


def _change(change: Change, seq: int) -> dict[str, Any]:
    _check(change)
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
    if entry.mode != NO_MODE:
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
    match entry.where:
        case Plain(key, etag, version):
            if key != key_of(path):
                raise ValueError(f"{shown(path)} is at another's key")
            row["e"] = etag
            if version is not None:
                row["ver"] = version
        case Packed(slices, shadow, lay):
            row["in"] = slices
            if shadow:
                row["over"] = shadow
            if lay:
                row["lay"] = True
    return row


def _tombstone(gone: Tombstone, seq: int) -> dict[str, Any]:
    row: dict[str, Any] = {"gone": gone.objects}
    if gone.vid and gone.vid != seq:
        row["v"] = gone.vid
    if gone.digest:
        row["d"] = gone.digest
    if gone.expired:
        row["expired"] = True
    if gone.swept:
        row["done"] = True
    if gone.kept:
        row["kept"] = True
    return row


def _parsed(row: dict[str, Any], seq: int) -> Change:
    path = field(row, "p", str)
    now: Entry | Tombstone | Deleted | None = None
    if row.get("gone") is True:
        now = Deleted(field(row, "v", int, seq))
    elif "gone" in row:
        now = Tombstone(
            vid=field(row, "v", int, seq),
            digest=field(row, "d", str, ""),
            objects=pairs(row, "gone"),
            expired=field(row, "expired", bool, default=False),
            swept=field(row, "done", bool, default=False),
            kept=field(row, "kept", bool, default=False),
        )
    elif "k" in row:
        now = _parsed_entry(row, path, seq)
    void = pairs(row, "void") if "void" in row else ()
    change = Change(path, now, void, field(row, "swept", bool, default=False))
    _check(change)
    return change


def _parsed_entry(row: dict[str, Any], path: str, seq: int) -> Entry:
    kind = _KINDS.get(field(row, "k", str))
    if kind is None:
        raise ValueError(f"{shown(path)} is of a kind that there is not")
    where: Plain | Packed | None = None
    if "e" in row:
        version = field(row, "ver", str) if "ver" in row else None
        key = key_of(path)
        if row.get("key", key) != key:
            raise ValueError(f"{shown(path)} is at another's key")
        where = Plain(key, field(row, "e", str), version)
    if "in" in row:
        if where is not None:
            raise ValueError(f"{shown(path)} is in two places")
        where = _parsed_packed(row)
    # What has bytes says which, and whose: without a default, a field that is missing is damage.
    lacks = None if kind is Kind.FILE else ""
    number = None if kind is Kind.FILE else 0
    return Entry(
        kind=kind,
        size=field(row, "s", int, number),
        mtime_ns=field(row, "m", int, number),
        mode=field(row, "o", int, NO_MODE),
        digest=field(row, "d", str, lacks),
        uid=field(row, "u", str, lacks),
        vid=field(row, "v", int, seq),
        uploaded_at=field(row, "t", int, number),
        where=where,
        blocks=texts(row, "b") if "b" in row else (),
        target=field(row, "to", str) if kind is Kind.SYMLINK else "",
        flag=field(row, "flag", str, ""),
    )


def _parsed_packed(row: dict[str, Any]) -> Packed:
    slices = []
    for one in field(row, "in", list):
        if type(one) is not list or [type(part) for part in one] != [str, int, int]:
            raise ValueError("`in` is no list of slices")
        slices.append(Slice(*one))
    shadow = pairs(row, "over") if "over" in row else ()
    return Packed(tuple(slices), shadow, field(row, "lay", bool, default=False))


def _ids(condemned: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(_is_id, condemned)):
        raise ValueError("`condemned` names what can be no pack")
    return condemned


def _check(change: Change) -> None:
    """ValueError for what must not reach a disk, a database or a request, whoever said it."""
    path, now, void, _ = change
    if not takes_part(path):
        raise ValueError(f"{shown(path)} cannot be a path in a context")
    match now:
        case Entry():
            sound = _is_sound(now)
        case Tombstone():
            sound = 0 <= now.vid < _MOST and _are_names(now.objects)
        case Deleted(vid):
            sound = 0 <= vid < _MOST
        case None:
            sound = True
    if not sound or (void and not _are_names(void)):
        raise ValueError(f"what it says of {shown(path)} cannot be")


def _is_sound(entry: Entry) -> bool:
    _, size, mtime_ns, mode, _, uid, vid, uploaded_at, where, _, target, flag = entry
    return (
        0 <= size < _MOST
        and -_MOST <= mtime_ns < _MOST
        and NO_MODE <= mode <= 0o7777
        and 0 <= vid < _MOST
        and 0 <= uploaded_at <= _MOST_MS
        and "\0" not in target
        and flag != MEMBER
        and _is_name(uid, where.etag if isinstance(where, Plain) else "")
        and (not isinstance(where, Packed) or _is_packed(entry, where))
    )


def _is_packed(entry: Entry, where: Packed) -> bool:
    return (
        entry.kind is Kind.FILE
        and is_cut_so(entry.size, len(entry.blocks))
        and len(where.slices) == max(len(entry.blocks), 1)
        and all(
            _is_id(pack) and 0 <= offset < _MOST and 0 < length < _MOST
            for pack, offset, length in where.slices
        )
        and _are_names(where.shadow)
    )


def _is_id(pack: str) -> bool:
    return 0 < len(pack) <= _ID_LETTERS and pack.isalnum() and pack.isascii()


def _are_names(uploads: Iterable[tuple[str, str]]) -> bool:
    return all(_is_name(uid, etag) for uid, etag in uploads)


def _is_name(uid: str, etag: str) -> bool:
    """Whether a uid can be part of a key, and an ETag of a header; either may be empty."""
    return (not uid or (uid.isalnum() and uid.isascii())) and etag.isascii() and etag.isprintable()


def _number(row: dict[str, Any], name: str, most: int = _MOST - 1) -> int:
    found = field(row, name, int)
    if not 0 <= found <= most:
        raise ValueError(f"`{name}` is out of bounds")
    return found
