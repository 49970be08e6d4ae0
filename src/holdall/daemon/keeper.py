"""Keeps a mount's lease while it is mounted, where its store takes one writer at a time."""

import logging
import threading
from typing import Final

from holdall.errors import StoreError
from holdall.log.lease import RENEW_S, Lease

_LOGGER: Final = logging.getLogger("holdall")
_AGAIN_S: Final = 5.0
_PATIENCE_S: Final = 3.0


class Keeper:
    """A thread that renews the lease, from the moment on that one is needed. The engine takes it, before it reads the head."""

    def __init__(self, lease: Lease, context: str) -> None:
        self._lease = lease
        self._context = context
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._gives_back = False

    def look(self) -> None:
        """On the mount's thread, after every event."""
        if self._thread is None and self._lease.needed:
            self._thread = threading.Thread(target=self._run, name=f"lease-{self._context}", daemon=True)
            self._thread.start()

    def stop(self, *, give_back: bool) -> None:
        """give_back  nothing of this mount can write any more. A store that does not answer is not waited for long."""
        self._gives_back = give_back
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        wait_s = RENEW_S
        while not self._ending.wait(wait_s):
            try:
                self._lease.renew()
            except StoreError as exc:
                if wait_s != _AGAIN_S:
                    _LOGGER.warning("%s: the lease could not be renewed: %s", self._context, exc)
                wait_s = _AGAIN_S
            else:
                wait_s = RENEW_S
        if self._gives_back:
            try:
                self._lease.give_back()
            except StoreError as exc:
                _LOGGER.warning(
                    "%s: the lease could not be given back, it ends by itself: %s", self._context, exc
                )
