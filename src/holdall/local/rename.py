"""Renames that never overwrite: no-replace and exchange, on names in open directories.

Linux has them as renameat2, macOS as renameatx_np. Some file systems (and systems) have neither: a move is then a link and an
unlink, and there is no exchange.
"""

import ctypes
import errno
import os
import stat
import sys

_CALLS = {"linux": ("renameat2", 1, 2), "darwin": ("renameatx_np", 4, 2)}  # name, no-replace, exchange
_NAME, _NO_REPLACE, _EXCHANGE = _CALLS.get(sys.platform, ("", 0, 0))
_CALL = getattr(ctypes.CDLL(None, use_errno=True), _NAME, None) if _NAME else None

_MISSING = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def move(from_fd: int, source: str, to_fd: int, target: str) -> None:
    """FileExistsError when there is something at the target."""
    if not _call(from_fd, source, to_fd, target, _NO_REPLACE):
        move_by_link(from_fd, source, to_fd, target)


def exchange(from_fd: int, one: str, to_fd: int, other: str) -> bool:
    """False where the system or the file system has none."""
    return _call(from_fd, one, to_fd, other, _EXCHANGE)


def move_by_link(from_fd: int, source: str, to_fd: int, target: str) -> None:
    if not stat.S_ISDIR(os.lstat(source, dir_fd=from_fd).st_mode):
        try:
            os.link(source, target, src_dir_fd=from_fd, dst_dir_fd=to_fd, follow_symlinks=False)
        except OSError as exc:
            if exc.errno not in _NO_LINKS:
                raise
        else:
            os.unlink(source, dir_fd=from_fd)
            return
    # RACE: a file system without links or no-replace (FAT) leaves a gap between this look and the rename. For a directory
    # the rename itself refuses files and directories that are not empty.
    if _exists(to_fd, target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    os.rename(source, target, src_dir_fd=from_fd, dst_dir_fd=to_fd)


def _exists(dir_fd: int, name: str) -> bool:
    try:
        os.lstat(name, dir_fd=dir_fd)
    except FileNotFoundError:
        return False
    return True


def _call(from_fd: int, source: str, to_fd: int, target: str, flags: int) -> bool:
    if _CALL is None:
        return False
    if _CALL(from_fd, os.fsencode(source), to_fd, os.fsencode(target), flags) == 0:
        return True
    code = ctypes.get_errno()
    if code in _MISSING:
        return False
    raise OSError(code, os.strerror(code), source, None, target)
