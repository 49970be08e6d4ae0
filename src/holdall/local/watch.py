"""Hints where to look: a mount's directory, watched."""

import errno
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from holdall.errors import RootLost
from holdall.local.base import Skip
from holdall.local.failures import reason_of
from holdall.local.listener import Listener

if sys.platform == "linux":
    from holdall.local.watch_inotify import InotifyWatch as Source
else:
    from holdall.local.watch_observer import ObserverWatch as Source

_PROBLEMS = {
    errno.ENOSPC: "too many directories to watch: raise fs.inotify.max_user_watches (sysctl)",
    errno.EMFILE: "too many watchers on this machine: raise fs.inotify.max_user_instances (sysctl)",
}
_RETRY_S = 60.0
_LOGGER = logging.getLogger(__name__)


class Watch:
    """Tells what may have changed below `root`; scans are the truth.

    skip      paths that take no part; when its answers change, `renew`
    on_touch  (path, closed): this path may have changed; closed False: somebody may still be writing it
    on_lost   (reason, under): anything at or below `under` ("": everywhere) may have changed. "new directory", "directory moved
              away", "odd name", "overflow", "watched anew", "poll", or "root": the root itself was moved, deleted or unmounted
    poll_s    time between two "poll", while events cannot be had

    Both are called from one thread of the watch's own and should only take note: while one runs, nothing is heard, and one that
    raises turns the watch to polling. Staged files are never told.
    """

    def __init__(
        self,
        root: Path,
        skip: Skip | None,
        on_touch: Callable[[str, bool], None],
        on_lost: Callable[[str, str], None],
        *,
        poll_s: float = 5.0,
    ) -> None:
        self._listener = Listener(str(root.absolute()), skip, on_touch, on_lost)
        self._poll_s = poll_s
        self._ending = threading.Event()
        self._started = threading.Event()
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch {root.name}", daemon=True)
        self._refused: RootLost | None = None
        self.mode: Literal["events", "polling"] = "events"
        self.problem = ""

    def start(self) -> None:
        """What happens after this has returned will be told. RootLost when there is nothing to watch."""
        self._thread.start()
        self._started.wait()
        if self._refused is not None:
            self._thread.join()
            raise self._refused

    def stop(self) -> None:
        """Nothing is told once this has returned."""
        with self._lock:
            self._ending.set()
            if self._source is not None:
                self._source.stop()
        if self._thread is not threading.current_thread() and self._thread.is_alive():
            self._thread.join()

    def renew(self) -> None:
        """Look anew at what to watch, once `skip` says otherwise than before. Ends in on_lost("watched anew", "")."""
        with self._lock:
            if self._source is not None:
                self._source.stop()

    def _run(self) -> None:
        polls = False
        while not self._ending.is_set():
            try:
                if polls:
                    self._poll()
                polls = True
                self._follow_events()
                polls = False
            except RootLost as exc:
                self._lose_root(exc)
            except OSError as exc:
                self._fall_back(_PROBLEMS.get(exc.errno or 0, f"no events: {reason_of(exc)}"))
            # A callback's: a watch that ended in silence would be worse than one that polls.
            except Exception as exc:
                _LOGGER.exception("watching %s failed", self._listener.root)
                self._fall_back(f"watching failed: {exc}")
                self._ending.wait(self._poll_s)

    def _follow_events(self) -> None:
        """Until stopped or renewed."""
        source = Source(self._listener)
        try:
            with self._lock:
                if self._ending.is_set():
                    return
                self._source = source
            source.register()
            if self._started.is_set():
                self._listener.lost("watched anew", "")
            self.mode, self.problem = "events", source.problem
            self._started.set()
            source.run()
        finally:
            with self._lock:
                self._source = None
            source.shut()

    def _fall_back(self, problem: str) -> None:
        self.mode, self.problem = "polling", problem
        self._started.set()

    def _poll(self) -> None:
        """For a while: somebody may raise the limit."""
        left_s = _RETRY_S
        while left_s > 0 and not self._ending.is_set():
            self._listener.lost("poll", "")
            self._ending.wait(self._poll_s)
            left_s -= self._poll_s

    def _lose_root(self, exc: RootLost) -> None:
        if self._started.is_set():
            self._listener.lost("root", "")
            self._ending.wait()
        else:
            self._refused = exc
            self._ending.set()
            self._started.set()
