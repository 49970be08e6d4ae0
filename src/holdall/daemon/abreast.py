"""The same for each mount, on a thread each, so that one directory that hangs keeps nobody waiting."""

import threading
from collections.abc import Callable

from holdall.daemon.mounted import Mounted
from holdall.errors import HoldallError


def each(mounts: list[Mounted], act: Callable[[Mounted], None], patience_s: float) -> None:
    """Returns when all are through, or after that time. An error parks its mount."""
    done = threading.Semaphore(0)

    def run(mounted: Mounted) -> None:
        try:
            act(mounted)
        except HoldallError as exc:
            mounted.park(exc)
        finally:
            done.release()

    for mounted in mounts:
        threading.Thread(
            target=run, args=(mounted,), name=f"with {mounted.spec.context}", daemon=True
        ).start()
    for _ in mounts:
        if not done.acquire(timeout=patience_s):
            return
