"""One mount, as it was asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from holdall.policies.effective import Effective
from holdall.rules.directions import SyncType


@dataclass(frozen=True, slots=True)
class Spec:
    """What to attach, and how. `path` is absolute."""

    context: str
    path: Path
    sync: SyncType = SyncType.AUTO
    policy: Effective = field(default_factory=Effective)
    ignore: tuple[str, ...] = ()
