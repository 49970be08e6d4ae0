"""A store over another one that passes everything through: what the decorators change, they override."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from holdall.store.base import Before, CopyRange, ObjectInfo, Part, Store, Written


class Passing:
    def __init__(self, store: Store) -> None:
        self.inner = store

    @property
    def url(self) -> str:
        return self.inner.url

    @property
    def part_bytes(self) -> int:
        return self.inner.part_bytes

    def now(self) -> float:
        return self.inner.now()

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        return self.inner.get(key, when=when, offset=offset, length=length)

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        self.inner.download(key, size, write, when=when)

    def head(self, key: str) -> ObjectInfo | None:
        return self.inner.head(key)

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        return self.inner.put(key, data, meta=meta, when=when)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        return self.inner.upload(key, parts, meta=meta, when=when, before=before)

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        return self.inner.copy(source, target, etag=etag, meta=meta, when=when)

    def delete(self, key: str, *, when: str | None = None) -> None:
        self.inner.delete(key, when=when)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        return self.inner.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        return self.inner.folders(prefix)

    def link(self, method: Literal["GET", "PUT"], key: str, lasts_s: int) -> str | None:
        return self.inner.link(method, key, lasts_s)

    def close(self) -> None:
        self.inner.close()


def when_read(part: Part, tell: Callable[[int], None]) -> Part:
    """The part; `tell` is called with its length each time it was read. What the store copies is read by nobody here."""
    if isinstance(part, CopyRange):
        return part

    def read() -> bytes:
        data = part()
        tell(len(data))
        return data

    return read
