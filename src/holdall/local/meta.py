"""Setting the mode and mtime of what is there, and telling what it then looks like."""

import os

from holdall.errors import Moved
from holdall.local.compare import unmoved
from holdall.local.lease import Lease
from holdall.local.root import Place
from holdall.local.seen import see, stamp_of
from holdall.model import Seen, SeenAs

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
_KEPT_OF_DIRS = 0o3000  # a shared tree's setgid and sticky bits, which only exist here


def set_meta(at: Place, expected: Seen, *, mode: int, mtime_ns: int | None) -> Seen:
    """The stamp that comes back stands for the bytes that `expected` stood for.

    RACE: a write between the comparison and the new mtime would hide behind it. Under a lease it has to wait, and is then
    seen as later; without one a change of size is noticed and one of the same size is not.
    """
    with Lease(at.dir_fd, at.name, at.path):
        fd = os.open(at.name, _FLAGS, dir_fd=at.dir_fd)
        try:
            before = os.fstat(fd)
            if not unmoved(expected, see(at.dir_fd, at.name, at.path)) or expected.stamp is None:
                raise Moved("changed since it was looked at", path=at.path)
            if stamp_of(before).inode != expected.stamp.inode or expected.what not in {
                SeenAs.FILE,
                SeenAs.DIR,
            }:
                raise Moved("changed since it was looked at", path=at.path)
            kept = before.st_mode & _KEPT_OF_DIRS if expected.what is SeenAs.DIR else 0
            os.fchmod(fd, (mode & 0o777) | kept)
            if mtime_ns is not None:
                os.utime(fd, ns=(mtime_ns, mtime_ns))
            after = os.fstat(fd)
        finally:
            os.close(fd)
    if expected.what is SeenAs.FILE:
        unwritten = after.st_size == expected.stamp.size
        if mtime_ns is None:
            unwritten = unwritten and after.st_mtime_ns == expected.stamp.mtime_ns
        if not unwritten:
            raise Moved("changed just now", path=at.path)
    return Seen(at.path, expected.what, stamp_of(after))
