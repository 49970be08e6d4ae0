"""A version's bytes in the store: placed under their own name, kept when superseded, found again.

An object under `files/` carries its upload's uid, its digest and the key it was written for. Nothing under `files/` is
overwritten or removed before its bytes are readable elsewhere (retained), and never without a condition on what stands there.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple

from blake3 import blake3

from holdall.errors import ConditionFailed, NotThere, Unavailable
from holdall.keys import key_of
from holdall.log import layout
from holdall.log.packs import Packs, packs_of
from holdall.model import NO_MODE, Entry, Plain, Tombstone, block_bytes
from holdall.store.base import ABSENT, ObjectInfo, Part, Store

_UID: Final = "holdall-uid"
_DIGEST: Final = "holdall-digest"
_FOR: Final = "holdall-for"
_STAT: Final = "holdall-stat"
_STAT_TEXT: Final = re.compile(r"(-1|1?[0-7]{1,3}) (-?[0-9]{1,19})")
_UID_TEXT: Final = re.compile(r"[0-9A-Za-z]{1,64}")
_DIGEST_TEXT: Final = re.compile(r"[0-9a-f]{64}")
_MOST_NS: Final = 2**63 - 1
_ATTEMPTS: Final = 4

Known = Callable[[str], bool]
"""Whether a uid is one that this context has superseded, or one of our own unfinished uploads to this path."""


class Body(NamedTuple):
    """Bytes on their way up. `data` for what fits in one request, else `parts`."""

    size: int
    digest: str
    mode: int
    mtime_ns: int
    data: bytes | None
    parts: Sequence[Part] = ()
    blocks: tuple[str, ...] = ()


class Placed(NamedTuple):
    """An object that holds the body. `uid` is another's where identical bytes stood there already; `sent` counts bytes.

    copied  inside the store, from what they were like
    """

    where: Plain
    uid: str
    sent: int
    copied: bool = False


class Label(NamedTuple):
    """What an object says of itself. Empty fields: it was put there by another tool."""

    uid: str
    digest: str
    mode: int
    mtime_ns: int


class Foreign(NamedTuple):
    """The key holds something the log does not know: another machine's unfinished upload, or another tool's file."""

    info: ObjectInfo
    label: Label


class Place(NamedTuple):
    """An object with the bytes of an entry, and the ETag that it has to have. Where it is not `sure`, only the digest tells."""

    key: str
    etag: str | None
    sure: bool = True


class Mended(StrEnum):
    FINE = "fine"
    REMOVED = "removed"  # a leftover is gone; or was
    HEALED = "healed"  # the head's bytes are back at the key
    DAMAGED = "damaged"  # the head's bytes are not in the store
    FOREIGN = "foreign"


class Objects:
    """copies   the store honours conditions on what a copy replaces; where it does not, the bytes go the long way
    deletes  it honours them on what is deleted; where it does not, nothing is deleted without a look at it
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.packs = Packs(store)
        self.copies = True
        self.deletes = True

    def place(
        self,
        path: str,
        body: Body,
        uid: str,
        head: Entry | Tombstone | None,
        known: Known,
        like: Plain | None = None,
    ) -> Placed | Foreign:
        """Put the body at the path's key, over what the head says stands there and nothing else.

        known  uids that may be overwritten too (superseded, void, ours), each after it was retained
        like   an object with the same bytes, to be copied inside the store in place of sending them
        """
        key = key_of(path)
        standing = _expected(head)
        if _is_unsure(head):
            found = self._look(key)
            if found is not None:
                verdict = self._verdict(found, uid, body, head, known)
                if not isinstance(verdict, _Over):
                    return verdict
                standing = verdict
        for _ in range(_ATTEMPTS):
            placed = self._put_over(key, body, uid, standing, like)
            if placed is not None:
                return placed
            found = self._look(key)
            if found is None:
                standing = None
                continue
            verdict = self._verdict(found, uid, body, head, known)
            if not isinstance(verdict, _Over):
                return verdict
            standing = verdict
        raise Unavailable(f"{key} in the store keeps changing", path=path, hint="it is tried again")

    def _put_over(
        self, key: str, body: Body, uid: str, standing: "_Over | None", like: Plain | None
    ) -> Placed | None:
        """None: the key does not hold what was expected."""
        when = ABSENT if standing is None else standing.etag
        try:
            if standing is not None:
                self.retain(key, standing.uid, standing.etag)
            target = layout.file_key(key)
            meta = _meta(key, uid, body)
            if (
                like is not None
                and self.copies
                and (copied := self._copied(target, like, meta, when)) is not None
            ):
                return Placed(copied._replace(key=key), uid, 0, copied=True)
            if body.data is not None:
                written = self.store.put(target, body.data, meta=meta, when=when)
            else:
                unmoved = partial(self._unmoved, target, when)
                written = self.store.upload(target, body.parts, meta=meta, when=when, before=unmoved)
        except (ConditionFailed, NotThere):
            return None
        return Placed(Plain(key, written.etag, written.version), uid, body.size)

    def _unmoved(self, target: str, when: str) -> None:
        """A large body was long on its way, and some stores take no condition when it is through: one last look."""
        found = self.store.head(target)
        if (ABSENT if found is None else found.etag) != when:
            raise ConditionFailed("it is another version by now", path=target)

    def _copied(self, target: str, like: Plain, meta: Mapping[str, str], when: str | None) -> Plain | None:
        try:
            written = self.store.copy(layout.file_key(like.key), target, etag=like.etag, meta=meta, when=when)
        except (ConditionFailed, NotThere):
            # The source moved, or the target's condition does not hold: sending the bytes tells which.
            return None
        return Plain("", written.etag, written.version)

    def _verdict(
        self, found: Foreign, uid: str, body: Body, head: Entry | Tombstone | None, known: Known
    ) -> "Placed | Foreign | _Over":
        label = found.label
        # Our own write, answered late; or the same bytes by someone else: either way they are there.
        if label.uid == uid or (label.uid and label.digest == body.digest):
            where = Plain(key_of_file(found.info.key), found.info.etag, found.info.version)
            return Placed(where, label.uid, 0)
        named = isinstance(head, Entry) and head.uid == label.uid
        leftover = buried(head, found)
        if leftover or (label.uid and (named or known(label.uid))):
            return _Over(leftover or label.uid, found.info.etag)
        return found

    def retain(self, key: str, uid: str, etag: str) -> None:
        """Keep a copy of the object that stands at the key with this ETag. ConditionFailed or NotThere when it does not."""
        self.store.copy(layout.file_key(key), layout.trash_key(uid, key), etag=etag)

    def keep(self, path: str, entry: Entry, parts: Sequence[Part]) -> None:
        """Put a version's bytes where they can be had, if they are nowhere: its object, or its pack, is not there any more."""
        if entry.packed is not None and self.packs.holds(path, entry):
            return
        try:
            self.store.upload(layout.trash_key(entry.uid, key_of(path)), parts, when=ABSENT)
        except ConditionFailed:
            return  # retained by someone already

    def is_kept(self, path: str, entry: Entry) -> bool:
        """Whether a version's bytes are in the trash, as they are before its object is overwritten, or in a pack. One HEAD."""
        if entry.packed is not None:
            return self.packs.is_there(entry)
        return (
            entry.plain is not None and self.store.head(layout.trash_key(entry.uid, key_of(path))) is not None
        )

    def standing(self, key: str) -> Foreign | None:
        """What is at the key now, and what it says of itself."""
        return self._look(key)

    def _look(self, key: str) -> Foreign | None:
        info = self.store.head(layout.file_key(key))
        return None if info is None else Foreign(info, label_of(key, info.meta))

    def fetch(self, path: str, entry: Entry) -> bytes:
        """The bytes of a small file. NotThere when neither its key (or its pack) nor the trash holds them."""
        if entry.packed is not None:
            return self.packs.fetch(path, entry)
        for key, etag, sure in places(self.store, entry):
            with suppress(NotThere, ConditionFailed):
                data = self.store.get(key, when=etag)
                if sure or blake3(data).hexdigest() == entry.digest:
                    return data
        raise NotThere("its bytes are not in the store", path=path)

    def fetch_to(self, path: str, entry: Entry, write: Callable[[int, bytes], None]) -> None:
        """A large file in parallel ranges. What was written of it before it moved is written again.

        The caller compares the digest: an object that does not say what it is may be another one of the same size.
        """
        if entry.packed is not None:
            offset = 0
            for data in self.packs.blocks(path, entry):
                write(offset, data)
                offset += len(data)
            return
        for key, etag, _ in places(self.store, entry):
            try:
                self.store.download(key, entry.size, write, when=etag)
            except (NotThere, ConditionFailed):
                continue
            return
        raise NotThere("its bytes are not in the store", path=path)

    def remove(self, path: str, head: Tombstone) -> bool:
        """Remove what the tombstone names, retained first, without a look at it. False: that is not what stands there."""
        if not head.objects:
            return True  # it was a directory, a symlink
        (uid, etag), *more = head.objects
        if more or not (uid and etag and self.deletes):
            return False
        return self.take_away(key_of(path), uid, etag)

    def take_away(self, key: str, uid: str, etag: str) -> bool:
        """Remove the object that stands at the key with this ETag, retained first as that upload. False: it moved."""
        try:
            self.retain(key, uid, etag)
            self.store.delete(layout.file_key(key), when=etag)
        except (ConditionFailed, NotThere):
            return False
        return True

    def mend(
        self, path: str, head: Entry | Tombstone | None, known: Known, alike: Iterable[str] = ()
    ) -> Mended:
        """Make the key agree with the head: remove what is superseded, bring back what is missing. Foreign bytes stay.

        alike  uids of earlier uploads of the head's bytes to this path
        """
        key = key_of(path)
        if isinstance(head, Entry) and head.packed is not None:
            return self._mend_packed(path, key, head, known)
        found = self._look(key)
        if found is None:
            if isinstance(head, Entry) and head.plain is not None:
                mended = self._heal(head, ABSENT)
                if mended is Mended.DAMAGED and self._keep_alike(head, alike):
                    return self._heal(head, ABSENT)
                return mended
            return Mended.REMOVED
        uid, etag = found.label.uid, found.info.etag
        if isinstance(head, Entry) and is_own(found, head):
            return Mended.FINE
        uid = buried(head, found) or uid
        if not uid or not (buried(head, found) or known(uid)):
            return Mended.FOREIGN
        try:
            self.retain(key, uid, etag)
            if isinstance(head, Entry) and head.plain is not None:
                return self._heal(head, etag)
            self.store.delete(layout.file_key(key), when=etag)
        except (ConditionFailed, NotThere):
            return Mended.FINE  # it moved under us: whoever moved it had the newer word
        return Mended.REMOVED

    def _mend_packed(self, path: str, key: str, head: Entry, known: Known) -> Mended:
        """Nothing is to stand at the key of what is in packs. Where nothing is said to, it is the packs that are in doubt."""
        assert head.packed is not None
        for pack in packs_of(head):
            if not self.packs.stands(pack) and not self.packs.bring_back(pack):
                return Mended.DAMAGED
        if not head.packed.shadow and not self.packs.holds(path, head):
            return Mended.DAMAGED
        found = self._look(key)
        if found is None:
            return Mended.REMOVED
        uid = buried(head, found) or found.label.uid
        if buried(head, found) or is_own(found, head) or (uid and uid != head.uid and known(uid)):
            return Mended.REMOVED if self.take_away(key, uid, found.info.etag) else Mended.FINE
        return Mended.FOREIGN

    def put_back(self, path: str, body: Body, head: Entry, known: Known) -> Plain | None:
        """A version's bytes back at its key, from whoever still has them. None: something else stands there meanwhile."""
        standing = None
        key = key_of(path)
        found = self._look(key)
        if found is not None:
            if is_own(found, head):
                return Plain(key, found.info.etag, found.info.version)
            if not found.label.uid or not known(found.label.uid):
                return None
            standing = _Over(found.label.uid, found.info.etag)
        placed = self._put_over(key, body, head.uid, standing, None)
        return None if placed is None else placed.where

    def _heal(self, head: Entry, when: str) -> Mended:
        assert head.plain is not None
        key = head.plain.key
        # Labelled, also where another tool had put it: when it is superseded, its uid tells.
        meta = _label(key, head.uid, head.digest, head.mode, head.mtime_ns)
        try:
            self._bring_back(layout.trash_key(head.uid, key), layout.file_key(key), head.size, meta, when)
        except NotThere:
            return Mended.DAMAGED
        except ConditionFailed:
            return Mended.FINE
        return Mended.HEALED

    def _keep_alike(self, head: Entry, alike: Iterable[str]) -> bool:
        """Keep the head's bytes as its own, from where they were kept for an earlier upload: a late removal of that took ours.

        False: they were kept for none.
        """
        assert head.plain is not None
        key = head.plain.key
        target = layout.trash_key(head.uid, key)
        for uid in alike:
            try:
                self._bring_back(layout.trash_key(uid, key), target, head.size, {}, ABSENT)
            except NotThere:
                continue
            except ConditionFailed:
                return True  # by someone else, just now
            return True
        return False

    def _bring_back(self, source: str, target: str, size: int, meta: Mapping[str, str], when: str) -> None:
        if self.copies:
            self.store.copy(source, target, meta=meta, when=when)
            return
        length = block_bytes(size)
        starts = range(0, max(size, 1), length)
        parts = [partial(self.store.get, source, offset=start, length=length) for start in starts]
        self.store.upload(target, parts, meta=meta, when=when, before=partial(self._unmoved, target, when))


