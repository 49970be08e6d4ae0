"""Counts what a store is asked, for tests and benchmarks: calls by name, and bytes of objects up and down.

An upload counts as "upload", and its parts as "part" and "part copy"; a listing as one "list" whatever its pages.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock

from holdall.store.base import Before, CopyRange, ObjectInfo, Part, Store, Written
from holdall.store.passing import Passing, when_read


class Counted(Passing):
    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        self.requests: Counter[str] = Counter()
        self.bytes_up = 0
        self.bytes_down = 0

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        self._count("get")
        data = self.inner.get(key, when=when, offset=offset, length=length)
        self._count(down=len(data))
        return data

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        def counted(offset: int, data: bytes) -> None:
            self._count(down=len(data))
            write(offset, data)

        self._count("download")
        self.inner.download(key, size, counted, when=when)

    def head(self, key: str) -> ObjectInfo | None:
        self._count("head")
        return self.inner.head(key)

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        self._count("put", up=len(data))
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
        self._count("upload")
        return self.inner.upload(
            key, [self._counted(part) for part in parts], meta=meta, when=when, before=before
        )

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        self._count("copy")
        return self.inner.copy(source, target, etag=etag, meta=meta, when=when)

    def delete(self, key: str, *, when: str | None = None) -> None:
        self._count("delete")
        self.inner.delete(key, when=when)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        self._count("list")
        return self.inner.list(prefix)

    def _counted(self, part: Part) -> Part:
        if isinstance(part, CopyRange):
            self._count("part copy")
            return part
        return when_read(part, lambda count: self._count("part", up=count))

    def _count(self, name: str = "", *, up: int = 0, down: int = 0) -> None:
        with self._lock:
            if name:
                self.requests[name] += 1
            self.bytes_up += up
            self.bytes_down += down
