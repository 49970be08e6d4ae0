"""Whose a staged file is: a process that works beside a mount's own has a file at its root, and holds a lock on that.

What it stages bears the file's name. The kernel gives the lock back when the process ends, however it does; what it left
behind is then anybody's to settle, the file too.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdall.errors import LocalError
from holdall.keys import STAGED_PREFIX
from holdall.local.base import PART_PREFIX
from holdall.local.owner import give
from holdall.local.root import Root

_MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ASK = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def claimed(root: Root) -> Iterator[str]:
    """The claim's name while it holds; "" where the root takes no such file, or its file system has no locks."""
    try:
        fd, claim = _claim(root)
    except LocalError:
        yield ""
        return
    try:
        yield claim
    finally:
        with suppress(LocalError), root.place(STAGED_PREFIX + claim) as at:
            os.unlink(at.name, dir_fd=at.dir_fd)
        os.close(fd)


def _claim(root: Root) -> tuple[int, str]:
    claim = secrets.token_hex(4)
    name = STAGED_PREFIX + claim
    made = f"{PART_PREFIX}{claim}"
    with root.place(name) as at:
        fd = os.open(made, _MAKE, 0o600, dir_fd=at.dir_fd)
        try:
            give(fd, root.owner)
            fcntl.flock(fd, fcntl.LOCK_EX)
            # RACE: a scan that comes before the lock removes the file, and nothing is claimed. Under the name that counts it was
            # never without.
            os.rename(made, at.name, src_dir_fd=at.dir_fd, dst_dir_fd=at.dir_fd)
        except BaseException:
            os.close(fd)
            with suppress(OSError):
                os.unlink(made, dir_fd=at.dir_fd)
            raise
    return fd, claim


def is_claimed(root: Root, staged: str) -> bool:
    """Whether the process that staged this lives, and has claimed it at some root above."""
    name = staged.rpartition("/")[2]
    claim = name.replace(PART_PREFIX, STAGED_PREFIX).removeprefix(STAGED_PREFIX).partition("-")[0]
    folder = Path(root.path, staged).parent.resolve()
    return any(_is_held(one / f"{STAGED_PREFIX}{claim}") for one in (folder, *folder.parents))


def _is_held(path: Path) -> bool:
    try:
        fd = os.open(path, _ASK)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False