class _Over(NamedTuple):
    """An object that may be overwritten, once it is retained."""

    uid: str
    etag: str


def key_of_file(key: str) -> str:
    return key.removeprefix(layout.FILES)


def places(store: Store, entry: Entry) -> Iterator[Place]:
    """Where an entry's bytes are, or may be. Each is worked out when they were not at the one before it.

    A copy of the store gives its objects other ETags, and some tools leave the labels behind: so the last is whatever stands at
    the key, if it has that size and is no other upload.
    """
    where = entry.plain
    if where is None:
        return
    key = layout.file_key(where.key)
    yield Place(key, where.etag)
    yield Place(layout.trash_key(entry.uid, where.key), None)
    info = store.head(key)
    found = None if info is None else Foreign(info, label_of(where.key, info.meta))
    if found is not None and may_be(found, entry):
        yield Place(key, found.info.etag, sure=is_own(found, entry))


def is_own(found: Foreign, entry: Entry) -> bool:
    """Whether the object is the entry's own upload, by what it says of itself and whatever its ETag."""
    return bool(entry.uid) and found.label.uid == entry.uid and found.info.size == entry.size


def may_be(found: Foreign, entry: Entry) -> bool:
    """Whether the object may hold the entry's bytes: it is its own upload, or does not say which one it is."""
    return found.info.size == entry.size and found.label.uid in ("", entry.uid)


