"""How a mount is doing, for those who show it."""

from enum import StrEnum
from typing import Final

from holdall.engine.mount import Mount
from holdall.rules.reconcile import Verdict

_UP: Final = frozenset({Verdict.PUSH, Verdict.PUSH_DELETE, Verdict.CONFLICT, Verdict.ASIDE})


class State(StrEnum):
    """The one internal state; every vocabulary of the faces is a projection of it."""

    NEW = "new"
    RUNNING = "running"
    IDLE = "idle"
    RETRY_WAIT = "retry-wait"
    BROKEN = "broken"
    PAUSED = "paused"
    RESUMING = "resuming"


def state_of(mount: Mount) -> State:
    if mount.paused:
        return State.PAUSED
    if mount.health.blocked is not None:
        return State.BROKEN
    if mount.problems:
        return State.RETRY_WAIT
    if mount.resuming:
        return State.RESUMING
    if not mount.attached:
        return State.NEW
    quiet = mount.flow.idle and mount.lookout.idle and not mount.barriers
    return State.IDLE if quiet else State.RUNNING


def pending(mount: Mount) -> tuple[int, int]:
    """Files and bytes that are here and not known to be in the store."""
    steps = (*mount.flow.busy.values(), *mount.removals.waiting.values())
    up = [step for step in steps if step.verdict in _UP]
    return len(up), sum(step.bytes for step in up)


def is_durable(mount: Mount) -> bool:
    """Nothing that this machine knows of is missing from the store."""
    return mount.attached and mount.lookout.idle and pending(mount)[0] == 0
