"""Tar archives: ustar, with pax headers and GNU's long names. What is neither file nor directory is refused."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from holdall.errors import BadArchive
from holdall.local.extract.member import Checks, Member, file_mode, mtime_of
from holdall.local.extract.streams import CHUNK_BYTES, Bytes
from holdall.model import DEFAULT_MODES, Kind

_BLOCK: Final = 512
_ZEROS: Final = bytes(_BLOCK)
_EXTRA_BYTES: Final = 1 << 20
"""Of one pax header or long name."""
_PADDING_BYTES: Final = 16 << 20
"""Zeros behind the end: up to a full record of a tape."""
_BARRED: Final = {
    b"1": "it is a hard link",
    b"2": "it is a symlink",
    b"3": "it is a device",
    b"4": "it is a device",
    b"6": "it is a FIFO",
    b"S": "it is a sparse file",
    b"M": "it goes on in another archive",
    b"V": "it is a label, not a file",
    b"D": "it is a listing, not a file",
}
_GLOBAL: Final = frozenset({"comment", "mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "charset"})
_USTAR_MOST: Final = 0o77777777777


class _Header(NamedTuple):
    name: bytes
    mode: int
    size: int
    mtime: int
    kind: bytes


class _Extra(NamedTuple):
    """What headers before a member say of it."""

    long_name: bytes | None = None
    pax: dict[str, str] | None = None


def members(data: Bytes, checks: Checks) -> Iterator[Member]:
    stream = _Stream(data)
    extra = _Extra()
    everywhere: dict[str, str] = {}
    while (block := stream.exactly(_BLOCK)) != _ZEROS:
        header = _header(block)
        match header.kind:
            case b"x":
                extra = extra._replace(pax=_pax(_small(stream, header)))
            case b"g":
                everywhere |= _checked_global(_pax(_small(stream, header)))
            case b"L":
                extra = extra._replace(long_name=_small(stream, header).rstrip(b"\0"))
            case b"K":
                _small(stream, header)  # of a link, which is refused itself
            case _:
                yield from _member(stream, header, extra, everywhere, checks)
                extra = _Extra()
    if extra != _Extra():
        raise BadArchive("its last header is about nothing")
    _end(stream)


def _member(
    stream: "_Stream", header: _Header, extra: _Extra, everywhere: dict[str, str], checks: Checks
) -> Iterator[Member]:
    pax = everywhere | (extra.pax or {})
    name = _name(header, extra, pax)
    if reason := _BARRED.get(header.kind):
        raise BadArchive(reason, member=name)
    if header.kind not in (b"0", b"\0", b"7", b"5"):
        raise BadArchive(f"it is of a kind that is not known: {header.kind!r}", member=name)
    if any(key.startswith("GNU.sparse.") for key in pax):
        raise BadArchive(_BARRED[b"S"], member=name)
    size = _size(header, pax, name)
    # Before there was a kind for them, directories were empty files with a slash.
    is_dir = header.kind == b"5" or (header.kind == b"\0" and name.endswith("/") and size == 0)
    if is_dir and size:
        raise BadArchive("it is a directory with bytes of its own", member=name)
    if not is_dir and name.endswith("/"):
        raise BadArchive("it is a file with a directory's name", member=name)
    kind = Kind.DIR if is_dir else Kind.FILE
    path = checks.named(name, kind)
    checks.announced(size, name)
    chunks = _Chunks(stream, size, name, checks)
    if path:
        mode = DEFAULT_MODES[Kind.DIR] if is_dir else file_mode(header.mode)
        yield Member(path, kind, mode, _mtime(header, pax, name), chunks)
    chunks.drain()
    stream.exactly(-size % _BLOCK)


class _Chunks:
    """The bytes of one member."""

    def __init__(self, stream: "_Stream", size: int, name: str, checks: Checks) -> None:
        self._stream, self._left, self._name, self._checks = stream, size, name, checks

    def __iter__(self) -> "_Chunks":
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        data = self._stream.some(min(self._left, CHUNK_BYTES))
        if not data:
            raise BadArchive("the archive is cut off in it", member=self._name)
        self._left -= len(data)
        self._checks.came_out(len(data), self._name)
        return data

    def drain(self) -> None:
        for _ in self:
            pass


class _Stream:
    """The archive's bytes, unpacked, in the pieces that are asked for."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._piece = b""
        self._at = 0

    def some(self, most: int) -> bytes:
        """At least one byte; b"" at the end."""
        if self._at == len(self._piece):
            self._piece, self._at = next(self._data, b""), 0
        found = self._piece[self._at : self._at + most]
        self._at += len(found)
        return found

    def exactly(self, length: int) -> bytes:
        found = self.some(length) if length else b""
        while len(found) < length:
            more = self.some(length - len(found))
            if not more:
                raise BadArchive("it is cut off")
            found += more
        return found