def buried(head: Entry | Tombstone | None, found: Foreign) -> str | None:
    """The uid of what a tombstone, or a pack entry, took the place of, where that is what still stands at the key.

    What another tool had put there has no uid on it (in the tombstone: ""): there the ETag tells.
    """
    objects = _to_go(head)
    uid, etag = found.label.uid, found.info.etag
    if uid:
        return uid if any(one == uid for one, _ in objects) else None
    adopted = [one for one, its in objects if its == etag] if ("", etag) in objects else []
    return next((one for one in adopted if one), None)


def _to_go(head: Entry | Tombstone | None) -> tuple[tuple[str, str], ...]:
    if isinstance(head, Tombstone):
        return head.objects
    return () if head is None or head.packed is None else head.packed.shadow


def label_of(key: str, meta: Mapping[str, str]) -> Label:
    """The label, empty when the object was copied from another key by a tool that took the metadata along, or made it up."""
    uid, digest = meta.get(_UID, ""), meta.get(_DIGEST, "")
    ours = meta.get(_FOR) == _fingerprint(key) and _UID_TEXT.fullmatch(uid) and _DIGEST_TEXT.fullmatch(digest)
    return Label(uid, digest, *_stat_of(meta.get(_STAT, ""))) if ours else Label("", "", NO_MODE, 0)


