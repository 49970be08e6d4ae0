"""Doctor's look at this machine: the system, the state directory, what can be watched, and what the file system has."""

import ctypes
import errno
import fcntl
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from holdall import __version__
from holdall.cli.check import Check, State
from holdall.daemon import places
from holdall.daemon.sizes import human
from holdall.errors import HoldallError
from holdall.keys import STAGED_PREFIX
from holdall.local.rename import exchange

_INOTIFY: Final = Path("/proc/sys/fs/inotify")
_WATCHES_MIN: Final = 100_000
_INSTANCES_MIN: Final = 64
_ROOM_WARN: Final = 200_000_000


def check_machine(directory: Path) -> Iterator[Check]:
    """`directory` is one that is, or is to be, mounted; it is written beside, never in it."""
    yield _system()
    yield from _state()
    yield from _watches()
    yield from _file_system(directory)


def _system() -> Check:
    detail = (
        f"holdall {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )
    if sys.platform == "linux":
        return Check("system", State.OK, detail)
    return Check(
        "system",
        State.WARN,
        detail,
        "Linux has all of exchange, leases and inotify; elsewhere some are missing",
    )


def _state() -> Iterator[Check]:
    try:
        state = places.state_dir()
    except HoldallError as exc:
        yield Check("state", State.BAD, exc.message, exc.hint or "")
        return
    if not state.exists():
        above = next(one for one in state.parents if one.exists())
        if os.access(above, os.W_OK | os.X_OK):
            yield Check("state", State.OK, f"{state} is made at the first mount")
        else:
            yield Check(
                "state",
                State.BAD,
                f"{state} cannot be made in {above}",
                "name another one by STATE_DIRECTORY",
            )
        return
    found = state.stat()
    if not os.access(state, os.W_OK | os.X_OK):
        yield Check("state", State.BAD, f"{state} is not writable", f"chown {os.geteuid()} {state}")
    elif found.st_mode & 0o077:
        yield Check("state", State.WARN, f"others may look into {state}", f"chmod 700 {state}")
    else:
        yield Check("state", State.OK, f"{state} is this user's alone")
    free = shutil.disk_usage(state).free
    if free < _ROOM_WARN:
        yield Check(
            "state's disk", State.WARN, f"{human(free)} free", "make room: without it nothing can be synced"
        )
    try:
        places.listening_socket()
    except HoldallError as exc:
        yield Check("socket", State.BAD, exc.message, exc.hint or "")


def _watches() -> Iterator[Check]:
    for name, least, what in (
        ("max_user_watches", _WATCHES_MIN, "directories can be watched"),
        ("max_user_instances", _INSTANCES_MIN, "watchers can run"),
    ):
        try:
            limit = int((_INOTIFY / name).read_text())
        except (OSError, ValueError):
            if sys.platform == "linux":
                yield Check(
                    f"inotify {name}",
                    State.WARN,
                    "cannot be read",
                    "mounts fall back to polling if watching fails",
                )
            continue
        raised = f"sysctl fs.inotify.{name}={max(2 * limit, 524_288 if 'watches' in name else 1024)}"
        if name == "max_user_instances" and not _is_one_to_be_had():
            yield Check(
                f"inotify {name}",
                State.WARN,
                f"all {limit} of this user are taken: what is mounted now is polled",
                f"{raised}, or end what has them",
            )
        elif limit < least:
            yield Check(f"inotify {name}", State.WARN, f"{limit} {what} by this user", raised)
        else:
            yield Check(f"inotify {name}", State.OK, f"{limit} {what} by this user")


def _is_one_to_be_had() -> bool:
    """Whether one more inotify instance is."""
    fd = int(ctypes.CDLL(None).inotify_init1(os.O_CLOEXEC))
    if fd >= 0:
        os.close(fd)
    return fd >= 0


def _file_system(directory: Path) -> Iterator[Check]:
    """Tried in the directory above: a running daemon would report strange files in the mount itself."""
    above = directory.parent
    if not directory.is_dir():
        yield Check("directory", State.BAD, f"{directory} is no directory", "name one with --path DIR")
        return
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        yield Check(
            "directory",
            State.BAD,
            f"{directory} is not readable and writable",
            f"chown -R {os.geteuid()} {directory}",
        )
        return
    if above.stat().st_dev != directory.stat().st_dev or not os.access(above, os.W_OK | os.X_OK):
        yield Check("file system", State.NOTE, f"not tried: {above} is another file system, or not writable")
        return
    with tempfile.TemporaryDirectory(prefix=STAGED_PREFIX, dir=above) as scratch:
        yield from _features(Path(scratch), directory)


def _features(scratch: Path, directory: Path) -> Iterator[Check]:
    one, other = scratch / "one", scratch / "other"
    one.write_text("1")
    other.write_text("2")
    fd = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
    try:
        exchanged = exchange(fd, "one", fd, "other")
    finally:
        os.close(fd)
    yield _feature(
        "exchange",
        directory,
        have=exchanged,
        less="a download replaces a file in two steps: its name is empty for a moment",
    )
    yield _feature(
        "leases",
        directory,
        have=_lease(one),
        less="a program that holds a file open while it is replaced is noticed later",
    )
    os.utime(one, ns=(10**18 + 123_456_789, 10**18 + 123_456_789))
    fine = one.stat().st_mtime_ns == 10**18 + 123_456_789
    yield _feature(
        "nanosecond times",
        directory,
        have=fine,
        less="two saves within the clock's step look alike until a full rescan",
    )
    alike = (scratch / "ONE").exists()
    yield _feature(
        "case", directory, have=not alike, less="names that differ in case only cannot both be here"
    )
    try:
        (scratch / "link").symlink_to("one")
        links = True
    except OSError as exc:
        if exc.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        links = False
    yield _feature("symlinks", directory, have=links, less="symlinks of a context cannot be brought here")


def _feature(name: str, directory: Path, *, have: bool, less: str) -> Check:
    if have:
        return Check(f"file system: {name}", State.OK, f"{directory.parent} has it")
    return Check(
        f"file system: {name}",
        State.WARN,
        f"{directory.parent} lacks it: {less}",
        "mount a directory on ext4, xfs or btrfs",
    )


def _lease(file: Path) -> bool:
    if sys.platform != "linux":
        return False
    with file.open("rb") as opened:
        try:
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError:
            return False
    return True
