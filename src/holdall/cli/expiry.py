"""What expires in a context, in words and numbers."""

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from holdall.cli import context, show
from holdall.daemon.sizes import files, human
from holdall.errors import ConfigError
from holdall.log.history import History
from holdall.model import Entry, Kind, Recycling, Tombstone
from holdall.policies.choices import Lifecycle
from holdall.rules.recycle import believed, due
from holdall.store.base import Store

_DAYS: Final = tuple(one.days for one in Lifecycle if one.days is not None)
CHOICES: Final = ", ".join(map(str, _DAYS))


@dataclass(slots=True)
class Report:
    """covered  files that may expire, and their bytes
    oldest   when the oldest of them was uploaded, unix ms
    due      those that are past it
    expired  paths that the context remembers as expired
    """

    covered: int = 0
    covered_bytes: int = 0
    oldest: int | None = None
    due: int = 0
    due_bytes: int = 0
    expired: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "covered_files": self.covered,
            "covered_bytes": self.covered_bytes,
            "oldest_uploaded_at": show.iso(self.oldest),
            "due_files": self.due,
            "due_bytes": self.due_bytes,
            "expired_files": self.expired,
        }

    def lines(self) -> list[str]:
        found = []
        if self.covered:
            oldest = show.when(self.oldest)
            found.append(
                f"{files(self.covered)}, {human(self.covered_bytes)}; the oldest was uploaded {oldest}"
            )
        if self.due:
            found.append(
                f"{files(self.due)} of them, {human(self.due_bytes)}, are past it: the daemon, or `holdall lifecycle sweep`, takes"
                " them away"
            )
        if self.expired:
            found.append(f"{files(self.expired)} expired before")
        return found


def report(history: History, recycling: Recycling, now_s: float) -> Report:
    """Of the newest commit. Costs as `History.rows`, three times where anything expires."""
    found = Report()
    seq = history.head()
    for path, now in history.rows(seq):
        if isinstance(now, Tombstone):
            found.expired += now.expired
        elif recycling.days is not None and now.kind is Kind.FILE and recycling.covers(path):
            found.covered += 1
            found.covered_bytes += now.size
            found.oldest = min(found.oldest or now.uploaded_at, now.uploaded_at)
    if found.covered:
        for _, entry in due(recycling, lambda: history.rows(seq), now_s):
            found.due += 1
            found.due_bytes += entry.size
    return found


def sentence(recycling: Recycling) -> str:
    if recycling.days is None:
        return "nothing expires"
    days = "1 day" if recycling.days == 1 else f"{recycling.days} days"
    what = "everything" if "" in recycling.paths else ", ".join(map(show.safe, recycling.paths))
    return f"{what} expires {days} after its last upload"


def row(path: str, entry: Entry) -> dict[str, Any]:
    return {"path": path, "bytes": entry.size, "uploaded_at": show.iso(entry.uploaded_at)}


def days(text: str) -> int | None:
    """For argparse: `30`, `30d`, `forever`, or the policy's own word (`Lifecycle_30Days`)."""
    word = text.lower().removeprefix("lifecycle_").removesuffix("days").removesuffix("day").removesuffix("d")
    if word == "forever":
        return None
    if word.isdecimal() and word.isascii() and int(word) in _DAYS:
        return int(word)
    raise argparse.ArgumentTypeError(f"{text!r} is none of {CHOICES} and forever")


def relative(place: context.Place, given: Iterable[str]) -> tuple[str, ...]:
    """Paths as a user writes them, as the context's; none is everything. ConfigError for a wildcard: these are exact."""
    for one in given:
        if any(letter in one for letter in "*?[]"):
            raise ConfigError(
                f"Wildcard patterns are not supported in recycle policy paths. Got: {one}. Please use exact directory paths instead."
            )
    return tuple(dict.fromkeys(place.path(one) for one in given)) or ("",)


def time_of(store: Store) -> float:
    """What the time is taken to be. ConfigError where the store's clock and this machine's are too far apart to say."""
    found = believed(store.now(), time.time(), None, apart=True)
    if found.by_s is None:
        raise ConfigError(found.doubt, hint="set the clock that is wrong: `holdall doctor` shows both")
    return found.by_s
