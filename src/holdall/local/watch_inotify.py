"""Watching by inotify, over watchdog's reader of the kernel's queue.

watchdog's own emitter holds each event back to pair renames, watches every directory and keeps an overflow to itself. Here
events pass at once, skipped directories have no watch, and whatever may have been lost is said.

Directories are known by their watch, in the order of events: a directory that moves away is forgotten with all below, and one
that arrives is registered anew, so no rename needs its other half.
"""

import ctypes
import errno
import os
import stat
import time
from functools import reduce
from operator import or_

from watchdog.observers.inotify_c import (
    InotifyConstants as In,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
    inotify_add_watch,
    inotify_rm_watch,
)

from holdall.errors import RootLost
from holdall.keys import STAGED_PREFIX
from holdall.local.listener import Listener

_APPEARED = In.IN_CREATE | In.IN_MOVED_TO
_VANISHED = In.IN_DELETE | In.IN_MOVED_FROM
_ROOT_LOST = In.IN_DELETE_SELF | In.IN_MOVE_SELF | In.IN_UNMOUNT | In.IN_IGNORED
_BELOW = Mask(
    reduce(
        or_,
        (
            _APPEARED,
            _VANISHED,
            In.IN_MODIFY,
            In.IN_ATTRIB,
            In.IN_CLOSE_WRITE,
            In.IN_DONT_FOLLOW,
            In.IN_ONLYDIR,
            In.IN_EXCL_UNLINK,
        ),
    )
)
_ROOT = Mask((_BELOW | In.IN_DELETE_SELF | In.IN_MOVE_SELF) & ~In.IN_DONT_FOLLOW)
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM}

# After a batch, not before: the first event passes at once, and while this lasts the kernel merges equal ones.
_REST_S = 0.002
_WRITING_MAX = 10_000


class _Directory:
    __slots__ = ("below", "path", "wd")

    def __init__(self, path: str, wd: WatchDescriptor) -> None:
        self.path = path
        self.wd = wd
        self.below: dict[str, _Directory] = {}


