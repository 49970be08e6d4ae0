"""One daemon a state directory, one process a state file, and who else has one."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from holdall.daemon import places
from holdall.errors import Locked

_ASK_S: Final = 2.0
_LOCK: Final = ".lock"
_MOMENT_S: Final = 0.2


def lock_state(state: Path, socket_path: Path) -> int:
    """An fd that holds the directory as long as it is open, also against a process that dies: flock goes with it.

    socket_path  written into the lock, for clients that would not look there. Raises Locked and ConfigError.
    """
    try:
        fd = os.open(state / places.LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(fd, 0)
            os.write(fd, places.Holder(os.getpid(), socket_path).written())
        except BaseException:
            os.close(fd)
            raise
    except BlockingIOError as exc:
        holder = places.holder(state)
        raise Locked(
            f"a daemon uses {state} already{f' ({holder})' if holder else ''}",
            hint="`holdall status` asks it; STATE_DIRECTORY names another directory for a second one",
        ) from exc
    except OSError as exc:
        raise places.unusable(state, exc) from exc
    return fd


class Holding(NamedTuple):
    """What a process that has a state file says of it."""

    context: str
    path: Path


def lock_file(file: Path, holding: Holding | None = None) -> int | None:
    """An fd that holds a state file as long as it is open, by a file beside it; None where another process has it.

    holding  told to whoever looks who has it
    """
    fd = os.open(file.with_suffix(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(fd):
            os.close(fd)
            return None
        os.truncate(fd, 0)
        if holding is not None:
            os.write(fd, os.fsencode(f"{holding.context}\n{holding.path}"))
    except BaseException:
        os.close(fd)
        raise
    return fd


def held_beside(file: Path) -> Iterator[Holding]:
    """What other processes, or this one, have beside this state file."""
    for other in sorted(file.parent.glob(f"*{_LOCK}")):
        if other != file.with_suffix(_LOCK) and _is_held(other):
            context, _, path = os.fsdecode(other.read_bytes()).partition("\n")
            if path:
                yield Holding(context, Path(path))


def _locked(fd: int) -> bool:
    """Whoever only looks who has it holds it for a moment."""
    until = time.monotonic() + _MOMENT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(_MOMENT_S / 20)
        else:
            return True


def _is_held(lock: Path) -> bool:
    fd = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def listen(path: Path) -> socket.socket:
    """A socket for its owner alone. Locked where another daemon answers at the path; a dead one's is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _answers(path):
        raise Locked(
            f"another daemon answers at {path}",
            hint="`holdall status` asks it; HOLDALL_SOCKET names another socket",
        )
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    # Bound with its mode, not given it afterwards: there is no moment in which others may connect.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(128)
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as caller:
        caller.settimeout(_ASK_S)
        try:
            caller.connect(str(path))
        except OSError:
            return False
        return True
