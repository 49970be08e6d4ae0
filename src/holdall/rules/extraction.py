"""Which of the user's archives are extracted, where to, and what becomes of each member. Pure."""

from enum import StrEnum
from typing import Final, NamedTuple

from holdall.model import MEMBER, Entry, Kind, Tombstone
from holdall.policies.effective import Extract
from holdall.rules.bundles import git_dir
from holdall.rules.conflict import is_copy
from holdall.rules.reconcile import Sides, Unknown

_SUFFIXES: Final = {
    ".zip": "zip",
    ".tar": "tar",
    ".tar.gz": "tar.gz",
    ".tgz": "tar.gz",
    ".tar.bz2": "tar.bz2",
    ".tbz2": "tar.bz2",
    ".tar.xz": "tar.xz",
    ".txz": "tar.xz",
    ".tar.zst": "tar.zst",
    ".tzst": "tar.zst",
}


class Archive(NamedTuple):
    """An archive, by its name. `suffix` in one spelling; `folder`: `a/pack` for `a/pack.tgz`."""

    suffix: str
    folder: str


def archive_at(path: str) -> Archive | None:
    """None for what is no archive, and for what is left as it is: a conflict copy, a part of a repository."""
    name = path.rpartition("/")[2].lower()
    for ending, suffix in _SUFFIXES.items():
        if name.endswith(ending) and name != ending:
            left_alone = is_copy(path) or git_dir(path) is not None
            return None if left_alone else Archive(suffix, path[: -len(ending)])
    return None


def target(path: str, rule: Extract) -> str:
    """The directory that the members of an archive are put into; "" for the root."""
    if rule.extract_current_folder:
        return path.rpartition("/")[0]
    found = archive_at(path)
    assert found is not None
    return found.folder


class Placing(StrEnum):
    PUT = "put"  # nothing is there
    REPLACE = "replace"  # an earlier version of the archive left there what nobody changed since
    KEEP = "keep"  # it is there already
    LEAVE = "leave"  # its user's, or not wanted any more


def placing(member: Entry, sides: Sides, *, ours: bool) -> Placing:
    """What to do about a member. Its vid is the archive's.

    sides  of its path; the local digest counts only where size, mode and mtime are the member's or the base's
    ours   whether the base is a member of the same archive, of this version or an earlier one
    """
    base, local, remote, _ = sides
    if isinstance(remote, Entry) or isinstance(local, Unknown) or _is_unwanted(member, remote):
        return Placing.LEAVE
    if base is not None and not (ours and base.flag == MEMBER):
        return Placing.LEAVE
    if local is None:
        if base is None:
            return Placing.PUT
        if base.vid == member.vid:
            # A directory is noted before it is made, and a process may have died between. A file is gone by its user's hand.
            return Placing.PUT if member.kind is Kind.DIR else Placing.LEAVE
        # Deleted here, and not said yet. A deletion meets an edit: the edit wins.
        return Placing.PUT if base.digest != member.digest else Placing.LEAVE
    if local.same_as(member) and (base is None or local.same_as(base)):
        return Placing.KEEP
    return Placing.REPLACE if base is not None and local.same_as(base) else Placing.LEAVE


def _is_unwanted(member: Entry, remote: Entry | Tombstone | None) -> bool:
    """Whether its user deleted it: since this version of the archive, or the very same bytes before."""
    if not isinstance(remote, Tombstone) or not remote.kept:
        return False
    return remote.vid > member.vid or remote.digest == member.digest
