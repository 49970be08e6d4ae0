"""The contract of an object store, in prose; `tests/store/contract.py` is the same contract as tests.

Keys are UTF-8 strings without empty segments, control characters or backslashes (keys.py makes them so).
Writes are atomic: a reader sees the old object or the new one. A write that was answered is seen by every read
and listing that starts afterwards. A write that raised Unavailable may have happened, or may yet happen.

Conditions. `when` is what must hold of the key at the moment of the write: None, whatever; ABSENT, no object;
anything else, an object with that ETag. ConditionFailed says that it did not hold (a 412; a 409 where two conditional
writes met; a 404 where an ETag was asked for). What a store really honours is found by trying (probe.py).

Every method may raise Unavailable, Denied, NoBucket, StoreFull, or Refused where only this key is the trouble. All are safe to
call from many threads.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Protocol

ABSENT: Final = ""
"""As a condition: there must be no object at the key."""


class ObjectInfo(NamedTuple):
    """`meta` is empty in listings."""

    key: str
    size: int
    etag: str
    version: str | None
    modified_at: float
    meta: Mapping[str, str]


class Written(NamedTuple):
    etag: str
    version: str | None


class CopyRange(NamedTuple):
    """A part taken from an object that is already in the store."""

    key: str
    etag: str
    offset: int
    length: int


Part = Callable[[], bytes] | CopyRange
"""A part of a large object: read when its turn comes (it may raise, which abandons the upload), or copied."""

Before = Callable[[], None]
"""Called when all parts of an object are in, right before it appears. What it raises abandons the upload."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the store was seen to honour.

    put_when      If-None-Match and If-Match on PUT, also under a race
    delete_when   If-Match on DELETE
    copy_when     ABSENT or an ETag on CopyObject's destination
    copy_pinned   the source's ETag on CopyObject
    complete_when If-None-Match and If-Match on CompleteMultipartUpload
    part_copy     UploadPartCopy, pinned to the source's ETag
    versioned     an overwritten or deleted object stays readable by its version id
    """

    put_when: bool = True
    delete_when: bool = True
    copy_when: bool = True
    copy_pinned: bool = True
    complete_when: bool = True
    part_copy: bool = True
    versioned: bool = False


class Store(Protocol):
    @property
    def url(self) -> str:
        """For people: where this is, without credentials."""
        ...

    @property
    def part_bytes(self) -> int:
        """Objects above this size are worth sending and reading in parts."""
        ...

    def now(self) -> float:
        """The store's clock, unix seconds: ours, corrected by the Date of the last answer that had one."""
        ...

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        """The object's bytes, or a range. NotThere; ConditionFailed where `when` is an ETag it does not have."""
        ...

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        """The object of `size` bytes in parallel ranges; `write(offset, data)` is called from several threads."""
        ...

    def head(self, key: str) -> ObjectInfo | None: ...

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written: ...

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        """One object from parts, sent in parallel, visible only when whole. What a part or `before` raises is raised here."""
        ...

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        """Copied inside the store, of any size. `etag` pins the source (NotThere, ConditionFailed); meta None keeps its own."""
        ...

    def delete(self, key: str, *, when: str | None = None) -> None:
        """Removing what is not there is success, unless an ETag was asked for: then it is ConditionFailed."""
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object under the prefix, in no promised order, without holding them all."""
        ...

    def folders(self, prefix: str) -> Iterator[str]:
        """What keys below `prefix` (empty, or with a slash at its end) begin with, up to and with their next slash.

        Each once, in no promised order; one that was emptied may still be shown. Costs by the number of what lies directly below.
        """
        ...

    def link(self, method: Literal["GET", "PUT"], key: str, lasts_s: int) -> str | None:
        """A URL with which anybody may do this, for so long, without credentials. None where the store has no such thing."""
        ...

    def close(self) -> None: ...
