"""The contract in memory: for simulators and tests. Starts no thread and reads no clock of its own."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Final, Literal, NamedTuple

from holdall.errors import ConditionFailed, NotThere
from holdall.store.base import ABSENT, Before, Capabilities, CopyRange, ObjectInfo, Part, Written

_NO_META: Final[Mapping[str, str]] = {}


class _Object(NamedTuple):
    info: ObjectInfo
    data: bytes


class MemoryStore:
    """ETags are S3's: the md5 of the bytes, and md5-of-md5s-N for an upload of N parts.

    clock         unix seconds; what `now` and `modified_at` show
    capabilities  a condition that is False here is ignored, as the servers without it do: they answer 200

    Callbacks (parts, `write`, `clock`) run on the caller's thread and outside the lock, so a simulator may switch in them.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        capabilities: Capabilities | None = None,
        part_bytes: int = 8 * 1024 * 1024,
        name: str = "memory",
    ) -> None:
        self.capabilities = capabilities or Capabilities()
        self._clock = clock
        self._part_bytes = part_bytes
        self._name = name
        self._objects: dict[str, _Object] = {}
        self._lock = Lock()

    @property
    def url(self) -> str:
        return f"memory://{self._name}"

    @property
    def part_bytes(self) -> int:
        return self._part_bytes

    def now(self) -> float:
        return self._clock()

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        data = self._read(key, when).data
        return data[offset:] if length is None else data[offset : offset + length]

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        data = self._read(key, when).data
        for offset in range(0, size, self._part_bytes):
            write(offset, data[offset : min(offset + self._part_bytes, size)])

    def head(self, key: str) -> ObjectInfo | None:
        found = self._objects.get(key)
        return found.info if found else None

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        checked = when if self.capabilities.put_when else None
        return self._write(key, data, _md5(data).hexdigest(), meta or _NO_META, checked)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        pieces = [self._copied(part) if isinstance(part, CopyRange) else part() for part in parts]
        if before is not None:
            before()
        if not pieces:
            return self.put(key, b"", meta=meta, when=when)
        joined = b"".join(_md5(piece).digest() for piece in pieces)
        etag = f"{_md5(joined).hexdigest()}-{len(pieces)}"
        checked = when if self.capabilities.complete_when else None
        return self._write(key, b"".join(pieces), etag, meta or _NO_META, checked)

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        found = self._read(source, etag if self.capabilities.copy_pinned else None)
        kept = found.info.meta if meta is None else meta
        checked = when if self.capabilities.copy_when else None
        return self._write(target, found.data, _md5(found.data).hexdigest(), kept, checked)

    def delete(self, key: str, *, when: str | None = None) -> None:
        with self._lock:
            if self.capabilities.delete_when:
                self._check(key, when)
            self._objects.pop(key, None)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        with self._lock:
            found = [o.info for key, o in self._objects.items() if key.startswith(prefix)]
        return (info._replace(meta=_NO_META) for info in found)

    def folders(self, prefix: str) -> Iterator[str]:
        with self._lock:
            below = [key.removeprefix(prefix) for key in self._objects if key.startswith(prefix)]
        return iter({prefix + key.partition("/")[0] + "/" for key in below if "/" in key})

    def link(self, method: Literal["GET", "PUT"], key: str, lasts_s: int) -> None:
        """Nobody but this process reaches it."""

    def close(self) -> None:
        pass

    def _read(self, key: str, when: str | None) -> _Object:
        found = self._objects.get(key)
        if found is None:
            raise NotThere(f"no object in {self.url}", path=key)
        if when is not None and found.info.etag != when:
            raise ConditionFailed(f"the object in {self.url} is another version", path=key)
        return found

    def _copied(self, part: CopyRange) -> bytes:
        data = self._read(part.key, part.etag if self.capabilities.part_copy else None).data
        return data[part.offset : part.offset + part.length]

    def _check(self, key: str, when: str | None) -> None:
        """With the lock held."""
        if when is None:
            return
        found = self._objects.get(key)
        if (found.info.etag if found else ABSENT) != when:
            raise ConditionFailed(f"the object in {self.url} is not what the write asked for", path=key)

    def _write(self, key: str, data: bytes, etag: str, meta: Mapping[str, str], when: str | None) -> Written:
        made = _Object(ObjectInfo(key, len(data), etag, None, self._clock(), dict(meta)), data)
        with self._lock:
            self._check(key, when)
            self._objects[key] = made
        return Written(etag, None)


def _md5(data: bytes) -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)
