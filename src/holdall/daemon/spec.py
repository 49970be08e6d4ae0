"""One mount, as it was asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from holdall.rules.directions import Flags, SyncType


@dataclass(frozen=True, slots=True)
class Spec:
    """What to attach, and how. `path` is absolute."""

    context: str
    path: Path
    sync: SyncType = SyncType.AUTO
    flags: Flags = field(default_factory=Flags)
    ignore: tuple[str, ...] = ()
