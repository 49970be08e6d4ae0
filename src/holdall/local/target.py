"""What names a directory's file system holds, found by trying: the system it runs under does not say."""

import errno
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from holdall.local.descent import DIRECTORY
from holdall.local.swap import token
from holdall.rules.local_names import POSIX, WINDOWS, Target

_SUSPECTS: Final = WINDOWS.forbidden
_ENDS: Final = WINDOWS.trimmed
_REFUSED: Final = {
    errno.EINVAL,
    errno.ENOENT,
    errno.EILSEQ,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EPROTO,
}
_COMPOSED: Final = "\u00e9"
_DECOMPOSED: Final = unicodedata.normalize("NFD", _COMPOSED)


def target_of(root: Path) -> Target | None:
    """None where it cannot be tried: the directory is missing, not to be written to, or full.

    Costs one file of a staged name for a moment, and some fifty where names are refused. What a crash leaves of them is empty,
    and goes as every leftover.
    """
    if os.name == "nt":
        return WINDOWS  # where a colon makes no file but a stream
    try:
        root_fd = os.open(root, DIRECTORY & ~os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return _tried(root_fd, token())
    except OSError:
        return None
    finally:
        os.close(root_fd)


def _tried(root_fd: int, stem: str) -> Target:
    if not _holds(root_fd, stem):
        raise FileNotFoundError  # nothing can be made here, whatever its name
    every = f"{stem}{_COMPOSED}{_SUSPECTS}{_ENDS}"
    if _holds(root_fd, every, every.rstrip(_ENDS), every.upper(), unicodedata.normalize("NFD", every)):
        return POSIX
    forbidden = "".join(char for char in _SUSPECTS if not _holds(root_fd, f"{stem}{char}x"))
    composed, decomposed = f"{stem}{_COMPOSED}", f"{stem}{_DECOMPOSED}"
    return Target(
        forbidden=forbidden,
        trimmed="".join(char for char in _ENDS if not _holds(root_fd, f"{stem}x{char}", f"{stem}x")),
        # No staged file has such a name to try it with. Who refuses a colon is Windows, or what Windows reads.
        reserved=":" in forbidden,
        folds=not _holds(root_fd, f"{stem}a", f"{stem}A") or not _holds(root_fd, composed, decomposed),
        composed=_changes_form(root_fd, composed),
    )


def _holds(root_fd: int, name: str, *others: str) -> bool:
    """Whether a file can have this name, and is not found under the others."""
    with _made(root_fd, name) as is_made:
        return is_made and not any(_is_there(root_fd, one) for one in others)


def _changes_form(root_fd: int, name: str) -> bool:
    with _made(root_fd, name) as is_made:
        return is_made and name not in os.listdir(root_fd)


@contextmanager
def _made(root_fd: int, name: str) -> Iterator[bool]:
    """An empty file for a moment; False where the name is refused. OSError where that cannot be tried."""
    try:
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=root_fd)
    except OSError as exc:
        if exc.errno not in _REFUSED:
            raise
        yield False
        return
    os.close(fd)
    try:
        yield True
    finally:
        os.unlink(name, dir_fd=root_fd)


def _is_there(root_fd: int, name: str) -> bool:
    try:
        os.lstat(name, dir_fd=root_fd)
    except OSError as exc:
        if exc.errno in _REFUSED:
            return False
        raise
    return True
