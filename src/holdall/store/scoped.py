"""A part of a store, as a store of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from holdall.store.base import Before, CopyRange, ObjectInfo, Part, Store, Written


class Scoped:
    """Keys are relative to `prefix`, which ends with a slash."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    @property
    def url(self) -> str:
        return f"{self._store.url.rstrip('/')}/{self._prefix.rstrip('/')}"

    @property
    def part_bytes(self) -> int:
        return self._store.part_bytes

    def now(self) -> float:
        return self._store.now()

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        return self._store.get(self._prefix + key, when=when, offset=offset, length=length)

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        self._store.download(self._prefix + key, size, write, when=when)

    def head(self, key: str) -> ObjectInfo | None:
        found = self._store.head(self._prefix + key)
        return None if found is None else self._relative(found)

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        return self._store.put(self._prefix + key, data, meta=meta, when=when)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        scoped = [
            part._replace(key=self._prefix + part.key) if isinstance(part, CopyRange) else part
            for part in parts
        ]
        return self._store.upload(self._prefix + key, scoped, meta=meta, when=when, before=before)

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        return self._store.copy(self._prefix + source, self._prefix + target, etag=etag, meta=meta, when=when)

    def delete(self, key: str, *, when: str | None = None) -> None:
        self._store.delete(self._prefix + key, when=when)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        return (self._relative(found) for found in self._store.list(self._prefix + prefix))

    def folders(self, prefix: str) -> Iterator[str]:
        return (one.removeprefix(self._prefix) for one in self._store.folders(self._prefix + prefix))

    def link(self, method: Literal["GET", "PUT"], key: str, lasts_s: int) -> str | None:
        return self._store.link(method, self._prefix + key, lasts_s)

    def close(self) -> None:
        """The store is shared: whoever opened it closes it."""

    def _relative(self, found: ObjectInfo) -> ObjectInfo:
        return found._replace(key=found.key.removeprefix(self._prefix))
