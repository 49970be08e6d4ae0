"""How a mount's two ways are, for programs that know the words of the SDKs: one row for each, about this moment or one task."""

from collections.abc import Iterable
from typing import Any

from holdall.daemon.asked import Status, Task, Way
from holdall.engine.mount import Mount
from holdall.rules.reconcile import UPWARDS

_OF_STATE = {
    "created": Status.SCHEDULED,
    "pending": Status.SCHEDULED,
    "syncing": Status.RUNNING,
    "resuming": Status.RUNNING,
    "synced": Status.SUCCESS,
    "failed": Status.FAILED,
    "error": Status.FAILED,
    "paused": Status.SCHEDULED,
}
"""From the datasource's word for a mount's state."""

_ASIDE = frozenset({"this-disk-only", "single-writer", "special", "watch", "more"})
"""Codes of problems that keep nothing from getting through."""


def arriving(mount: Mount) -> int:
    """Paths that are on their way down."""
    return sum(step.verdict not in UPWARDS for step in mount.flow.busy.values())


def rows(shown: dict[str, Any], coming: int | None, tasks: list[Task]) -> list[dict[str, Any]]:
    """One for each way: of the newest task about it while that is under way, else of the mount as it is now.

    shown   the mount's document
    coming  paths on their way down; None where that is not known
    """
    return [_row(way, shown, coming, [one for one in tasks if way in one.ways]) for way in Way]


def of_task(task: Task) -> list[dict[str, Any]]:
    return [_shown(way, task, task.status, task.error) for way in task.ways]


def _row(way: Way, shown: dict[str, Any], coming: int | None, tasks: list[Task]) -> dict[str, Any]:
    newest = tasks[-1] if tasks else None
    if newest is not None and newest.finished_at is None:
        return _shown(way, newest, newest.status, newest.error)
    status, error = _now(way, shown, coming, asked=newest is not None)
    return _shown(way, newest, status, error)


def _now(way: Way, shown: dict[str, Any], coming: int | None, *, asked: bool) -> tuple[Status, str]:
    status = _OF_STATE[shown["status"]]
    troubles = [one for one in shown["problems"] if one["code"] not in _ASIDE]
    if way is Way.DOWNLOAD:
        if coming == 0 and status is Status.RUNNING:
            status = Status.SUCCESS  # what is under way goes up
        if status is Status.SUCCESS and not asked and not shown["policy"]["downloadPolicy"]["autoDownload"]:
            return Status.SCHEDULED, "by the policy, nothing comes down before it is asked for"
    elif shown["durable"] and status is Status.RUNNING:
        status = Status.SUCCESS
    elif not shown["durable"] and status is Status.SUCCESS:
        codes = {one["code"] for one in troubles}
        kept = Status.SCHEDULED if codes == {"by-policy"} else Status.FAILED
        status = kept if codes else Status.RUNNING  # it is about to look
    if status in {Status.SUCCESS, Status.RUNNING}:
        return status, ""
    if shown["status"] == "paused":
        return status, "the mount is paused"
    return status, "; ".join(_said(troubles[:1]))


def _said(troubles: Iterable[dict[str, Any]]) -> list[str]:
    return [f"{one['path']}: {one['message']}" if one["path"] else one["message"] for one in troubles]


def _shown(way: Way, task: Task | None, status: Status, error: str) -> dict[str, Any]:
    return {
        "task_id": task.id if task is not None else "",
        "task_type": way.value,
        "status": status.value,
        "error_message": error,
        "start_time": int(task.started_at) if task is not None else 0,
        "finish_time": int(task.finished_at) if task is not None and task.finished_at is not None else 0,
    }
