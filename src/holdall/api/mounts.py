"""/api/v1/mounts: list, get, make, and what is asked of one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request

from holdall.api import bodies
from holdall.api.address import ONE
from holdall.api.patience import Gone, patiently
from holdall.api.stock import Stock, Stocked
from holdall.api.supervised import Supervised
from holdall.daemon.asked import Way
from holdall.daemon.context_name import name_fault
from holdall.daemon.inside import inside
from holdall.daemon.opening import same_store
from holdall.daemon.spec import Spec
from holdall.daemon.supervisor import Supervisor
from holdall.errors import ConfigError
from holdall.policies.effective import Effective
from holdall.policies.sync_policy import SyncPolicy
from holdall.policies.wire import read
from holdall.rules.directions import SyncType

_FIELDS: Final = frozenset({"sync", "ignore", "policy"})
"""Of a body and of a Spec: a mount that is there already keeps those that were not said."""


router = APIRouter(prefix="/api/v1/mounts")


@router.get("")
def status(supervisor: Supervised) -> dict[str, Any]:
    return supervisor.status()


@router.post("", status_code=201)
def create(body: bodies.NewMount, supervisor: Supervised) -> dict[str, Any]:
    if body.store is not None and not same_store(body.store, supervisor.shop.url):
        raise ConfigError(
            f"the running daemon's store is {supervisor.shop.url}, not {body.store}",
            hint=f"leave --store out, or stop that daemon first (kill {os.getpid()})",
        )
    given = _FIELDS & body.model_fields_set
    return supervisor.mount(
        _spec(body), given=given, default_context=body.default_context, make=body.make_directory
    )


@router.get(ONE)
def get(context: str, supervisor: Supervised) -> dict[str, Any]:
    return supervisor.document(context)


@router.post(ONE + "/release")
async def release(
    context: str, body: bodies.Leave, supervisor: Supervised, stock: Stocked, request: Request
) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        return supervisor.release(context, body.deadline_s, abandoned=gone)

    return await _ended(request, stock, context, work)


@router.post(ONE + "/unmount")
async def unmount(
    context: str, body: bodies.Forget, supervisor: Supervised, stock: Stocked, request: Request
) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        return supervisor.unmount(context, body.deadline_s, discard=body.discard, abandoned=gone)

    return await _ended(request, stock, context, work)


@router.post(ONE + "/flush")
async def flush(
    context: str, body: bodies.Wait, supervisor: Supervised, stock: Stocked, request: Request
) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        path = _inside(supervisor, context, body.path)
        return supervisor.flush(context, path=path, timeout_s=body.timeout_s, abandoned=gone)

    return await _asked(request, supervisor, stock, context, (Way.UPLOAD,), body.task_id, work)


@router.post(ONE + "/wait")
async def wait(
    context: str, body: bodies.Wait, supervisor: Supervised, stock: Stocked, request: Request
) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        path = _inside(supervisor, context, body.path)
        return supervisor.wait(context, path=path, timeout_s=body.timeout_s, abandoned=gone)

    return await _asked(request, supervisor, stock, context, (Way.DOWNLOAD,), body.task_id, work)


@router.post(ONE + "/sync")
async def sync(
    context: str, body: bodies.Sync, supervisor: Supervised, stock: Stocked, request: Request
) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        return supervisor.sync(context, force=body.force, timeout_s=body.timeout_s, abandoned=gone)

    return await _asked(request, supervisor, stock, context, (Way.UPLOAD, Way.DOWNLOAD), body.task_id, work)


@router.post(ONE + "/pause")
def pause(context: str, supervisor: Supervised) -> dict[str, Any]:
    supervisor.pause(context)
    return supervisor.document(context)


@router.post(ONE + "/resume")
def resume(context: str, supervisor: Supervised) -> dict[str, Any]:
    supervisor.resume(context)
    return supervisor.document(context)


@router.post(ONE + "/approve")
def approve(context: str, supervisor: Supervised) -> dict[str, Any]:
    supervisor.approve(context)
    return supervisor.document(context)


async def _ended(
    request: Request, stock: Stock, context: str, work: Callable[[Gone], dict[str, Any]]
) -> dict[str, Any]:
    receipt = await patiently(request, work)
    stock.asked.forget(context)
    return receipt


async def _asked(
    request: Request,
    supervisor: Supervisor,
    stock: Stock,
    context: str,
    ways: tuple[Way, ...],
    task_id: str | None,
    work: Callable[[Gone], dict[str, Any]],
) -> dict[str, Any]:
    """As a task of its own, about all that came into the context until now, by whatever way."""
    supervisor.root(context)  # of what is not mounted, nothing is kept

    def collected(gone: Gone) -> dict[str, Any]:
        stock.files.collect(context)
        return work(gone)

    return await patiently(
        request, lambda gone: stock.asked.run(context, ways, task_id, lambda: collected(gone))
    )


def _inside(supervisor: Supervisor, context: str, path: str | None) -> str | None:
    return None if path is None else inside(supervisor.root(context), path)


def _spec(body: bodies.NewMount) -> Spec:
    if fault := name_fault(body.context):
        raise ConfigError(f"the context's name {fault}", hint="--context gives it another one")
    path = Path(body.path)
    if not path.is_absolute():
        raise ConfigError(f"path is {body.path!r}, it must be an absolute path")
    policy = Effective() if body.policy is None else read(SyncPolicy, body.policy, ("policy",)).effective()
    return Spec(body.context, path, SyncType(body.sync), policy, tuple(body.ignore))