def _end(stream: _Stream) -> None:
    """Behind the last member: two blocks of zeros, and then no more than zeros."""
    if stream.exactly(_BLOCK) != _ZEROS:
        raise BadArchive("there is something behind its end")
    padding = 0
    while data := stream.some(CHUNK_BYTES):
        padding += len(data)
        if data.strip(b"\0") or padding > _PADDING_BYTES:
            raise BadArchive("there is something behind its end")


def _header(block: bytes) -> _Header:
    stated = _number(block[148:156], "checksum")
    blanked = block[:148] + b" " * 8 + block[156:]
    # Some old writers took bytes for signed.
    if stated not in (sum(blanked), sum(one - 256 if one > 127 else one for one in blanked)):
        raise BadArchive("it is damaged: the checksum of a header differs")
    magic = block[257:263]
    if magic not in (b"ustar\0", b"ustar ", b"\0" * 6):
        raise BadArchive("it is no tar archive of a kind that is known")
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if magic == b"ustar\0" else b""
    return _Header(
        name=prefix + b"/" + name if prefix else name,
        mode=_number(block[100:108], "mode") & 0o7777,
        size=_number(block[124:136], "size"),
        mtime=_number(block[136:148], "time"),
        kind=block[156:157],
    )


def _number(field: bytes, what: str) -> int:
    """Octal digits, or from the first bit on the bytes of a number."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
    text = field.partition(b"\0")[0].strip()
    if text.strip(b"01234567"):
        raise BadArchive(f"it is damaged: the {what} in a header is no number")
    return int(text or b"0", 8)


def _small(stream: _Stream, header: _Header) -> bytes:
    if not 0 <= header.size <= _EXTRA_BYTES:
        raise BadArchive("it is damaged: a header of it is too long")
    data = stream.exactly(header.size)
    stream.exactly(-header.size % _BLOCK)
    return data


def _pax(data: bytes) -> dict[str, str]:
    """Records `LENGTH KEY=VALUE` with a line end, the length that of all of it."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        digits, space, _ = data[at : at + 20].partition(b" ")
        length = int(digits) if digits.isdigit() and space else 0
        record = data[at + len(digits) + 1 : at + length]
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if length <= len(digits) + 1 or at + length > len(data) or not equals or not record.endswith(b"\n"):
            raise BadArchive("it is damaged: a header of it does not add up")
        try:
            name = key.decode()
            if name in found:
                raise BadArchive(f"a header of it says `{name}` twice")
            # What is not used may be anything, an ACL for one.
            used = name in ("path", "size", "mtime", "hdrcharset") or name.startswith("GNU.sparse.")
            found[name] = value.decode() if used else ""
        except UnicodeDecodeError as exc:
            raise BadArchive("its name is not UTF-8", member=value.decode(errors="backslashreplace")) from exc
        at += length
    if found.get("hdrcharset", "").upper() == "BINARY":
        raise BadArchive("its name is not UTF-8", member=found.get("path", ""))
    return found


def _checked_global(pax: dict[str, str]) -> dict[str, str]:
    for key in pax:
        if key not in _GLOBAL and ("." not in key or key.startswith("GNU.")):
            raise BadArchive(f"a header of it says `{key}` of all members")
    return {key: value for key, value in pax.items() if key == "mtime"}


def _name(header: _Header, extra: _Extra, pax: dict[str, str]) -> str:
    if "path" in pax:
        return pax["path"]
    name = header.name if extra.long_name is None else extra.long_name
    try:
        return name.decode()
    except UnicodeDecodeError as exc:
        raise BadArchive("its name is not UTF-8", member=name.decode(errors="backslashreplace")) from exc


def _size(header: _Header, pax: dict[str, str], name: str) -> int:
    """Two readers that go by different sizes see different members: they have to be the same."""
    size = header.size
    if "size" in pax:
        text = pax["size"]
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise BadArchive("its size is no number", member=name)
        size = int(text)
        if size != header.size and size <= _USTAR_MOST:
            raise BadArchive("it is said to have two sizes", member=name)
    if size < 0:
        raise BadArchive("its size is no number", member=name)
    return size


def _mtime(header: _Header, pax: dict[str, str], name: str) -> int:
    if "mtime" not in pax:
        return mtime_of(header.mtime)
    whole, _, part = pax["mtime"].partition(".")
    digits = whole.removeprefix("-")
    if not ((digits + part).isascii() and digits.isdigit() and (not part or part.isdigit())):
        raise BadArchive("its time is no number", member=name)
    if len(digits) > 18:
        return 0
    ns = int(part[:9].ljust(9, "0"))
    return mtime_of(int(whole), -ns if whole.startswith("-") else ns)
