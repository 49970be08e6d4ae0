"""One version's bytes, wherever they lie now: under their own name, else in the trash."""

from collections.abc import Iterator

from blake3 import blake3

from holdall.errors import BadFormat, ConditionFailed, NotThere
from holdall.log import layout
from holdall.model import BLOCK_BYTES, Entry
from holdall.store.base import Store


class Gone(NotThere):
    """The log names these bytes, and the store has them no more."""

    code = "missing"


def is_there(store: Store, entry: Entry) -> bool:
    """Whether the bytes can still be had. One HEAD, a second where their key holds something else."""
    where = entry.where
    if where is None:
        return False
    found = store.head(layout.file_key(where.key))
    if found is not None and found.etag == where.etag:
        return True
    return store.head(layout.trash_key(entry.uid, where.key)) is not None


def pieces(store: Store, path: str, entry: Entry) -> Iterator[bytes]:
    """The bytes in order, BLOCK_BYTES at a time: one GET each, one in memory.

    Gone; BadFormat after the last piece where the bytes are not what the log says. The caller keeps nothing of them then.
    """
    where = entry.where
    if where is None:
        raise Gone("the log names no bytes for it", path=path, hint="run `holdall verify`")
    hasher = blake3()
    length = 0
    for offset in range(0, entry.size, BLOCK_BYTES):
        data = _range(store, path, entry, offset)
        hasher.update(data)
        length += len(data)
        yield data
    if length != entry.size or hasher.hexdigest() != entry.digest:
        raise BadFormat(
            "the store holds other bytes than the log says", path=path, hint="run `holdall verify --data`"
        )


def _range(store: Store, path: str, entry: Entry, offset: int) -> bytes:
    assert entry.where is not None
    key = entry.where.key
    length = min(BLOCK_BYTES, entry.size - offset)
    try:
        return store.get(layout.file_key(key), when=entry.where.etag, offset=offset, length=length)
    except (NotThere, ConditionFailed):
        pass  # superseded since the log was read, or long ago: rule 2 has it in the trash
    try:
        return store.get(layout.trash_key(entry.uid, key), offset=offset, length=length)
    except NotThere as exc:
        raise Gone(
            "its bytes are not in the store any more",
            path=path,
            hint="superseded bytes are kept for the retention only; `holdall history PATH` lists the other versions",
        ) from exc
