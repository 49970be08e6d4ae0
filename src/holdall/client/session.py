"""A session: contexts at directories of the daemon's machine, for as long as a program works with them.

The mounts are the daemon's. They go on when the program ends without `delete`, and a context that was mounted before stays
mounted after it.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from holdall.api.client import Client as Wire, of_mount
from holdall.client.calls import CONTEXTS, MOUNTS, TRANSFERS, Call, R, answered, failed, said
from holdall.client.results import (
    ContextBinding,
    ContextBindingsResult,
    ContextBindResult,
    ContextInfoResult,
    ContextStatusData,
    ContextSyncResult,
    DeleteResult,
)
from holdall.daemon import outcome
from holdall.daemon.moments import iso
from holdall.daemon.sizes import counted
from holdall.errors import ConfigError, HoldallError, NoMount
from holdall.policies.context_sync import ContextSync
from holdall.policies.sync_policy import SyncPolicy

Sync = ContextSync | Mapping[str, Any] | str
"""Also as it travels: a JSON object, or its text."""

TIMEOUT_S: Final = 300.0
_AT_ONCE: Final = 16
_VERBS: Final[dict[str | None, str]] = {None: "sync", "upload": "flush", "download": "wait"}


@dataclass(frozen=True, slots=True)
class _Bound:
    """ours       mounted by this session, and so ended by it
    downloads  on its own, by its policy
    """

    context_id: str
    path: str
    bound_at: float
    ours: bool
    downloads: bool


class ContextManager:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._bound: dict[str, _Bound] = {}

    def bind(
        self, *context_syncs: Sync, wait_for_completion: bool = True, timeout_s: float | None = TIMEOUT_S
    ) -> ContextBindResult:
        """Have these at their directories, which are made where they are not there. All of them, or those before stay alone.

        wait_for_completion  until what the store has is there, where the policy downloads on its own
        """
        if not context_syncs:
            return failed(ContextBindResult, "no context was named")

        def ask(call: Call) -> ContextBindResult:
            wanted = [_read(one) for one in context_syncs]
            known = {one["context"] for one in call.get(MOUNTS)["mounts"]}
            made: list[_Bound] = []
            try:
                for one in wanted:
                    made.append(self._mounted(call, one, known))  # noqa: PERF401 (what was made is ended where the next is refused)
            except BaseException:
                self._end(call, made)
                raise
            self._bound |= {one.context_id: one for one in made}
            waited = [one for one in made if one.downloads] if wait_for_completion else []
            return _summed(
                ContextBindResult,
                waited,
                lambda one: _asked(call, one, "wait", {"timeout_s": timeout_s}),
            )

        return answered(self._wire, ContextBindResult, ask)

    @property
    def is_bound(self) -> bool:
        """Whether there is anything in it."""
        return bool(self._bound)

    def list_bindings(self) -> ContextBindingsResult:
        """Those of this session that are mounted still, as they are now."""

        def ask(call: Call) -> ContextBindingsResult:
            mounts = {one["context"]: one for one in call.get(MOUNTS)["mounts"]}
            found = [self._binding(call, one) for one in self._bound.values() if one.context_id in mounts]
            return ContextBindingsResult(success=True, bindings=found)

        return answered(self._wire, ContextBindingsResult, ask)

    def sync(
        self,
        context_id: str | None = None,
        path: str | None = None,
        mode: str | None = None,
        *,
        timeout_s: float | None = TIMEOUT_S,
    ) -> ContextSyncResult:
        """Bring all that is here into the store and all that is there here, and wait until that is so.

        context_id, path  one of the session's contexts, by either or both; None: all of them
        mode              upload or download: that way alone
        timeout_s         None: as long as it takes

        The answer is about this sync and no other: a failure says what was left, and why.
        """
        if mode not in _VERBS:
            return failed(ContextSyncResult, f"mode is {mode!r}, it must be 'upload' or 'download'")
        task_id = secrets.token_hex(16)
        body = {"timeout_s": timeout_s, "task_id": task_id}

        def ask(call: Call) -> ContextSyncResult:
            chosen = self._chosen(context_id, path)
            found = _summed(ContextSyncResult, chosen, lambda one: _asked(call, one, _VERBS[mode], body))
            found.task_id = task_id
            return found

        return answered(self._wire, ContextSyncResult, ask)

    def info(
        self,
        context_id: str | None = None,
        path: str | None = None,
        task_type: str | None = None,
        *,
        task_id: str | None = None,
    ) -> ContextInfoResult:
        """How each way of each context is now; with `task_id`, what became of that sync."""

        def ask(call: Call) -> ContextInfoResult:
            rows: list[ContextStatusData] = []
            for one in self._chosen(context_id, path):
                found = call.get(TRANSFERS, context=one.context_id, task_id=task_id)
                rows += [ContextStatusData(one.context_id, found["path"], **row) for row in found["rows"]]
            wanted = [row for row in rows if task_type in {None, row.task_type}]
            return ContextInfoResult(success=True, context_status_data=wanted)

        return answered(self._wire, ContextInfoResult, ask)

    def release(self, timeout_s: float | None) -> DeleteResult:
        """End what this session mounted. The directories stay, with all that is in them.

        `error_message` also tells what stays in them alone by the policy, which is no failure.
        """

        def ask(call: Call) -> DeleteResult:
            ours = [one for one in self._bound.values() if one.ours]
            self._bound = {}
            return _summed(DeleteResult, ours, lambda one: _unmounted(call, one, timeout_s))

        return answered(self._wire, DeleteResult, ask)

    def _mounted(self, call: Call, sync: ContextSync, known: set[str]) -> _Bound:
        wanted = sync.wanted()
        body: dict[str, Any] = {"context": wanted.context_id, "path": wanted.path, "make_directory": True}
        if sync.policy is not None:
            body["policy"] = sync.policy.to_dict()
        found = call.post(MOUNTS, body)
        downloads = SyncPolicy.from_dict(found["policy"]).effective().auto_download
        before = self._bound.get(wanted.context_id)
        ours = wanted.context_id not in known or (before is not None and before.ours)
        return _Bound(wanted.context_id, found["path"], time.time(), ours, downloads)

    def _end(self, call: Call, made: Iterable[_Bound]) -> None:
        """What was mounted for a session that comes to nothing. It holds what was in its directory, and what came down."""
        for one in made:
            if one.ours and one.context_id not in self._bound:
                with suppress(HoldallError):  # what went wrong before is what is told
                    _unmounted(call, one, None)

    def _chosen(self, context_id: str | None, path: str | None) -> list[_Bound]:
        """ConfigError for what is none of this session's."""
        found = [
            one
            for one in self._bound.values()
            if context_id in {None, "", one.context_id} and (not path or PurePath(path) == PurePath(one.path))
        ]
        if not found and (context_id or path):
            named = " at ".join(filter(None, (context_id, path)))
            known = ", ".join(f"{one.context_id} at {one.path}" for one in self._bound.values())
            raise ConfigError(
                f"{named} is not bound to this session", hint=f"bound are: {known}" if known else None
            )
        return found

    def _binding(self, call: Call, one: _Bound) -> ContextBinding:
        shown = call.get(of_mount(one.context_id))
        cards = call.get(CONTEXTS, id=one.context_id)["contexts"]
        return ContextBinding(
            context_id=one.context_id,
            context_name=cards[0]["name"] if cards else one.context_id,
            path=shown["path"],
            policy=json.dumps(shown["policy"]),
            bind_time=iso(one.bound_at),
        )


