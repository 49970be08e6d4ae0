"""What a verification finds."""

from enum import StrEnum
from typing import NamedTuple


class Found(StrEnum):
    MISSING = "missing"  # the head names these bytes, and neither their key nor the trash has them
    DAMAGED = "damaged"  # they are other bytes than the head says
    LOG = "log"  # a commit or checkpoint is not there, or cannot be read
    RETAINED = "retained"  # only the trash has them: a running mount puts them back
    LEFTOVER = "leftover"  # a superseded upload still stands there: a running mount removes it
    UNFINISHED = "unfinished"  # no commit names it: its owner commits it, or another machine adopts it
    FOREIGN = "foreign"  # another tool put it there: a running mount adopts it

    @property
    def is_damage(self) -> bool:
        return self in {Found.MISSING, Found.DAMAGED, Found.LOG}


class Finding(NamedTuple):
    """`path` of the context, or below it of the store where no path is meant."""

    found: Found
    path: str
    detail: str
