"""A tree as a tar.zst stream that stock tools open."""

import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final, NamedTuple

import zstandard

from holdall.errors import BadFormat, HoldallError, Missing, NotThere
from holdall.log import reading
from holdall.log.ahead import ahead
from holdall.log.codec import Commit
from holdall.log.history import History
from holdall.model import BLOCK_BYTES, Entry, Kind
from holdall.store.base import Store

_AT_ONCE: Final = 16
_LEVEL: Final = 3


@dataclass(slots=True)
class Written:
    """left  paths whose bytes the store does not have, with the reason"""

    files: int = 0
    bytes: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)


class _Item(NamedTuple):
    """data  of a small file, read ahead; None for what has none or comes piece by piece"""

    path: str
    entry: Entry
    data: bytes | None
    problem: HoldallError | None


def write_archive(history: History, seq: int, out: IO[bytes], told: Callable[[int, int], None]) -> Written:
    """The tree at commit `seq`, in the order of its paths. At most sixteen blocks of 8 MiB are in memory.

    A small file that the store cannot give is left out and named; a large one that turns out damaged midway ends the archive,
    since its length was announced already. Directories have the commit's time, which is as good as any.
    """
    commit = history.log.read(seq) if seq else None
    at_s = commit.at_ms // 1000 if isinstance(commit, Commit) else 0
    written = Written()
    squeeze = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, threads=-1)
    with (
        squeeze.stream_writer(out, closefd=False) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for item in ahead(lambda one: _fetched(history.log.store, *one), history.tree(seq), at_once=_AT_ONCE):
            path, entry, data, problem = item
            if problem is not None:
                written.left.append((path, problem.message))
                continue
            header = _header(path, entry, at_s)
            if entry.kind is not Kind.FILE:
                tar.addfile(header)
                continue
            source = iter([data]) if data is not None else reading.pieces(history.log.store, path, entry)
            tar.addfile(header, _Source(source))  # type: ignore[arg-type]
            # tarfile stops at the announced size; the digest is compared after the last piece.
            for _ in source:
                raise BadFormat(
                    "the store holds more bytes than the log says",
                    path=path,
                    hint="run `holdall verify --data`",
                )
            written.files += 1
            written.bytes += entry.size
            told(1, entry.size)
    return written


def _fetched(store: Store, path: str, entry: Entry) -> _Item:
    if entry.kind is not Kind.FILE:
        return _Item(path, entry, None, None)
    if entry.size > BLOCK_BYTES:
        gone = (
            None
            if reading.is_there(store, entry)
            else Missing("its bytes are not in the store any more", path=path)
        )
        return _Item(path, entry, None, gone)
    try:
        return _Item(path, entry, b"".join(reading.pieces(store, path, entry)), None)
    except (NotThere, BadFormat) as exc:
        return _Item(path, entry, None, exc)


def _header(path: str, entry: Entry, at_s: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(path)
    header.mode = entry.access
    header.mtime = at_s
    match entry.kind:
        case Kind.DIR:
            header.type = tarfile.DIRTYPE
        case Kind.SYMLINK:
            header.type = tarfile.SYMTYPE
            header.linkname = entry.target
        case Kind.FILE:
            header.size = entry.size
    if entry.kind is not Kind.DIR:
        seconds, nanoseconds = divmod(entry.mtime_ns, 10**9)
        header.mtime = seconds
        if nanoseconds and seconds >= 0:
            header.pax_headers = {"mtime": f"{seconds}.{nanoseconds:09d}"}
    return header


class _Source:
    """Pieces as the file that tarfile reads from, in 16 KiB."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = io.BytesIO()

    def read(self, size: int) -> bytes:
        while not (data := self._piece.read(size)):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._piece = io.BytesIO(piece)
        while len(data) < size and (piece := next(self._pieces, None)) is not None:
            self._piece = io.BytesIO(piece)
            data += self._piece.read(size - len(data))
        return data
