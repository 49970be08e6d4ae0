"""How a mount is doing, for those who show it."""

from enum import StrEnum

from holdall.engine.mount import Mount
from holdall.errors import BadFormat


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
    quiet = mount.flow.idle and mount.lookout.idle and not mount.barriers and not _goes_on(mount)
    return State.IDLE if quiet else State.RUNNING


def _goes_on(mount: Mount) -> bool:
    """Whether something waits that will go up by itself."""
    left, held = mount.findings.left, mount.removals.held()
    unsent = mount.findings.unsent.items()
    return any(not one.withheld and path not in left and path not in held for path, one in unsent)


def pending(mount: Mount) -> tuple[int, int]:
    """Files and bytes that are here and not known to be in the store."""
    findings = mount.findings
    # What could not be looked at may have bytes that nobody else has.
    unseen = sum(1 for path in findings.left if path not in findings.unsent and path not in mount.flow.busy)
    files = [one for one in findings.unsent.values() if one.is_file]
    return unseen + len(files), sum(one.bytes for one in files)


def under_way(mount: Mount) -> int:
    """Bytes of `pending` that are going up."""
    return sum(one.bytes for path, one in mount.findings.unsent.items() if path in mount.flow.busy)


def withheld(mount: Mount) -> int:
    """Changes that the policy keeps here, and that a flush would send."""
    return sum(1 for one in mount.findings.unsent.values() if one.withheld)


def is_durable(mount: Mount) -> bool:
    """Nothing that this machine knows of is missing from the store, no deletion either, and there is nowhere to look."""
    findings, busy = mount.findings, mount.flow.busy
    known = mount.attached and mount.lookout.idle and not mount.lookout.passed_by(busy)
    known = (
        known and BadFormat.code not in mount.problems
    )  # nobody else may be able to read what was committed
    return known and not mount.damaged and not findings.unsent and all(path in busy for path in findings.left)