class Session:
    """`context`: what it has mounted."""

    def __init__(self, wire: Wire) -> None:
        self.session_id = secrets.token_hex(8)
        self.context = ContextManager(wire)

    def delete(self, sync_context: bool = False, *, timeout_s: float | None = TIMEOUT_S) -> DeleteResult:
        """End it: what it mounted is released, by the policy of each. Every directory stays, with all that is in it.

        sync_context  first bring all to the store, whatever the policy keeps here; where that fails, nothing is released, and
                      the session goes on
        """
        if sync_context:
            done = self.context.sync(mode="upload", timeout_s=timeout_s)
            if not done.success:
                message = f"the session goes on, for not all is in the store: {done.error_message}"
                return DeleteResult(done.request_id, error_message=message)
        return self.context.release(timeout_s)


def _read(sync: Sync) -> ContextSync:
    return sync if isinstance(sync, ContextSync) else ContextSync.from_dict(sync)


class _Answer(NamedTuple):
    """`said`: why it was not done, or what there is to say of it all the same."""

    done: bool
    said: str = ""


def _asked(call: Call, one: _Bound, verb: str, body: dict[str, Any]) -> _Answer:
    receipt = call.post(of_mount(one.context_id, verb), body)
    done = outcome.exit_code(receipt) == outcome.DONE
    return _Answer(done, "" if done else outcome.reason(receipt))


def _unmounted(call: Call, one: _Bound, deadline_s: float | None) -> _Answer:
    try:
        receipt = call.post(of_mount(one.context_id, "unmount"), {"deadline_s": deadline_s})
    except NoMount:
        return _Answer(done=True)  # somebody was first
    if outcome.exit_code(receipt) != outcome.DONE:
        why = outcome.reason(receipt)
        return _Answer(
            False, f"released, and not all of it is in the store: {why}; it is in {one.path} still"
        )
    stay = len(receipt["left_by_policy"])
    return _Answer(
        True, f"by the policy, {counted(stay, 'change')} in {one.path} went nowhere" if stay else ""
    )


def _summed(kind: type[R], bound: list[_Bound], ask: Callable[[_Bound], _Answer]) -> R:
    """Of all at once; each that failed is named, and keeps none of the others from its end."""

    def safely(one: _Bound) -> _Answer:
        try:
            return ask(one)
        except HoldallError as exc:
            return _Answer(False, said(exc))

    if not bound:
        return kind(success=True)
    with ThreadPoolExecutor(min(len(bound), _AT_ONCE)) as pool:
        answers = list(pool.map(safely, bound))
    texts = [
        f"{one.context_id}: {found.said}" for one, found in zip(bound, answers, strict=True) if found.said
    ]
    return kind(success=all(found.done for found in answers), error_message="; ".join(texts))
