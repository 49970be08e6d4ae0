# ruff: noqa: PTH102, PTH108, PTH112, PTH120
# Strings and fds, not Paths: one put is a dozen system calls, and a Path for each would double its cost.
"""Beside the plain files: what a directory store remembers about them.

DIR/.holdall-store/
    lock               held (flock) while a name in the store changes
    staged/RECORD      bytes on their way in; whoever opens the store removes those a day old
    meta/XX/RECORD     {"size": …, "meta": {…}} of one version of one object; XX spreads them over 256 directories

RECORD is <hash of the key>-<mtime_ns>. A record is durable before its object appears, and names the version and not the key,
so a crash leaves either version with its own metadata, and a file that a foreign tool changed has none. The inode takes
no part: metadata survives `cp -a` and `rsync -a` of the whole store.
"""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from holdall.store.directory_files import sync_directories, write

SHADOW: Final = ".holdall-store"
_ABANDONED_S: Final = 24 * 3600
_CREATE: Final = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


class Version(NamedTuple):
    """One state of one file. Our writes give every version a nanosecond of its own."""

    inode: int
    mtime_ns: int
    size: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "Version":
        return cls(stat.st_ino, stat.st_mtime_ns, stat.st_size)

    @property
    def etag(self) -> str:
        # No ctime: a chown or a hard-link backup of the store is not a change of its objects.
        return f"{self.inode:x}-{self.mtime_ns:x}-{self.size:x}"


class Staged(NamedTuple):
    key: str
    path: str
    fd: int
    mtime_ns: int


class Records:
    def __init__(self, root: Path) -> None:
        self.shadow = str(root / SHADOW)
        self._meta = f"{self.shadow}/meta"
        self._staged = f"{self.shadow}/staged"

    def prepare(self) -> None:
        if not os.path.isdir(self._staged):
            for path in (self.shadow, self._meta):
                _make(path)
            _make(self._staged)  # the last: where it is, the others are durable
        self._remove_abandoned()

    def stage(self, key: str) -> Staged:
        while True:
            mtime_ns = time.time_ns()
            path = f"{self._staged}/{_name(key, mtime_ns)}"
            with suppress(FileExistsError):  # the same key in the same nanosecond: the clock moves on
                return Staged(key, path, os.open(path, _CREATE | os.O_EXCL, 0o666), mtime_ns)

    def seal(self, staged: Staged, meta: Mapping[str, str]) -> Version:
        """The bytes and their record, durable."""
        os.utime(staged.fd, ns=(staged.mtime_ns, staged.mtime_ns))
        os.fsync(staged.fd)
        version = Version.of(os.fstat(staged.fd))
        if meta:
            self._write(self._path(staged.key, version.mtime_ns), version.size, meta)
        return version

    def abandon(self, staged: Staged) -> None:
        """Unless it has become its object."""
        with suppress(FileNotFoundError):
            os.unlink(staged.path)
            if os.fstat(staged.fd).st_nlink == 0:
                os.unlink(self._path(staged.key, os.fstat(staged.fd).st_mtime_ns))

    def read(self, key: str, version: Version) -> Mapping[str, str] | None:
        """None without a record: a foreign file, one put without metadata, or one that is being replaced."""
        try:
            text = Path(self._path(key, version.mtime_ns)).read_bytes()
        except FileNotFoundError:
            return None
        try:
            record = json.loads(text)
            meta: Mapping[str, str] = record["meta"]
            size = record["size"]
        except (ValueError, TypeError, LookupError):
            return None  # torn by a power cut: its object never appeared, unless a foreign tool made it
        return meta if size == version.size else None

    def remove(self, key: str, version: Version) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._path(key, version.mtime_ns))

    def _path(self, key: str, mtime_ns: int) -> str:
        name = _name(key, mtime_ns)
        return f"{self._meta}/{name[:2]}/{name}"

    def _write(self, path: str, size: int, meta: Mapping[str, str]) -> None:
        folder = os.path.dirname(path)
        try:
            fd = os.open(path, _CREATE, 0o666)
        except FileNotFoundError:
            _make(folder)
            fd = os.open(path, _CREATE, 0o666)
        try:
            write(fd, json.dumps({"size": size, "meta": dict(meta)}, ensure_ascii=False).encode())
            os.fsync(fd)
        finally:
            os.close(fd)
        sync_directories([folder])

    def _remove_abandoned(self) -> None:
        before = time.time() - _ABANDONED_S
        with os.scandir(self._staged) as found:
            for entry in found:
                with suppress(FileNotFoundError):  # another process opens the store too
                    stat = entry.stat(follow_symlinks=False)
                    if max(stat.st_mtime, stat.st_ctime) > before:
                        continue
                    os.unlink(entry.path)
                    # With a second name, it had become its object when its writer died.
                    if stat.st_nlink == 1:
                        os.unlink(f"{self._meta}/{entry.name[:2]}/{entry.name}")


def _make(folder: str) -> None:
    """A directory that is durable under its name."""
    with suppress(FileExistsError):
        os.mkdir(folder)
    sync_directories([os.path.dirname(folder)])


def _name(key: str, mtime_ns: int) -> str:
    return f"{blake2b(key.encode(), digest_size=16).hexdigest()}-{mtime_ns}"
