"""What `holdall status --json` shows of each mount."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from holdall.daemon.sizes import counted, files
from holdall.daemon.spec import Spec
from holdall.engine.findings import Left
from holdall.engine.mount import Mount
from holdall.engine.view import State, is_durable, pending, state_of, under_way, withheld
from holdall.errors import BusyElsewhere, HoldallError, Locked, RootLost, StoreError
from holdall.keys import path_of
from holdall.log import layout
from holdall.policies.sync_policy import SyncPolicy

STATUS: Final = {
    State.NEW: "created",
    State.RUNNING: "syncing",
    State.RESUMING: "resuming",
    State.IDLE: "synced",
    State.RETRY_WAIT: "failed",
    State.BROKEN: "error",
    State.PAUSED: "paused",
}
"""The datasource's word for each internal state."""

_NAMED_MAX: Final = 100
_PATIENCE_S: Final = 10.0
_AGAIN: Final = "it is tried again"


class View(NamedTuple):
    """One moment of a mount, taken on its own thread. `moving_bytes`: of the pending ones, those that are going up."""

    state: State
    durable: bool
    pending_files: int
    pending_bytes: int
    moving_bytes: int
    commit: int
    problems: tuple[HoldallError, ...]
    left: tuple[tuple[str, Left], ...]
    refused: tuple[tuple[str, Left], ...]
    special: tuple[tuple[str, str], ...]
    damaged: tuple[str, ...]
    held: int
    withheld: int
    unmatched: tuple[tuple[int, str], ...]
    paused: bool
    only_here: int
    doubt: str


def view(mount: Mount) -> View:
    count, size = pending(mount)
    return View(
        state=state_of(mount),
        durable=is_durable(mount),
        pending_files=count,
        pending_bytes=size,
        moving_bytes=under_way(mount),
        commit=mount.commit,
        problems=tuple(mount.problems.values()),
        left=tuple(mount.findings.named().items()),
        refused=tuple(mount.findings.refused.items()),
        special=tuple((path, what) for path, (_, what) in mount.findings.special.items()),
        damaged=tuple(sorted(mount.damaged)),
        held=mount.held,
        withheld=withheld(mount),
        unmatched=mount.findings.unmatched,
        paused=mount.paused,
        only_here=mount.expiring.only_here,
        doubt=mount.expiring.doubt,
    )


def document(
    spec: Spec,
    seen: View,
    *,
    watch: str,
    bytes_s: float,
    sent_bytes: int,
    durable_at: float | None,
    embedded: str | None,
    single_writer: bool,
    silent_s: float,
) -> dict[str, Any]:
    """What a mount shows.

    watch          what is wrong with the watch; "" when nothing is
    bytes_s        how fast it goes up at present
    sent_bytes     of files that are going up, what was sent of them so far
    embedded       the directory of a store that is on this machine
    single_writer  the store ignores conditions, so that one machine at a time may write
    silent_s       for how long the store has not answered what it is asked; 0.0 while it is asked nothing
    """
    silent = silent_s >= _PATIENCE_S
    moves = seen.state is State.RUNNING and bytes_s > 0 and not silent
    sent_bytes = min(sent_bytes, seen.moving_bytes)
    eta_s = round((seen.moving_bytes - sent_bytes) / bytes_s, 1) if moves and seen.moving_bytes else None
    problems = [*_problems(spec.context, seen), *_watch(watch)]
    if silent and not any(isinstance(one, StoreError) for one in seen.problems):
        problems.insert(
            0,
            _row(
                "silent", f"the store has not answered for {silent_s:.0f} s", None, "`holdall doctor` asks it"
            ),
        )
    problems += _lifecycle(spec.context, seen)
    if single_writer:
        problems.append(
            _row(
                "single-writer",
                "one machine at a time: the store ignores conditions on PUT, so a lease of a minute is all that keeps two apart",
                None,
                "a second machine gets exit 5; AWS S3, SeaweedFS and file:// stores take many",
            )
        )
    if embedded is not None:
        problems.append(
            _row(
                "this-disk-only",
                "durable on this disk only",
                embedded,
                '[store] url = "s3://BUCKET/PREFIX" keeps it elsewhere',
            )
        )
    return {
        **_head(spec),
        "status": "error" if seen.held and not seen.paused else STATUS[seen.state],
        "durable": seen.durable,
        "pending_files": seen.pending_files,
        "pending_bytes": seen.pending_bytes,
        "sent_bytes": sent_bytes,
        "last_durable_at": None if durable_at is None else _iso(durable_at),
        "eta_s": eta_s,
        "commit": seen.commit if seen.commit >= 0 else None,
        "problems": problems,
    }


