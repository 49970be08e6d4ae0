"""A file's bytes on their way up: read and hashed whole where they are few, block by block where they are many."""

from collections.abc import Callable
from typing import NamedTuple

from blake3 import blake3

from holdall.engine.words import Step
from holdall.errors import Moved
from holdall.local.base import Reader
from holdall.log.objects import Body
from holdall.model import BLOCK_BYTES, Stamp, block_bytes
from holdall.rules.bundles import SQLITE_MAGIC


class Read(NamedTuple):
    """A step whose file was read and hashed. `stamp`: what its reader vouched for; it stays open while a large one is sent."""

    step: Step
    body: Body
    stamp: Stamp | None
    reader: Reader


def is_database(body: Body, reader: Reader) -> bool:
    head = reader.read(0, len(SQLITE_MAGIC)) if body.data is None else body.data
    return head.startswith(SQLITE_MAGIC)


def body_of(reader: Reader) -> Body:
    return _small(reader) if reader.stamp.size <= BLOCK_BYTES else _large(reader)


def _small(reader: Reader) -> Body:
    # One byte more than it should have tells a file that grew from one that did not.
    data = reader.read(0, max(reader.stamp.size, 1) + 1)
    stamp = reader.stamp
    return Body(len(data), blake3(data).hexdigest(), stamp.mode, stamp.mtime_ns, data)


def _large(reader: Reader) -> Body:
    stamp = reader.stamp
    length = block_bytes(stamp.size)
    whole = blake3(max_threads=blake3.AUTO)
    blocks: list[str] = []
    for offset in range(0, stamp.size, length):
        data = reader.read(offset, length)
        whole.update(data)
        blocks.append(blake3(data, max_threads=blake3.AUTO).hexdigest())
    parts = [_part(reader, index * length, length, digest) for index, digest in enumerate(blocks)]
    return Body(stamp.size, whole.hexdigest(), stamp.mode, stamp.mtime_ns, None, parts, tuple(blocks))


def _part(reader: Reader, offset: int, length: int, digest: str) -> Callable[[], bytes]:
    def read() -> bytes:
        data = reader.read(offset, length)
        if blake3(data, max_threads=blake3.AUTO).hexdigest() != digest:
            raise Moved("it changed while it was sent", hint="it is sent again")
        return data

    return read
