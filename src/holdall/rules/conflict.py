"""Names of conflict copies. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_COPY: Final = re.compile(r" \(conflict \d{4}-\d\d-\d\d \d\d-\d\d-\d\d [^/()]+\)(-\d+)?(\.[^/]*)?$")
ASIDE_DIR: Final = ".holdall-conflicts"
"""Where the losers of conflicts inside a `.git` go: a stray file beside a ref breaks git."""


def copy_name(path: str, at_s: float, host: str, taken: Callable[[str], bool]) -> str:
    """`notes.md` -> `notes (conflict 2026-11-22 14-03-22 HOST).md`, with `-2`, … when that is taken."""
    folder, _, name = path.rpartition("/")
    parts = path.split("/")
    if ".git" in parts[:-1]:
        folder = f"{ASIDE_DIR}/{folder}"
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    when = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H-%M-%S")
    label = re.sub(r"[^\w.-]+", "_", host) or "host"
    number = 1
    while True:
        suffix = "" if number == 1 else f"-{number}"
        made = f"{stem} (conflict {when} {label}){suffix}{dot}{extension}"
        found = f"{folder}/{made}" if folder else made
        if not taken(found):
            return found
        number += 1


def is_copy(path: str) -> bool:
    return _COPY.search(path) is not None


def original_of(copy: str) -> str:
    """The path that a conflict copy was taken from."""
    match = _COPY.search(copy)
    if match is None:
        return copy
    return (copy[: match.start()] + (match.group(2) or "")).removeprefix(f"{ASIDE_DIR}/")