def parked(spec: Spec, error: HoldallError) -> dict[str, Any]:
    """Of a mount that could not be taken up: nothing is known of what is pending, so it is not durable."""
    return {
        **_head(spec),
        "status": "error",
        "durable": False,
        "pending_files": 0,
        "pending_bytes": 0,
        "sent_bytes": 0,
        "last_durable_at": None,
        "eta_s": None,
        "commit": None,
        "problems": [_of(spec.context, error)],
    }


def one_line(mount: dict[str, Any]) -> str:
    """`my-project: synced, durable`, for a log or systemd's STATUS=."""
    if mount["durable"]:
        found = "durable"
    elif mount["pending_files"]:
        found = f"{files(mount['pending_files'])} not in the store"
    else:
        found = "not known to be durable"
    return f"{mount['context']}: {mount['status']}, {found}"


def _head(spec: Spec) -> dict[str, Any]:
    return {
        "context": spec.context,
        "path": str(spec.path),
        "sync": spec.sync.value,
        "policy": SyncPolicy.of(spec.policy).to_dict(),
    }


def _problems(context: str, seen: View) -> list[dict[str, str | None]]:
    rows = [_of(context, error) for error in seen.problems]
    if seen.held:
        rows.append(
            _row(
                "guard",
                f"{counted(seen.held, 'deletion')} held back: this looks like an accident",
                None,
                f"`holdall approve {context}` if they are meant, else `holdall restore .` in the directory",
            )
        )
    if seen.withheld:
        rows.append(
            _row(
                "by-policy",
                f"{counted(seen.withheld, 'change')} kept here by the policy",
                None,
                f"`holdall flush {context}` sends all of it",
            )
        )
    rows += [
        _row(
            "white-list",
            f"the white list's entry {said!r} matches nothing, here or in the store",
            None,
            f"bwList.whiteLists[{number}].path in the mount's policy",
        )
        for number, said in seen.unmatched
    ]
    left = sorted(one for one in seen.left if one[0] not in seen.damaged)
    named = [_row("left", one.reason, path, one.fix or None) for path, one in left]
    named += [
        _row(
            "damaged",
            "its bytes are not in the store",
            path,
            "a machine that has them puts them back; `holdall verify`",
        )
        for path in seen.damaged
    ]
    named += [_row("extract", one.reason, path, one.fix) for path, one in seen.refused]
    named += [
        _row("special", f"{what} takes no part", path, "an ignore line makes this quiet")
        for path, what in sorted(seen.special)
    ]
    rows += named[:_NAMED_MAX]
    if len(named) > _NAMED_MAX:
        rows.append(_row("more", f"{len(named) - _NAMED_MAX} more paths", None, None))
    return rows


def _lifecycle(context: str, seen: View) -> list[dict[str, str | None]]:
    rows = []
    if seen.doubt:
        rows.append(
            _row(
                "clock",
                seen.doubt,
                None,
                "set the clock that is wrong: `holdall doctor` shows how far they are apart",
            )
        )
    if seen.only_here:
        what = f"{files(seen.only_here)} past the context's lifecycle: only here, and in the store no more"
        rows.append(
            _row(
                "expired", what, None, f"`holdall lifecycle --context {context}`; an edit sends a file again"
            )
        )
    return rows


def _watch(problem: str) -> list[dict[str, str | None]]:
    return (
        [_row("watch", f"polling: {problem}", None, "changes are found all the same, later")]
        if problem
        else []
    )


def _of(context: str, error: HoldallError) -> dict[str, str | None]:
    return _row(error.code, error.message, _path(context, error), _fix(context, error))


def _path(context: str, error: HoldallError) -> str | None:
    """Of the file that the error is about: a store knows it by its key in the bucket, prefixes and all."""
    if error.path is None or not isinstance(error, StoreError):
        return error.path
    _, found, key = f"/{error.path}".partition(f"/{layout.prefix_of(context)}{layout.FILES}")
    return (path_of(key) if found else None) or error.path


def _fix(context: str, error: HoldallError) -> str:
    hint = f"{error.hint}; " if error.hint and error.hint != _AGAIN else ""
    if isinstance(error, RootLost):
        return error.hint or f"put the directory back, or `holdall unmount {context}`"
    if isinstance(error, BusyElsewhere):
        return f"{hint}it goes on by itself then"
    if isinstance(error, Locked):
        return f"{hint}then `holdall resume {context}`"
    if isinstance(error, StoreError) and error.permanent:
        return f"{hint}then `holdall resume {context}`"
    if isinstance(error, StoreError):
        return f"{hint}{_AGAIN} by itself"
    return f"{hint}`holdall resume {context}` tries again"


def _row(code: str, message: str, path: str | None, fix: str | None) -> dict[str, str | None]:
    return {"code": code, "message": message, "path": path, "fix": fix}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
