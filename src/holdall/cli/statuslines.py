"""Mounts as people read them: one line each, then each problem with the command that fixes it."""

from datetime import datetime
from typing import Any

from holdall.cli.show import safe
from holdall.cli.tables import table
from holdall.daemon.sizes import files, human


def lines(mounts: list[dict[str, Any]]) -> list[str]:
    if not mounts:
        return ["nothing is mounted; `holdall up PATH` mounts a directory"]
    rows = [
        (
            safe(mount["context"]),
            _where(mount),
            mount["status"],
            _durable(mount),
            f"commit {mount['commit']}" if mount["commit"] is not None else "no commit yet",
            _last(mount),
        )
        for mount in mounts
    ]
    found = []
    for mount, row in zip(mounts, table(rows), strict=True):
        found.append(row)
        found += [line for problem in mount["problems"] for line in _problem(problem)]
    return found


def _where(mount: dict[str, Any]) -> str:
    mapping = mount["policy"].get("mappingPolicy", {}).get("path")
    return safe(f"{mount['path']} for {mapping}" if mapping else mount["path"])


def _durable(mount: dict[str, Any]) -> str:
    if mount["durable"]:
        return "durable"
    found = []
    if mount["pending_files"]:
        found.append(f"{files(mount['pending_files'])} {human(mount['pending_bytes'])} not in the store")
    if any(problem["code"] == "guard" for problem in mount["problems"]):
        found.append("deletions held back")
    if mount["eta_s"] is not None:
        found.append(f"{mount['eta_s']:.0f} s to go")
    return ", ".join(found) or "not known to be durable"


def _last(mount: dict[str, Any]) -> str:
    at = mount["last_durable_at"]
    if at is None:
        return "" if mount["durable"] else "not durable since the start"
    local = datetime.fromisoformat(at).astimezone()
    now = datetime.now().astimezone()
    return (
        f"last durable {local:%H:%M:%S}"
        if local.date() == now.date()
        else f"last durable {local:%Y-%m-%d %H:%M}"
    )


def _problem(problem: dict[str, str | None]) -> list[str]:
    where = f"{problem['path']}: " if problem["path"] else ""
    found = [f"  {safe(where)}{safe(problem['message'] or '')}"]
    if problem["fix"]:
        found.append(f"    {safe(problem['fix'])}")
    return found
