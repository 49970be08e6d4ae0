"""What was asked of the mounts through the HTTP face, by its own id: nobody is answered for what another one asked."""

import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import Any, Final

from holdall.daemon import outcome
from holdall.errors import HoldallError, InUse

_KEPT: Final = 100
"""Of each context."""


class Way(StrEnum):
    UPLOAD = "upload"
    DOWNLOAD = "download"


class Status(StrEnum):
    """Of one way, for programs. Success and Failed are where it ends."""

    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    SUCCESS = "Success"
    FAILED = "Failed"
    CANCELED = "Canceled"


@dataclass(frozen=True, slots=True)
class Task:
    """Times are unix seconds; `finished_at` is None while it is under way."""

    id: str
    context: str
    ways: tuple[Way, ...]
    started_at: float
    finished_at: float | None = None
    status: Status = Status.RUNNING
    error: str = ""


class Asked:
    """Of one daemon, since it began."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tasks: dict[str, deque[Task]] = {}

    def run(
        self, context: str, ways: tuple[Way, ...], task_id: str | None, work: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """The receipt. InUse for the id of another task."""
        task = self._begun(Task(task_id or secrets.token_hex(16), context, ways, time.time()))
        try:
            receipt = work()
        except HoldallError as exc:
            canceled = exc.code == "abandoned"
            self._end(task, Status.CANCELED if canceled else Status.FAILED, exc.message)
            raise
        except BaseException:
            self._end(task, Status.FAILED, "internal error")
            raise
        failed = outcome.exit_code(receipt) != outcome.DONE
        self._end(
            task, Status.FAILED if failed else Status.SUCCESS, outcome.reason(receipt) if failed else ""
        )
        return receipt

    def forget(self, context: str) -> None:
        """Its mount has ended: the next one is asked other things."""
        with self._lock:
            self._tasks.pop(context, None)

    def of(self, context: str) -> list[Task]:
        """The newest last."""
        with self._lock:
            return list(self._tasks.get(context, ()))

    def _begun(self, task: Task) -> Task:
        with self._lock:
            known = self._tasks.setdefault(task.context, deque(maxlen=_KEPT))
            if any(one.id == task.id for one in known):
                raise InUse(f"there is a task {task.id} already", hint="give this one an id of its own")
            known.append(task)
        return task

    def _end(self, task: Task, status: Status, error: str) -> None:
        done = replace(task, finished_at=time.time(), status=status, error=error)
        with self._lock:
            if task.context in self._tasks:
                known = self._tasks[task.context]
                self._tasks[task.context] = deque(
                    (done if one.id == task.id else one for one in known), maxlen=_KEPT
                )
