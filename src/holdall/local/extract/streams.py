"""The bytes inside gz, bz2, xz and zst, a bounded piece at a time, with every checksum that they carry compared."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Protocol

import zstandard

from holdall.errors import BadArchive
from holdall.local.base import Reader
from holdall.local.extract.limits import Limits

CHUNK_BYTES: Final = 256 * 1024
_ZSTD_BYTES: Final = 512
"""Of zstd at a time: four bytes can stand for 128 KiB, and its decoder gives all of them at once."""

Bytes = Iterator[bytes]


def read(reader: Reader, start: int = 0, end: int | None = None) -> Bytes:
    """A range of the file, in pieces. BadArchive where it is shorter by now."""
    end = reader.stamp.size if end is None else end
    while start < end:
        data = reader.read(start, min(CHUNK_BYTES, end - start))
        if not data:
            raise BadArchive("it is cut off")
        start += len(data)
        yield data


def decoded(suffix: str, packed: Bytes, limits: Limits) -> Bytes:
    """What is inside, by the last part of the archive's name: `gz`, `bz2`, `xz`, `zst`, or `tar` for nothing around it."""
    match suffix:
        case "gz":
            return _frames(packed, Inflater.gzip)
        case "bz2":
            return _frames(packed, bz2.BZ2Decompressor)
        case "xz":
            return _frames(
                packed, partial(lzma.LZMADecompressor, lzma.FORMAT_XZ, memlimit=limits.memory_bytes)
            )
        case "zst":
            return _frames(_cut(packed), partial(_Zstd, limits.memory_bytes))
        case _:
            return packed


class Decoder(Protocol):
    """As bz2 and lzma have it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class Inflater:
    """zlib's, as the others are."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)

    @classmethod
    def gzip(cls) -> "Inflater":
        """Compares CRC and length at its end."""
        return cls(31)

    @classmethod
    def raw(cls) -> "Inflater":
        return cls(-15)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail and not self.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = 0, /) -> bytes:
        tail = self._inner.unconsumed_tail
        return self._inner.decompress(tail + data if tail else data, max_length)


class _Zstd:
    """Gives all that its input stands for, so that has to come in small pieces."""

    needs_input = True

    def __init__(self, window_bytes: int) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=window_bytes).decompressobj()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, _max_length: int = -1, /) -> bytes:
        return self._inner.decompress(data)


def _cut(packed: Bytes) -> Bytes:
    for data in packed:
        for start in range(0, len(data), _ZSTD_BYTES):
            yield data[start : start + _ZSTD_BYTES]


def _frames(packed: Bytes, make: Callable[[], Decoder]) -> Bytes:
    """One frame after the other, as `cat a.gz b.gz` makes them. Behind the last there is nothing, or zeros up to the end."""
    data = next(packed, b"")
    where = ""
    while data:
        decoder = make()
        try:
            yield from one_frame(decoder, data, packed)
        except BadArchive as exc:
            raise BadArchive(f"{where}{exc.reason}") from exc
        except _BROKEN as exc:
            raise BadArchive(f"{where}it is damaged: {reason_of(exc)}") from exc
        where = "behind the end of its first part: "
        data = _behind(decoder.unused_data or next(packed, b""), packed)


def one_frame(decoder: Decoder, data: bytes, packed: Bytes) -> Bytes:
    """Up to its end. Raises what the decoder raises, BadArchive where it is cut off."""
    while True:
        if out := decoder.decompress(data, CHUNK_BYTES):
            yield out
        if decoder.eof:
            return
        data = b""
        if decoder.needs_input and not (data := next(packed, b"")):
            raise BadArchive("it is cut off")


def _behind(data: bytes, packed: Bytes) -> bytes:
    """What comes behind a frame; b"" where there is nothing but zeros."""
    if not data.startswith(b"\0"):
        return data
    while not data.strip(b"\0"):
        data = next(packed, b"")
        if not data:
            return b""
    raise BadArchive("there is something behind its end")


_BROKEN: Final = (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError)
"""What the decoders raise. A disk's own errors are the contract's by the time that they come here."""


def reason_of(exc: Exception) -> str:
    text = re.sub(r"^Error -\d+ while [^:]*: ", "", str(exc))
    if isinstance(exc, zlib.error) and "incorrect data check" in text:
        return "its checksum differs"
    if isinstance(exc, lzma.LZMAError) and "Memory usage limit" in text:
        return "it wants more memory than `memory_bytes` allows"
    return text[:1].lower() + text[1:]
