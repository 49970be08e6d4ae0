"""Names of conflict copies. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from blake3 import blake3

from holdall.keys import KEY_BYTES_MAX, key_of

_COPY: Final = re.compile(r" \(conflict \d{4}-\d\d-\d\d \d\d-\d\d-\d\d [^/()]+\)(-\d+)?(\.[^/]*)?$")
_MARK: Final = re.compile(r"~([0-9a-f]{8})$")
ASIDE_DIR: Final = ".holdall-conflicts"
"""Where the losers of conflicts inside a `.git` go: a stray file beside a ref breaks git."""

_NAME_BYTES_MAX: Final = 255
"""Of one part of a path, on nearly every file system."""
_LABEL_CHARS_MAX: Final = 32
_NUMBER_MAX: Final = 1000


def copy_name(path: str, at_s: float, host: str, taken: Callable[[str], bool], top: str = "") -> str:
    """`notes.md` -> `notes (conflict 2026-11-22 14-03-22 HOST).md`, with `-2`, … when that is taken.

    A name that would be too long is cut, and says with `~` and eight digits which path it is of. `top` is the directory that
    ASIDE_DIR lies in. Where a thousand names are taken it is the last of them: whoever moves something there is refused.
    """
    when = datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H-%M-%S")
    label = re.sub(r"[^\w.-]+", "_", host)[:_LABEL_CHARS_MAX] or "host"
    found = ""
    for number in range(1, _NUMBER_MAX + 1):
        suffix = "" if number == 1 else f"-{number}"
        found = _fitting(path, f" (conflict {when} {label}){suffix}", top)
        if not taken(found):
            break
    return found


def _fitting(path: str, tag: str, top: str) -> str:
    """The path with the tag in its name: whole, else cut, else without its extension, else in ASIDE_DIR."""
    parent, _, name = path.rpartition("/")
    stem, extension = _split(name)
    aside = _join(top, ASIDE_DIR)
    folder = _join(aside, parent[len(top) :].lstrip("/")) if ".git" in parent.split("/") else parent
    whole = _join(folder, f"{stem}{tag}{extension}")
    if _fits(whole):
        return whole
    mark = f"~{_mark_of(path)}"
    for at in (folder, aside):
        for start, end in ((stem, extension), (name, "")):
            for cut in _cuts(start):
                found = _join(at, f"{cut}{mark}{tag}{end}")
                if _fits(found):
                    return found
    return whole  # its own parent leaves no room for anything


def _split(name: str) -> tuple[str, str]:
    """Stem and extension, the dot with the latter."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem else (name, "")


def _join(folder: str, name: str) -> str:
    return "/".join(part for part in (folder, name) if part)


def _cuts(text: str) -> Iterator[str]:
    return (text[:length] for length in range(len(text), 0, -1))


def _fits(path: str) -> bool:
    name = path.rpartition("/")[2]
    return len(name.encode()) <= _NAME_BYTES_MAX and len(key_of(path).encode()) <= KEY_BYTES_MAX


def is_copy(path: str) -> bool:
    return _COPY.search(path) is not None


def original_of(copy: str) -> str:
    """The path that a conflict copy was taken from, as far as its name tells: see `originals` for one that was cut."""
    match = _COPY.search(copy)
    if match is None:
        return copy
    *folders, name = f"{copy[: match.start()]}{match[2] or ''}".split("/")
    if ASIDE_DIR in folders and (".git" in folders or _mark_in(copy)):
        folders.remove(ASIDE_DIR)
    return "/".join([*folders, name])


def originals(copies: Iterable[str], paths: Iterable[str]) -> dict[str, str]:
    """The path that each of the copies was taken from: of one whose name was cut, the one of `paths` that it is marked with.

    Where none is, what is left of the name, which no other path has. Costs a digest for each path, if any was cut.
    """
    found = {copy: original_of(copy) for copy in copies}
    cut: dict[str, list[str]] = {}
    for copy in found:
        if mark := _mark_in(copy):
            cut.setdefault(mark, []).append(copy)
    if cut:
        for path in paths:
            found.update(dict.fromkeys(cut.get(_mark_of(path), ()), path))
    return found


def _mark_of(path: str) -> str:
    """What a conflict copy's name has of the path where it cannot hold it."""
    return blake3(path.encode()).hexdigest()[:8]


def _mark_in(copy: str) -> str | None:
    match = _COPY.search(copy)
    mark = None if match is None else _MARK.search(copy[: match.start()])
    return None if mark is None else mark[1]