class InotifyWatch(InotifyFD):
    """A source of events, to be run in a thread of the caller's.

    OSError from any method means that the kernel gives no more watches (ENOSPC, EMFILE) or none at all; RootLost that there is
    nothing to watch.
    """

    problem = ""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._told = listener
        self._directories: dict[WatchDescriptor, _Directory] = {}
        self._root = _Directory("", WatchDescriptor(-1))
        self._writing: set[str] = set()

    def register(self) -> None:
        """Watch all there is. What happened before this returned may not be told."""
        before = self._directories
        self._directories = {}
        wd = inotify_add_watch(self._inotify_fd, os.fsencode(self._told.root), _ROOT)
        if wd == -1:
            code = ctypes.get_errno()
            if code in _GONE:
                raise RootLost(f"cannot be watched: {os.strerror(code).lower()}: {self._told.root}")
            raise OSError(code, os.strerror(code))
        self._root = self._directories[wd] = _Directory("", wd)
        self._register_below(self._root)
        for stale in before.keys() - self._directories.keys():
            inotify_rm_watch(self._inotify_fd, stale)

    def run(self) -> None:
        while self.should_keep_running():
            for event in self.read_events():
                self.handle_event(event)
            time.sleep(_REST_S)

    def shut(self) -> None:
        """Gives everything back; once nobody runs this any more."""
        self.stop()
        if self._inotify_fd >= 0:
            self._close_resources()

    def _close_resources(self) -> None:
        # watchdog leaves this to its reader, or to close() between two reads; where there was no read yet, to nobody.
        super()._close_resources()
        self._inotify_fd = -1

    def handle_event(self, event: InotifyEvent) -> None:
        if not self.should_keep_running():
            return
        mask = event.mask
        if mask & In.IN_Q_OVERFLOW:
            # New directories may be among what was lost, and renamed ones: every path is in doubt.
            self._writing.clear()
            self.register()
            self._told.lost("overflow", "")
            return
        directory = self._directories.get(event.wd)
        if directory is None:
            return
        if not event.name:
            if directory is self._root and mask & _ROOT_LOST:
                self._told.lost("root", "")
            if mask & In.IN_IGNORED:
                del self._directories[event.wd]
            return
        self._handle_named(directory, event.name, mask)

    def _handle_named(self, directory: _Directory, raw: bytes, mask: int) -> None:
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            if mask & (_APPEARED | _VANISHED):
                self._told.lost("odd name", directory.path)
            return
        if name.startswith(STAGED_PREFIX):
            return
        path = f"{directory.path}/{name}" if directory.path else name
        is_dir = mask & In.IN_ISDIR != 0
        if self._told.skips(path, is_dir):
            return
        if is_dir:
            self._handle_directory(directory, name, path, mask)
        else:
            self._told.touch(path, self._is_closed(path, mask))

    def _handle_directory(self, parent: _Directory, name: str, path: str, mask: int) -> None:
        if mask & _APPEARED:
            if self._register(parent, name, path):
                self._told.touch(path, True)
                self._told.lost("new directory", path)
            return
        if mask & _VANISHED and (gone := parent.below.pop(name, None)):
            self._forget(gone)
        self._told.touch(path, True)
        if mask & In.IN_MOVED_FROM:
            self._told.lost("directory moved away", path)

    def _is_closed(self, path: str, mask: int) -> bool:
        if mask & In.IN_MODIFY or (mask & In.IN_CREATE and self._may_be_written(path)):
            if len(self._writing) >= _WRITING_MAX:
                self._writing.clear()
            self._writing.add(path)
            return False
        if mask & In.IN_ATTRIB:
            return path not in self._writing  # `cp -p` sets modes and times while it writes
        self._writing.discard(path)
        return True

    def _may_be_written(self, path: str) -> bool:
        """Of a path that was created: symlinks and second hard links are finished, a new file is yet to be closed."""
        try:
            found = os.lstat(f"{self._told.root}/{path}")
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_nlink == 1

    def _register(self, parent: _Directory, name: str, path: str) -> bool:
        """False when it is watched already (its parent was listed after it came), or gone."""
        directory = self._add(parent, name, path)
        if directory is None:
            return False
        self._register_below(directory)
        return True

    def _register_below(self, top: _Directory) -> None:
        # Each directory is watched before it is listed: what comes in between is both listed and told.
        waiting = [top]
        while waiting:
            directory = waiting.pop()
            for name in self._names_of_directories(directory.path):
                path = f"{directory.path}/{name}" if directory.path else name
                if not self._told.skips(path, True) and (below := self._add(directory, name, path)):
                    waiting.append(below)

    def _names_of_directories(self, path: str) -> list[str]:
        try:
            with os.scandir(f"{self._told.root}/{path}") as entries:
                names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError as exc:
            if exc.errno in _GONE:
                return []
            raise
        return [name for name in names if name.isascii() or _is_utf8(name)]

    def _add(self, parent: _Directory, name: str, path: str) -> _Directory | None:
        full = os.fsencode(f"{self._told.root}/{path}")
        wd = inotify_add_watch(self._inotify_fd, full, _BELOW)
        if wd == -1:
            code = ctypes.get_errno()
            if code in _GONE:
                return None
            raise OSError(code, os.strerror(code), path)
        known = self._directories.get(wd)
        if known is not None and known.path == path:
            return None
        directory = self._directories[wd] = parent.below[name] = _Directory(path, wd)
        return directory

    def _forget(self, top: _Directory) -> None:
        waiting = [top]
        while waiting:
            directory = waiting.pop()
            waiting.extend(directory.below.values())
            if self._directories.get(directory.wd) is directory:
                del self._directories[directory.wd]
                inotify_rm_watch(self._inotify_fd, directory.wd)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
