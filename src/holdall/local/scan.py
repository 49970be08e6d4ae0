"""The walk behind Disk.scan, and the look at single paths.

The order is that of the full paths as strings, `a`, `a-b`, `a/b`, without holding the tree: each directory's names are sorted
together with name + "/" for each directory, which is the place where what is below it comes.

Directories are opened through real directories only, and entries are looked at relative to them: nothing that is swapped on the
way leads outside. What appears or vanishes during the walk may or may not be in it.
"""

import errno
import os
from collections.abc import Iterable, Iterator

from holdall.errors import LocalError, RootLost, Unreadable
from holdall.keys import KEY_BYTES_MAX, STAGED_PREFIX, is_path, key_of
from holdall.local.base import Skip
from holdall.local.descent import DIRECTORY, NO_DIRECTORY, NO_PATH, open_below
from holdall.local.failures import reason_of
from holdall.local.names import is_in_staged, is_staged, oddity, printable
from holdall.local.seen import see, seen_as, stamp_of
from holdall.model import Seen, SeenAs, Stamp

_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK
_TIME_MAX_NS = 2**63  # what the log and the ledger hold: the years 1677 to 2262
_UNTIMELY = "its modification time is not between the years 1678 and 2261: `touch` it"
_STAGED_DIR = "a directory with the name of a staged file"
_HELD_MAX = 32  # directories held open by one walk; deeper ones are looked at as a whole and closed


class _Frame:
    """One directory on the way.

    device  that its file system is on
    found   by place: an entry yet to be looked at, what was seen of it, or at name + "/" the frame of a directory
    """

    __slots__ = ("device", "fd", "found", "places", "prefix")

    def __init__(self, fd: int, prefix: str) -> None:
        self.fd = fd
        self.prefix = prefix
        self.found: dict[str, os.DirEntry[str] | Seen | _Frame | None] = {}
        try:
            self.device = os.fstat(fd).st_dev
            self._list()
        except BaseException:
            self.close()
            raise
        self.places = iter(sorted(self.found))

    def _list(self) -> None:
        prefix = self.prefix
        room = KEY_BYTES_MAX - len(key_of(prefix).encode())
        with os.scandir(self.fd) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(STAGED_PREFIX):  # never entered
                    ours = entry.is_file(follow_symlinks=False) or entry.is_symlink()
                    self.found[name] = Seen(prefix + name, SeenAs.LEFTOVER) if ours else entry
                elif (3 * len(name) > room or not name.isascii()) and (reason := oddity(prefix + name)):
                    # No name has a NUL: this place is never that of a real file.
                    odd = printable(prefix + name)
                    self.found[odd[len(prefix) :] + "\0"] = Seen(
                        odd, SeenAs.ODD_NAME, _stamp(entry), reason=reason
                    )
                else:
                    self.found[name] = entry
                    if entry.is_dir(follow_symlinks=False):
                        self.found[f"{name}/"] = None

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class _Walk:
    def __init__(self, root_fd: int, skip: Skip | None) -> None:
        self._root_fd = root_fd
        self._skip = skip
        self._open: set[_Frame] = set()

    def below(self, under: str) -> Iterator[Seen]:
        try:
            top = self._enter(under)
            if isinstance(top, Seen):
                yield top
            elif top is not None:
                yield from self._run(top)
        finally:
            for frame in self._open:
                frame.close()

    def _run(self, top: _Frame) -> Iterator[Seen]:
        stack = [top]
        while stack:
            frame = stack[-1]
            for place in frame.places:
                entry = frame.found.pop(place)
                if isinstance(entry, os.DirEntry):
                    entry = self._see(frame, entry)
                if isinstance(entry, _Frame):
                    stack.append(entry)
                    break
                if entry is not None and entry.what is SeenAs.DIR:
                    entry = self._see_dir(frame, f"{place}/", entry)
                if entry is not None:
                    yield entry
            else:
                stack.pop().close()
                self._open.discard(frame)

    def _see(self, frame: _Frame, entry: "os.DirEntry[str]") -> Seen | None:
        """None for what takes no part, or is gone."""
        path = frame.prefix + entry.name
        if self._skip is not None and self._skip(path, entry.is_dir(follow_symlinks=False)):
            return None
        try:
            seen = seen_as(path, entry.stat(follow_symlinks=False), entry.name, frame.fd)
            return _staged(seen) if entry.name.startswith(STAGED_PREFIX) else _timely(seen)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            return Seen(path, SeenAs.UNREADABLE, reason=reason_of(exc))

    def _see_dir(self, frame: _Frame, inside: str, seen: Seen) -> Seen | None:
        """Lists it now, ahead of its place, to know what to say of the directory itself."""
        if inside not in frame.found:
            return None  # RACE: it was no directory when its name was read, so what is below it has no place in this walk
        below = self._enter(seen.path)
        if not isinstance(below, _Frame):
            return below
        frame.found[inside] = below
        return seen if below.device == frame.device else _apart(seen)

    def _enter(self, path: str) -> _Frame | Seen | None:
        """UNREADABLE where it is; None when it is no directory any more."""
        try:
            frame = _Frame(open_below(self._root_fd, path, _LIST), f"{path}/" if path else "")
        except OSError as exc:
            if exc.errno in NO_DIRECTORY:
                return None
            if not path:
                raise _barred(exc) from exc
            return Seen(path, SeenAs.UNREADABLE, reason=reason_of(exc))
        if len(self._open) < _HELD_MAX:
            self._open.add(frame)
            return frame
        for place in sorted(frame.found):
            entry = frame.found[place]
            if isinstance(entry, os.DirEntry):
                frame.found[place] = self._see(frame, entry)
        frame.close()
        return frame


