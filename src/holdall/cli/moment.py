"""A commit as people name it: its number, a time, or how long ago."""

import re
from datetime import datetime
from typing import Final

from holdall.daemon.durations import seconds
from holdall.errors import ConfigError, NotThere
from holdall.log.history import History

HELP: Final = "a commit's number, a time (2026-11-22, 2026-11-22T14:03:22) or how long ago (90m, 3d)"
_NUMBER: Final = re.compile(r"\d+")
_AGO: Final = re.compile(r"(\d+(\.\d+)?(ms|s|m|h|d))+( ago)?")


def commit_at(history: History, given: str | None, now_s: float) -> int:
    """The number; None is the head. 0 where there was none yet. Times without a zone are local, a date is its first moment."""
    head = history.head()
    if given is None:
        return head
    if _NUMBER.fullmatch(given):
        number = int(given)
        if number > head:
            raise NotThere(
                f"there is no commit {number}, the newest is {head}", hint="`holdall history` lists them"
            )
        return number
    return history.at(int(_moment_s(given, now_s) * 1000))


def made_at(history: History, given: str | None, now_s: float) -> int:
    """The same, of a commit that was made: NotThere before the first one."""
    seq = commit_at(history, given, now_s)
    if seq == 0:
        raise NotThere(
            "there is no commit yet" if given is None else f"at {given} there was no commit yet",
            hint="`holdall history` lists those that there are",
        )
    return seq


def _moment_s(given: str, now_s: float) -> float:
    if _AGO.fullmatch(given):
        return now_s - seconds(given.removesuffix(" ago"))
    try:
        return datetime.fromisoformat(given).astimezone().timestamp()
    except ValueError as exc:
        raise ConfigError(f"{given!r} is neither a commit nor a time", hint=f"write {HELP}") from exc
