"""A state file of SQLite's, and what can go wrong with it.

One that is broken is put aside whole, and begun anew. A full disk, a lock or a lack of permission says nothing of what is in it:
that is told, and waited out.
"""

import logging
import os
import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from holdall.errors import BadFormat, BadState, DiskFull, LocalError

_LOGGER: Final = logging.getLogger(__name__)
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_LOG_SUFFIXES: Final = ("-wal", "-shm", "-journal")

T = TypeVar("T")


def opened(file: Path, opening: Callable[[Path], T], *, costs: str) -> T:
    """What `opening` makes of the file; of a new one, where this one is broken. Raises LocalError where it cannot be opened.

    costs  what is lost with it, for the log
    """
    if is_condemned(file):
        _put_aside(file, "it was found damaged while it was in use", costs)
    try:
        return opening(file)
    except sqlite3.Error as exc:
        if not is_broken(exc):
            raise failure(exc, file) from exc
        _put_aside(file, str(exc), costs)
        return opening(file)


def move(file: Path, to: Path) -> None:
    """Give it another name, which no file has. Killed at any time, it has one of both.

    Nobody may have it open. sqlite3.Error, OSError.
    """
    db = sqlite3.connect(file, isolation_level=None)
    try:
        # Without a log it is one file, which one step moves. Whoever opens it next gives it one again.
        (mode,) = db.execute("PRAGMA journal_mode=DELETE").fetchone()
    finally:
        db.close()
    if mode != "delete":
        raise sqlite3.OperationalError(f"its log is in {mode} mode still")
    # A log that an earlier one left under that name would be read into it.
    _remove_beside(to)
    file.rename(to)
    # The new log must not outlive the new name in a power cut.
    folder = os.open(to.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove(file: Path) -> None:
    """Not there is success."""
    file.unlink(missing_ok=True)
    _remove_beside(file)


def is_broken(exc: sqlite3.Error) -> bool:
    """Whether it is the file's own fault."""
    return _code(exc) in _BROKEN


def failure(exc: sqlite3.Error, file: Path) -> LocalError:
    if is_broken(exc):
        return BadState(
            f"what is remembered about this mount is damaged ({exc})",
            hint=f"restart holdall: {file.name} is put aside then, and begun anew; no file is lost or deleted by that",
        )
    if _code(exc) == sqlite3.SQLITE_FULL:
        return DiskFull(
            f"{file} cannot be written ({exc})", hint="make room on the disk of the state directory"
        )
    return LocalError(
        f"{file} cannot be used ({exc})", hint="has its disk room, is it in order, and is the file ours?"
    )


def expect_format(db: sqlite3.Connection, file: Path, known: int) -> int:
    """The format of a file, 0 of a new one. BadFormat where it is newer than what is known here."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > known:
        raise BadFormat(
            f"the state in {file} has format {version}, this holdall knows {known}",
            hint="upgrade holdall here",
        )
    return version


def keep_as(db: sqlite3.Connection, file: Path, version: int) -> None:
    """A copy for the holdall that knows that version, beside the file."""
    before = file.with_name(f"{file.name}.format-{version}")
    before.unlink(missing_ok=True)
    db.execute("VACUUM INTO ?", (str(before),))


def condemn(file: Path) -> None:
    """It is broken, and in use: the next start puts it aside."""
    _mark(file).touch()


def is_condemned(file: Path) -> bool:
    return _mark(file).exists()


def _code(exc: sqlite3.Error) -> int:
    """The primary result code; 0 for what the module says without SQLite."""
    return getattr(exc, "sqlite_errorcode", 0) & 0xFF


def _mark(file: Path) -> Path:
    return file.with_name(f"{file.name}.broken")


def _remove_beside(file: Path) -> None:
    for suffix in _LOG_SUFFIXES:
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    _mark(file).unlink(missing_ok=True)


def _put_aside(file: Path, why: str, costs: str) -> None:
    aside = file.with_name(f"{file.name}.damaged-{secrets.token_hex(4)}")
    _LOGGER.warning("%s is damaged (%s); kept as %s. %s", file, why, aside.name, costs)
    # The database goes first: without it, what is left of its log is nobody's.
    if file.exists():
        file.rename(aside)
    for suffix in _LOG_SUFFIXES:
        log = file.with_name(file.name + suffix)
        if log.exists():
            log.rename(aside.with_name(aside.name + suffix))
    _mark(file).unlink(missing_ok=True)
