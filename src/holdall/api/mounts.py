"""/api/v1/mounts: list, get, make, and what is asked of one.

A context may have slashes in its name, so it is a whole path here; what is asked comes last. One that an earlier holdall
made may have a line break in it, and is to be ended all the same.
"""

import os
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.convertors import PathConvertor, register_url_convertor

from holdall.api import bodies
from holdall.api.patience import Gone, patiently
from holdall.api.supervised import Supervised
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

_ONE: Final = "/{context:context}"
_FIELDS: Final = frozenset({"sync", "ignore", "policy"})
"""Of a body and of a Spec: a mount that is there already keeps those that were not said."""


class _Context(PathConvertor):
    regex = "(?s:.*)"


register_url_convertor("context", _Context())
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
    return supervisor.mount(_spec(body), given=given, default_context=body.default_context)


@router.get(_ONE)
def get(context: str, supervisor: Supervised) -> dict[str, Any]:
    return supervisor.document(context)


@router.post(_ONE + "/release")
async def release(
    context: str, body: bodies.Leave, supervisor: Supervised, request: Request
) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        return supervisor.release(context, body.deadline_s, abandoned=gone)

    return await patiently(request, work)


@router.post(_ONE + "/unmount")
async def unmount(
    context: str, body: bodies.Forget, supervisor: Supervised, request: Request
) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        return supervisor.unmount(context, body.deadline_s, discard=body.discard, abandoned=gone)

    return await patiently(request, work)


@router.post(_ONE + "/flush")
async def flush(context: str, body: bodies.Wait, supervisor: Supervised, request: Request) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        path = _inside(supervisor, context, body.path)
        return supervisor.flush(context, path=path, timeout_s=body.timeout_s, abandoned=gone)

    return await patiently(request, work)


@router.post(_ONE + "/wait")
async def wait(context: str, body: bodies.Wait, supervisor: Supervised, request: Request) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        path = _inside(supervisor, context, body.path)
        return supervisor.wait(context, path=path, timeout_s=body.timeout_s, abandoned=gone)

    return await patiently(request, work)


@router.post(_ONE + "/sync")
async def sync(context: str, body: bodies.Sync, supervisor: Supervised, request: Request) -> dict[str, Any]:
    def work(gone: Gone) -> dict[str, Any]:
        return supervisor.sync(context, force=body.force, timeout_s=body.timeout_s, abandoned=gone)

    return await patiently(request, work)


@router.post(_ONE + "/pause")
def pause(context: str, supervisor: Supervised) -> dict[str, Any]:
    supervisor.pause(context)
    return supervisor.document(context)


@router.post(_ONE + "/resume")
def resume(context: str, supervisor: Supervised) -> dict[str, Any]:
    supervisor.resume(context)
    return supervisor.document(context)


@router.post(_ONE + "/approve")
def approve(context: str, supervisor: Supervised) -> dict[str, Any]:
    supervisor.approve(context)
    return supervisor.document(context)


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
