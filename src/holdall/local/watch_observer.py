"""Watching by watchdog's observer for this system: macOS, Windows and the BSDs."""

import os
import threading

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from holdall.errors import RootLost
from holdall.keys import STAGED_PREFIX
from holdall.local.listener import Listener

_IGNORED = {"opened", "closed_no_write"}
_UNFINISHED = {"created", "modified"}


class ObserverWatch(FileSystemEventHandler):
    """The same source of events as InotifyWatch. These systems do not say when a file is closed, nor when events were lost."""

    problem = "events of this system may be lost without a word: the periodic scan finds what they missed"

    def __init__(self, listener: Listener) -> None:
        self._told = listener
        self._prefix = os.path.join(os.path.realpath(listener.root), "")  # noqa: PTH118  the end in a separator
        self._observer = Observer()
        self._ending = threading.Event()

    def register(self) -> None:
        try:
            self._observer.schedule(self, self._prefix, recursive=True)
            self._observer.start()
        except FileNotFoundError as exc:
            raise RootLost(f"cannot be watched: {self._told.root}") from exc

    def run(self) -> None:
        self._ending.wait()

    def stop(self) -> None:
        self._ending.set()

    def shut(self) -> None:
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _IGNORED:
            return
        for full in {os.fsdecode(event.src_path), os.fsdecode(event.dest_path)} - {""}:
            self._tell(full, event)

    def _tell(self, full: str, event: FileSystemEvent) -> None:
        if os.path.join(full, "") == self._prefix:  # noqa: PTH118
            if event.event_type in {"deleted", "moved"}:
                self._told.lost("root", "")
            return
        if not full.startswith(self._prefix):
            return
        path = full[len(self._prefix) :].replace(os.sep, "/")
        if path.rpartition("/")[2].startswith(STAGED_PREFIX) or self._told.skips(path, event.is_directory):
            return
        if any(self._told.skips(path[:at], True) for at, char in enumerate(path) if char == "/"):
            return
        try:
            path.encode()
        except UnicodeEncodeError:
            return
        if not event.is_directory:
            self._told.touch(path, event.event_type not in _UNFINISHED)
        # A modified directory: its times tell of its children, which are told themselves.
        elif event.event_type != "modified":
            self._told.touch(path, True)
            if event.event_type in {"created", "moved"}:
                self._told.lost("new directory", path)
