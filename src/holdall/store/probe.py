"""What a store really honours, by trying it (PROTOCOL.md, rule 16): a server that ignores a condition answers 200 and overwrites.

`probe_removals` is for whoever makes a context: a dozen small requests; that PUT takes conditions shows in how the context
itself is put there (log/commits.py). `probe` tries everything, in about eighty, with eight pairs that race; it is for `doctor`.
Both clean up after themselves. On loopback `probe` takes 90 ms, and a second more where a pair meets, as the first of a fresh
server does: SeaweedFS lets a write that finds its object locked sleep for one (weed/cluster/lock_client.go). More than two at
one key would meet again and again when they wake, and a pair tells as much.

A refusal that is not about the condition (501, or 400 for the header) counts as not honoured; Unavailable is raised, for it says
nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier
from typing import Final
from uuid import uuid4

from holdall.errors import ConditionFailed, Denied, NotThere, Refused
from holdall.store.base import ABSENT, Capabilities, CopyRange, Part, Store

_PAIRS: Final = 4
_PART_BYTES: Final = 5 * 1024 * 1024
"""The smallest that S3 takes before another one."""

_OTHER: Final = "0" * 32
"""An ETag that nothing has."""


class _Scratch:
    def __init__(self, store: Store, prefix: str) -> None:
        self.store = store
        self._prefix = f"{prefix.rstrip('/')}/{uuid4().hex}"
        self.keys: list[str] = []

    def key(self) -> str:
        self.keys.append(f"{self._prefix}/{len(self.keys)}")
        return self.keys[-1]

    def object(self, data: bytes = b"first") -> tuple[str, str]:
        """A new one: its key and ETag."""
        key = self.key()
        return key, self.store.put(key, data).etag


def probe_removals(store: Store, scratch_prefix: str) -> tuple[bool, bool]:
    """Capabilities.delete_when and .copy_when: a dozen small requests."""
    with _scratch(store, scratch_prefix) as scratch:
        return _delete_when(scratch), _copy_when(scratch)


def probe(store: Store, scratch_prefix: str) -> Capabilities:
    with _scratch(store, scratch_prefix) as scratch, ThreadPoolExecutor(4 * _PAIRS) as pool:
        put_when = _put_when(scratch)
        fair = _race(pool, store, [*_creating(scratch), *_replacing(scratch)]) if put_when else _unfair
        part_copy, copies_parts = _part_copy(scratch)
        return Capabilities(
            delete_when=_delete_when(scratch),
            copy_when=_copy_when(scratch),
            copy_pinned=_copy_pinned(scratch),
            complete_when=_complete_when(scratch, copies_parts=copies_parts),
            part_copy=part_copy,
            versioned=_versioned(scratch),
            put_when=fair(),
        )


@contextmanager
def _scratch(store: Store, prefix: str) -> Iterator[_Scratch]:
    scratch = _Scratch(store, prefix)
    try:
        yield scratch
    finally:
        with suppress(Denied):  # a key that may write and not delete is one to work with
            for key in scratch.keys:
                store.delete(key)


def _put_when(scratch: _Scratch) -> bool:
    put = scratch.store.put
    key, etag = scratch.object()
    return (
        _refused(lambda: put(key, b"second", when=ABSENT))
        and _refused(lambda: put(key, b"second", when=_OTHER))
        and _accepted(lambda: put(key, b"second", when=etag))
    )


def _creating(scratch: _Scratch) -> list[tuple[str, str]]:
    return [(scratch.key(), ABSENT) for _ in range(_PAIRS)]


def _replacing(scratch: _Scratch) -> list[tuple[str, str]]:
    return [scratch.object() for _ in range(_PAIRS)]


def _race(
    pool: ThreadPoolExecutor, store: Store, conditions: Sequence[tuple[str, str]]
) -> Callable[[], bool]:
    """Two writes for each key and condition, all at once. What it gives waits for them: whether one of each two won."""
    barrier = Barrier(2 * len(conditions))

    def write(key: str, when: str) -> bool:
        # No two write the same bytes: that would leave the ETag that the other one asks for.
        data = uuid4().bytes
        barrier.wait()
        try:
            store.put(key, data, when=when)
        except ConditionFailed:
            return False
        return True

    pairs = [(pool.submit(write, *one), pool.submit(write, *one)) for one in conditions]
    return lambda: all(first.result() != second.result() for first, second in pairs)


def _unfair() -> bool:
    return False


def _delete_when(scratch: _Scratch) -> bool:
    delete = scratch.store.delete
    key, etag = scratch.object()
    return _refused(lambda: delete(key, when=_OTHER)) and _accepted(lambda: delete(key, when=etag))


def _copy_when(scratch: _Scratch) -> bool:
    copy = scratch.store.copy
    source, pin = scratch.object()
    target, etag = scratch.object(b"target")
    return (
        _refused(lambda: copy(source, target, etag=pin, when=ABSENT))
        and _refused(lambda: copy(source, target, etag=pin, when=_OTHER))
        and _accepted(lambda: copy(source, target, etag=pin, when=etag))
        and _accepted(lambda: copy(source, scratch.key(), etag=pin, when=ABSENT))
    )


def _copy_pinned(scratch: _Scratch) -> bool:
    copy = scratch.store.copy
    source, etag = scratch.object()
    return _refused(lambda: copy(source, scratch.key(), etag=_OTHER)) and _accepted(
        lambda: copy(source, scratch.key(), etag=etag)
    )


def _part_copy(scratch: _Scratch) -> tuple[bool, bool]:
    """Whether parts are copied and pinned, and whether they are copied at all."""
    store = scratch.store
    source, etag = scratch.object(b"0123456789")
    target = scratch.key()
    copies = _accepted(lambda: store.upload(target, [CopyRange(source, etag, 2, 5)]))
    copies = copies and store.get(target) == b"23456"
    pinned = copies and _refused(lambda: store.upload(target, [CopyRange(source, _OTHER, 2, 5)]))
    return pinned, copies


def _complete_when(scratch: _Scratch, *, copies_parts: bool) -> bool:
    upload = scratch.store.upload
    source, pin = scratch.object()
    target, etag = scratch.object(b"target")
    # A copied part may be small when it is the only one; a single part of bytes would go up as a PUT.
    parts: list[Part] = [CopyRange(source, pin, 0, 5)] if copies_parts else [_part, lambda: b"last"]
    return (
        _refused(lambda: upload(target, parts, when=ABSENT))
        and _refused(lambda: upload(target, parts, when=_OTHER))
        and _accepted(lambda: upload(target, parts, when=etag))
        and _accepted(lambda: upload(scratch.key(), parts, when=ABSENT))
    )


def _part() -> bytes:
    return bytes(_PART_BYTES)


def _versioned(scratch: _Scratch) -> bool:
    key = scratch.key()
    versions = {scratch.store.put(key, data).version for data in (b"first", b"second")}
    return len(versions) == 2 and None not in versions


def _refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except ConditionFailed:
        return True
    except (Denied, Refused, NotThere):
        return False
    return False


def _accepted(act: Callable[[], object]) -> bool:
    try:
        act()
    except (ConditionFailed, Denied, Refused, NotThere):
        return False
    return True
