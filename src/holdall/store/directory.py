"""The contract over a directory: every object is a plain file at DIR/<key>, readable by any tool.

Conditions hold between all processes that use the store, on one machine or on several over a shared disk, as far as flock
does there. Foreign tools do not take the lock: ABSENT holds against them too (link), an ETag does but for the
microseconds between the compare and the rename. An ETag is the file's inode, mtime and size, so a file put there by a foreign
tool has one as well; the file system must keep fine timestamps (FAT does not).

Cost: a write is answered when its bytes, its metadata and its name have been synced: three fsyncs, two without metadata.
"""

import os
import stat as st
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from holdall.errors import ConditionFailed, NotThere, Refused
from holdall.store import directory_files as disk
from holdall.store.base import ABSENT, Before, CopyRange, ObjectInfo, Part, Written
from holdall.store.directory_records import SHADOW, Records, Staged, Version
from holdall.store.silence import Silence

_PART_BYTES: Final = 8 * 1024 * 1024
_SYNC_PARTS: Final = 4
"""What is written is synced after that many: to sync a large file at once would silence a slow disk for long. 512 MiB took an SSD
0.3 s either way."""

_NO_META: Final[Mapping[str, str]] = {}
_NO_NAMES: Final = frozenset({"", ".", ".."})


class DirectoryStore:
    """`root` is created when its parent exists; NoBucket otherwise, and when it goes away later."""

    def __init__(self, root: Path, silence: Silence | None = None) -> None:
        absolute = root.absolute()
        self._records = Records(absolute)
        self._files = disk.Files(str(absolute), f"{self._records.shadow}/lock", silence or Silence())
        with self._files.working(None):
            with suppress(FileExistsError):
                absolute.mkdir()
            self._records.prepare()
            with self._files.locked():
                pass  # the lock file is what says that a store is here

    @property
    def url(self) -> str:
        return self._files.url

    @property
    def part_bytes(self) -> int:
        return _PART_BYTES

    def now(self) -> float:
        return time.time()

    def get(self, key: str, *, when: str | None = None, offset: int = 0, length: int | None = None) -> bytes:
        with self._reading(key, when) as (fd, version), self._files.working(key):
            return disk.read(fd, offset, max(0, version.size - offset) if length is None else length)

    def download(self, key: str, size: int, write: Callable[[int, bytes], None], *, when: str | None) -> None:
        with self._reading(key, when) as (fd, _):
            for offset in range(0, size, _PART_BYTES):
                with self._files.working(key):
                    data = disk.read(fd, offset, min(_PART_BYTES, size - offset))
                write(offset, data)

    def head(self, key: str) -> ObjectInfo | None:
        found = self._look(key)
        return _info(key, *found) if found else None

    def put(
        self, key: str, data: bytes, *, meta: Mapping[str, str] | None = None, when: str | None = None
    ) -> Written:
        def fill(fd: int) -> None:
            with self._files.working(key):
                disk.write(fd, data)

        return self._place(key, fill, meta or _NO_META, when)

    def upload(
        self,
        key: str,
        parts: Sequence[Part],
        *,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
        before: Before | None = None,
    ) -> Written:
        def fill(fd: int) -> None:
            for number, part in enumerate(parts, start=1):
                if isinstance(part, CopyRange):
                    self._append(fd, part)
                else:
                    data = part()
                    with self._files.working(key):
                        disk.write(fd, data)
                self._sync(fd, key, number)
            if before is not None:
                before()

        return self._place(key, fill, meta or _NO_META, when)

    def copy(
        self,
        source: str,
        target: str,
        *,
        etag: str | None = None,
        meta: Mapping[str, str] | None = None,
        when: str | None = None,
    ) -> Written:
        found = self._look(source)
        if found is None:
            raise NotThere(f"no object in {self.url}", path=source)
        version, kept = found
        part = CopyRange(source, version.etag if etag is None else etag, 0, version.size)
        return self._place(target, lambda fd: self._append(fd, part), kept if meta is None else meta, when)

    def delete(self, key: str, *, when: str | None = None) -> None:
        self._check_name(key)
        with self._files.working(key):
            with self._files.locked():
                found = self._version(key)
                self._check(key, found, when)
                if found is None:
                    return
                changed = self._files.remove(key)
            disk.sync_directories([changed])
            self._records.remove(key, found)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        pending = [prefix.rpartition("/")[0]]
        while pending:
            folder = pending.pop()
            with self._files.working(folder):
                names = self._files.names(folder)
            for name in names:
                key = f"{folder}/{name}" if folder else name
                if not key.startswith(prefix) or key == SHADOW:
                    continue
                with self._files.working(key):
                    stat = self._files.stat(key)
                if stat is None:
                    continue
                if st.S_ISDIR(stat.st_mode):
                    pending.append(key)
                elif st.S_ISREG(stat.st_mode):
                    yield _info(key, Version.of(stat), _NO_META)

    def folders(self, prefix: str) -> Iterator[str]:
        folder = prefix.removesuffix("/")
        with self._files.working(folder):
            names = self._files.names(folder)
        for name in names:
            key = f"{prefix}{name}"
            with self._files.working(key):
                stat = None if key == SHADOW else self._files.stat(key)
            if stat is not None and st.S_ISDIR(stat.st_mode):
                yield f"{key}/"

    def link(self, method: Literal["GET", "PUT"], key: str, lasts_s: int) -> None:
        """What others reach is up to whoever serves the directory."""

    def close(self) -> None:
        self._files.close()

    def _check_name(self, key: str) -> None:
        parts = key.split("/")
        if parts[0] == SHADOW or not _NO_NAMES.isdisjoint(parts):
            raise Refused(f"{self.url} cannot hold an object of this name", path=key, hint="rename the file")

    def _check(self, key: str, found: Version | None, when: str | None) -> None:
        if when is not None and when != (found.etag if found else ABSENT):
            raise ConditionFailed(f"the object in {self.url} is not what the write asked for", path=key)

    def _version(self, key: str) -> Version | None:
        stat = self._files.stat(key)
        return Version.of(stat) if stat and st.S_ISREG(stat.st_mode) else None

    def _look(self, key: str) -> tuple[Version, Mapping[str, str]] | None:
        """The object, and the metadata of that same version."""
        self._check_name(key)
        with self._files.working(key):
            found = self._version(key)
            while found is not None:
                meta = self._records.read(key, found)
                # RACE: an overwrite between the two reads takes the old record away; the version has moved then.
                again = found if meta is not None else self._version(key)
                if again == found:
                    return found, meta or _NO_META
                found = again
        return None

    @contextmanager
    def _reading(self, key: str, when: str | None) -> Iterator[tuple[int, Version]]:
        """The opened object. A foreign tool that writes into it meanwhile fails the condition at the end."""
        self._check_name(key)
        with self._files.working(key):
            fd = self._files.open(key)
        if fd is None:
            raise NotThere(f"no object in {self.url}", path=key)
        try:
            version = Version.of(os.fstat(fd))
            if when is not None and version.etag != when:
                raise ConditionFailed(f"the object in {self.url} is another version", path=key)
            yield fd, version
            if when is not None and Version.of(os.fstat(fd)) != version:
                raise ConditionFailed(f"the object in {self.url} changed while it was read", path=key)
        finally:
            os.close(fd)

    def _append(self, fd: int, part: CopyRange) -> None:
        end = part.offset + part.length
        with self._reading(part.key, part.etag) as (source, _):
            for number, offset in enumerate(range(part.offset, end, _PART_BYTES), start=1):
                with self._files.working(part.key):
                    disk.copy(source, offset, min(_PART_BYTES, end - offset), fd)
                self._sync(fd, part.key, number)

    def _sync(self, fd: int, key: str, number: int) -> None:
        """After every few parts; `number` of them are written."""
        if number % _SYNC_PARTS == 0:
            with self._files.working(key):
                os.fsync(fd)

    def _place(
        self, key: str, fill: Callable[[int], None], meta: Mapping[str, str], when: str | None
    ) -> Written:
        """Bytes and record are durable before the name changes, and the old record goes when that is durable: a crash or a power
        cut leaves the old object or the new one, each with its metadata.
        """
        self._check_name(key)
        with self._files.working(key):
            staged = self._records.stage(key)
        try:
            fill(staged.fd)
            with self._files.working(key):
                version = self._records.seal(staged, meta)
                with self._files.locked():
                    changed, old = self._publish(staged, when)
        except BaseException:
            self._records.abandon(staged)
            raise
        finally:
            os.close(staged.fd)
        with self._files.working(key):
            disk.sync_directories(changed)
            if old and old.mtime_ns != version.mtime_ns:
                self._records.remove(key, old)
        return Written(version.etag, None)

    def _publish(self, staged: Staged, when: str | None) -> tuple[Sequence[str], Version | None]:
        """The directories to sync, and what stood there."""
        stat = self._files.stat(staged.key)
        old = Version.of(stat) if stat and st.S_ISREG(stat.st_mode) else None
        self._check(staged.key, old, when)
        if stat and st.S_ISDIR(stat.st_mode):
            self._files.remove_empty(staged.key)
        return self._files.publish(staged.path, staged.key, new=when == ABSENT), old


def _info(key: str, version: Version, meta: Mapping[str, str]) -> ObjectInfo:
    return ObjectInfo(key, version.size, version.etag, None, version.mtime_ns / 1e9, meta)
