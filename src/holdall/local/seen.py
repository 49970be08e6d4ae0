"""One lstat as the model's words."""

import errno
import os
import stat

from holdall.local.failures import reason_of
from holdall.model import Seen, SeenAs, Stamp

FORMAT = 0o170000
SPECIAL = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


def stamp_of(found: os.stat_result) -> Stamp:
    # The ledger's numbers have 63 bits, the inodes of some file systems 64.
    inode = found.st_ino & 0x7FFF_FFFF_FFFF_FFFF
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, inode, found.st_mode & 0o777)


def see(dir_fd: int, name: str, path: str) -> Seen:
    """What `name` is in an open directory, whatever the name; `path` is what to call it.

    UNREADABLE is for what cannot be told; a file that can be seen and not opened is a FILE.
    """
    try:
        return seen_as(path, os.lstat(name, dir_fd=dir_fd), name, dir_fd)
    except (FileNotFoundError, NotADirectoryError):
        return Seen(path, SeenAs.ABSENT)
    except OSError as exc:
        return Seen(path, SeenAs.UNREADABLE, reason=reason_of(exc))


def seen_as(path: str, found: os.stat_result, name: str, dir_fd: int) -> Seen:
    """Reads the target where `found` is a symlink; OSError as that fails."""
    kind = found.st_mode & FORMAT
    if kind == stat.S_IFREG:
        return Seen(path, SeenAs.FILE, stamp_of(found))
    if kind == stat.S_IFDIR:
        return Seen(path, SeenAs.DIR, stamp_of(found))
    if kind != stat.S_IFLNK:
        return Seen(path, SeenAs.SPECIAL, reason=SPECIAL.get(kind, "neither file nor directory"))
    target = os.readlink(name, dir_fd=dir_fd)
    try:
        target.encode()
    except UnicodeEncodeError:
        return Seen(path, SeenAs.ODD_NAME, stamp_of(found), reason="the symlink's target is not UTF-8")
    return Seen(path, SeenAs.SYMLINK, stamp_of(found), target)


def target_of(dir_fd: int, name: str) -> str | None:
    """Of a symlink; None of anything else."""
    try:
        return os.readlink(name, dir_fd=dir_fd)
    except OSError as exc:
        if exc.errno in {errno.EINVAL, errno.ENOENT, errno.ENOTDIR}:
            return None
        raise