def _stat_of(text: str) -> tuple[int, int]:
    """Mode and mtime_ns; NO_MODE and 0 where the text is not what we write."""
    found = _STAT_TEXT.fullmatch(text)
    if found is None or abs(mtime_ns := int(found[2])) > _MOST_NS:
        return NO_MODE, 0
    return int(found[1], 8), mtime_ns


def _meta(key: str, uid: str, body: Body) -> Mapping[str, str]:
    return _label(key, uid, body.digest, body.mode, body.mtime_ns)


def _label(key: str, uid: str, digest: str, mode: int, mtime_ns: int) -> Mapping[str, str]:
    return {_UID: uid, _DIGEST: digest, _FOR: _fingerprint(key), _STAT: f"{mode:o} {mtime_ns}"}


def _fingerprint(key: str) -> str:
    return blake3(key.encode()).hexdigest(length=8)


def _expected(head: Entry | Tombstone | None) -> _Over | None:
    if not isinstance(head, Entry):
        return None
    if head.packed is not None:
        return None if _is_unsure(head) or not head.packed.shadow else _Over(*head.packed.shadow[0])
    return None if head.plain is None else _Over(head.uid, head.plain.etag)


def _is_unsure(head: Entry | Tombstone | None) -> bool:
    """Whether only a look tells which of several objects stands at the key, or whether one does."""
    if isinstance(head, Tombstone):
        return not head.swept
    shadow = _to_go(head)
    return len(shadow) > 1 or any(not etag for _, etag in shadow)
