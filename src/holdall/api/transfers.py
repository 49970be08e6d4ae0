"""/api/v1/transfers: how both ways of a mount are, and what became of a task."""

from typing import Any

from fastapi import APIRouter

from holdall.api.stock import Stocked
from holdall.api.supervised import Supervised
from holdall.daemon import progress
from holdall.errors import NotThere

router = APIRouter(prefix="/api/v1/transfers")


@router.get("")
def transfers(
    context: str, supervisor: Supervised, stock: Stocked, task_id: str | None = None
) -> dict[str, Any]:
    """A row for each way, about the mount as it is now; with `task_id` about that task and nothing else."""
    tasks = stock.asked.of(context)
    if task_id is None:
        shown, coming = supervisor.progress(context)
        return {"context": context, "path": shown["path"], "rows": progress.rows(shown, coming, tasks)}
    found = next((one for one in tasks if one.id == task_id), None)
    if found is None:
        raise NotThere(f"there is no task {task_id} of {context}")
    return {"context": context, "path": str(supervisor.root(context)), "rows": progress.of_task(found)}
