"""What one check of `holdall doctor` says."""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    OK = "ok"
    NOTE = "note"  # worth knowing; nothing is wrong
    WARN = "warn"  # works, with less than it could
    BAD = "bad"  # does not work


class Check(NamedTuple):
    """`fix` is empty where nothing has to be done."""

    name: str
    state: State
    detail: str
    fix: str = ""