def _stamp(entry: "os.DirEntry[str]") -> Stamp | None:
    """Of a file or symlink that is named for people only; None where it cannot be told."""
    try:
        has_bytes = entry.is_file(follow_symlinks=False) or entry.is_symlink()
        return stamp_of(entry.stat(follow_symlinks=False)) if has_bytes else None
    except OSError:
        return None


def scan(root_fd: int, under: str, skip: Skip | None) -> Iterator[Seen]:
    """Disk.scan below an open root. A directory that is a file system of its own says so as its reason. It is told by its
    device: a bind mount from the file system that it lies in is an ordinary directory.
    """
    return _Walk(root_fd, skip).below(under)


def names(root_fd: int, folder: str) -> list[str]:
    """Disk.names below an open root."""
    try:
        fd = open_below(root_fd, folder, _LIST)
    except OSError as exc:
        if exc.errno in NO_DIRECTORY:
            return []
        raise
    try:
        return os.listdir(fd)  # noqa: PTH208  an open directory, not a path
    finally:
        os.close(fd)


def _barred(exc: OSError) -> LocalError:
    if exc.errno not in {errno.EACCES, errno.EPERM}:
        return Unreadable(reason_of(exc))
    return RootLost(
        f"the directory cannot be read: {reason_of(exc)}",
        hint="make it readable for the user that holdall runs as, or `holdall unmount` it",
    )


def look(root_fd: int, paths: Iterable[str]) -> Iterator[Seen]:
    """Disk.look below an open root. Paths that come sorted share the opening of their directories."""
    at, at_fd = "", os.dup(root_fd)
    try:
        for path in paths:
            if not is_path(path):
                yield Seen(path, SeenAs.UNREADABLE, reason=NO_PATH)
                continue
            parent, _, name = path.rpartition("/")
            if parent != at or at_fd < 0:
                if at_fd >= 0:
                    os.close(at_fd)
                at, at_fd = parent, -1
                try:
                    at_fd = open_below(root_fd, parent, DIRECTORY)
                except OSError as exc:
                    yield _below_nothing(path, exc)
                    continue
            yield _look(root_fd, at_fd, name, path)
    finally:
        if at_fd >= 0:
            os.close(at_fd)


def _below_nothing(path: str, exc: OSError) -> Seen:
    if exc.errno in NO_DIRECTORY:
        return Seen(path, SeenAs.ABSENT)
    return Seen(path, SeenAs.UNREADABLE, reason=reason_of(exc))


def _look(root_fd: int, dir_fd: int, name: str, path: str) -> Seen:
    seen = see(dir_fd, name, path)
    if seen.what is SeenAs.ABSENT:
        return seen
    if is_staged(path):
        return _staged(seen)
    if is_in_staged(path):
        return Seen(path, SeenAs.SPECIAL, reason=f"what is in {_STAGED_DIR}")
    if reason := oddity(path):
        stamp = seen.stamp if seen.what in {SeenAs.FILE, SeenAs.SYMLINK} else None
        return Seen(printable(path), SeenAs.ODD_NAME, stamp, reason=reason)
    if seen.what is SeenAs.DIR:
        try:
            fd = open_below(root_fd, path, _LIST)
        except OSError as exc:
            return _below_nothing(path, exc)
        try:
            if os.fstat(fd).st_dev != os.fstat(dir_fd).st_dev:
                seen = _apart(seen)
        finally:
            os.close(fd)
    return _timely(seen)


def _staged(seen: Seen) -> Seen:
    """A staged file is a file or symlink; that name on anything else is not ours, and is left alone."""
    if seen.what in {SeenAs.FILE, SeenAs.SYMLINK}:
        return Seen(seen.path, SeenAs.LEFTOVER)
    if seen.what is SeenAs.DIR:
        return Seen(seen.path, SeenAs.SPECIAL, reason=_STAGED_DIR)
    return seen


def _apart(seen: Seen) -> Seen:
    """A directory with a reason is a file system of its own."""
    return seen._replace(reason="a file system of its own")


def _timely(seen: Seen) -> Seen:
    stamp = seen.stamp
    if stamp is None or -_TIME_MAX_NS <= stamp.mtime_ns < _TIME_MAX_NS:
        return seen
    if seen.what is SeenAs.DIR:
        return seen._replace(stamp=stamp._replace(mtime_ns=0))  # nobody asks for a directory's
    return Seen(seen.path, SeenAs.ODD_NAME, reason=_UNTIMELY)
