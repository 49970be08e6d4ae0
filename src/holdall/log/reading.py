"""One version's bytes, wherever they lie now: under their own name, in packs, or in the trash."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from blake3 import blake3

from holdall.errors import BadFormat, ConditionFailed, Missing, NotThere
from holdall.keys import key_of
from holdall.log import layout
from holdall.log.objects import Foreign, Place, is_own, label_of, may_be, places
from holdall.log.packs import Packs
from holdall.model import BLOCK_BYTES, Entry, Packed, Plain
from holdall.store.base import Store


def is_there(store: Store, entry: Entry) -> bool:
    """Whether the bytes can still be had. One HEAD, a second where their key holds something else.

    What stands there of the same size, without saying what it is, is read: only the digest tells.
    """
    if entry.packed is not None:
        return Packs(store).is_there(entry)
    where = entry.plain
    if where is None:
        return False
    info = store.head(layout.file_key(where.key))
    if info is not None and info.etag == where.etag:
        return True
    if store.head(layout.trash_key(entry.uid, where.key)) is not None:
        return True
    if info is None:
        return False
    found = Foreign(info, label_of(where.key, info.meta))
    return is_own(found, entry) or (may_be(found, entry) and _has_digest(store, entry))


def _has_digest(store: Store, entry: Entry) -> bool:
    try:
        for _ in pieces(store, "", entry):
            pass
    except (Missing, BadFormat):
        return False
    return True


def pieces(store: Store, path: str, entry: Entry) -> Iterator[bytes]:
    """The bytes in order, BLOCK_BYTES at a time: one GET each, one in memory.

    Missing; BadFormat after the last piece where the bytes are not what the log says. The caller keeps nothing of them then.
    """
    where = entry.where
    if where is None:
        raise Missing("the log names no bytes for it", path=path, hint="run `holdall verify`")
    hasher = blake3()
    length = 0
    sure = True
    found = _packed(store, path, entry) if isinstance(where, Packed) else _plain(store, path, entry, where)
    for data, is_its in found:
        sure = is_its
        hasher.update(data)
        length += len(data)
        yield data
    wrong = length != entry.size or hasher.hexdigest() != entry.digest
    if wrong and not sure:
        raise _missing(path)  # it was another object of the same size
    if wrong:
        raise BadFormat(
            "the store holds other bytes than the log says", path=path, hint="run `holdall verify --data`"
        )


def _plain(store: Store, path: str, entry: Entry, where: Plain) -> Iterator[tuple[bytes, bool]]:
    """And whether they are sure to be the entry's."""
    place = Place(layout.file_key(where.key), where.etag)
    for offset in range(0, entry.size, BLOCK_BYTES):
        data, place = _range(store, path, entry, offset, place)
        yield data, place.sure


def _packed(store: Store, path: str, entry: Entry) -> Iterator[tuple[bytes, bool]]:
    done = 0
    gone: Missing | BadFormat
    try:
        for data in Packs(store).blocks(path, entry):
            yield data, True
            done += len(data)
    except NotThere:
        gone = _missing(path)
    except BadFormat as exc:
        gone = exc
    else:
        return
    # A machine that still had them may have put them into the trash.
    kept = layout.trash_key(entry.uid, key_of(path))
    for offset in range(done, max(entry.size, 1), BLOCK_BYTES):
        try:
            yield store.get(kept, offset=offset, length=BLOCK_BYTES), True
        except NotThere:
            raise gone from None


def _range(store: Store, path: str, entry: Entry, offset: int, place: Place) -> tuple[bytes, Place]:
    """And where it was found. `place`: where the one before it was."""
    length = min(BLOCK_BYTES, entry.size - offset)
    for one in chain([place], filter(place.__ne__, places(store, entry))):
        # Superseded since the log was read, or long ago: rule 2 has it in the trash.
        with suppress(NotThere, ConditionFailed):
            return store.get(one.key, when=one.etag, offset=offset, length=length), one
    raise _missing(path)


def _missing(path: str) -> Missing:
    return Missing(
        "its bytes are not in the store any more",
        path=path,
        hint="superseded bytes are kept for the retention only; `holdall history PATH` lists the other versions",
    )
