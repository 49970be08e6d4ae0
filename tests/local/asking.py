"""Short questions to a Disk, for its tests."""

from typing import Any

from holdall.local.base import Disk
from holdall.model import Seen, SeenAs

MTIME = 1_700_000_000_123_456_789
ABSENT = Seen("", SeenAs.ABSENT)


def names(disk: Disk, under: str = "", **how: Any) -> list[str]:
    return [seen.path for seen in disk.scan(under, **how)]


def seen(disk: Disk, path: str) -> Seen:
    (found,) = disk.look([path])
    return found


def staged(disk: Disk, path: str, data: bytes, *, mode: int = 0o644) -> str:
    new = disk.stage(path)
    new.write(0, data)
    new.finish(mode=mode, mtime_ns=MTIME)
    return new.name


def content(disk: Disk, path: str) -> bytes:
    reader = disk.open(path)
    data = reader.read(0, 1 << 20)
    reader.close()
    return data
