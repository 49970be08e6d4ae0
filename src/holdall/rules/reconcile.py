"""What to do with a path, given what was agreed, what is here, and what the head says. Pure.

The cases (A, B, C differing contents, - absent, ? unread):

    base local remote
    A    A     A        NOTHING
    A    B     A        PUSH            edited here
    A    -     A        PUSH_DELETE     deleted here
    A    A     B        PULL            edited there
    A    A     -        PULL_DELETE     deleted there
    A    -     B        PULL            a deletion meets an edit: the edit wins
    A    B     -        PUSH            likewise
    A    -     -        FORGET          gone on both sides
    *    B     B        AGREE           the same on both sides
    *    B     C        CONFLICT        unless B is an earlier version (stale): PULL
    A    A     X        NOTHING         expired: what is here stays
    *    A     X        AGREE           and is not sent again, touched or found anew
    *    B     X        PUSH            edited here since
    *    ?     *        NOTHING         unread is not absent

A base that is an archive's member (`m`) was put here by holdall and is in no log: its remote side is what the log has there.

    m    m     -        NOTHING         it can be had from the archive again
    m    B     -        PUSH            edited here
    m    -     -        PUSH_DELETE     deleted here, which has to be remembered
    m    m     kept     PULL_DELETE     deleted there, since
    m    m     B        PULL            edited there
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from holdall.model import MEMBER, Entry, Kind, SeenAs, Tombstone


class Verdict(StrEnum):
    NOTHING = "nothing"
    AGREE = "agree"
    FORGET = "forget"
    PUSH = "push"
    PUSH_DELETE = "push-delete"
    PULL = "pull"
    PULL_DELETE = "pull-delete"
    CONFLICT = "conflict"
    # The local digest decides: read the file, then ask again.
    READ = "read"
    # An archive that was downloaded: its members are to be put beside it.
    EXTRACT = "extract"
    # The local file or directory is in the way of the committed tree: it becomes a conflict copy.
    ASIDE = "aside"


UPWARDS: Final = frozenset({Verdict.PUSH, Verdict.PUSH_DELETE, Verdict.CONFLICT, Verdict.ASIDE})
"""What brings a change that was made here to the store."""

TAKES_PART: Final = frozenset({SeenAs.FILE, SeenAs.DIR, SeenAs.SYMLINK, SeenAs.ABSENT})
"""What a path may look like that can be decided on; all else is Unknown."""


class Unknown(NamedTuple):
    """The local path could not be read, or takes no part."""


UNKNOWN: Final = Unknown()
UNREAD: Final = "?"
"""As a local entry's digest: its bytes were not read yet."""

Local = Entry | Unknown | None


class Sides(NamedTuple):
    """One path on all three sides. `stale`: the local bytes are an earlier version of this path."""

    base: Entry | None
    local: Local
    remote: Entry | Tombstone | None
    stale: bool = False


def decide(sides: Sides) -> Verdict:
    base, local, remote, _ = sides
    if isinstance(local, Unknown):
        return Verdict.NOTHING
    here = _edited(base, local)
    there = moved(base, remote)
    if not here and not there:
        return Verdict.NOTHING
    if not there:
        if base is not None and base.flag == MEMBER and local is not None and local.digest == UNREAD:
            return Verdict.READ  # nothing in the store tells later that it is unchanged
        return Verdict.PUSH_DELETE if local is None else Verdict.PUSH
    if local is not None and local.digest == UNREAD:
        return Verdict.READ
    live = remote if isinstance(remote, Entry) else None
    if not here:
        if live is not None:
            return Verdict.PULL
        stays = base is None or (base.kind is Kind.FILE and _has_expired(remote))
        return Verdict.NOTHING if stays else Verdict.PULL_DELETE
    if local is None:
        return Verdict.FORGET if live is None else Verdict.PULL
    if live is None:
        return _edit_meets_removal(sides, local)
    return _both(sides, local, live)


def moved(base: Entry | None, remote: Entry | Tombstone | None) -> bool:
    """Whether the head has something else than was agreed. Bytes are compared by the commit that brought them in."""
    if base is None:
        # A tombstone of a path nothing is known of says something only to a file that is here: expired stays expired.
        return isinstance(remote, Entry) or _has_expired(remote)
    if base.flag == MEMBER:
        return isinstance(remote, Entry) or (
            isinstance(remote, Tombstone) and remote.kept and remote.vid > base.vid
        )
    if not isinstance(remote, Entry):
        return True
    return remote.vid != base.vid or not remote.same_as(base)


def _edited(base: Entry | None, local: Entry | None) -> bool:
    return base is not None if local is None else not local.same_as(base)


def _has_expired(remote: Entry | Tombstone | None) -> bool:
    return isinstance(remote, Tombstone) and remote.expired


def _edit_meets_removal(sides: Sides, local: Entry) -> Verdict:
    base, _, remote, stale = sides
    untouched = local.same_bytes(base) and local.kind is Kind.FILE
    if isinstance(remote, Tombstone) and remote.expired:
        known = untouched or stale or (local.kind is Kind.FILE and local.digest == remote.digest)
        return Verdict.AGREE if known else Verdict.PUSH
    # Only touched: nothing that the removal would take away.
    return Verdict.PULL_DELETE if untouched else Verdict.PUSH


def _both(sides: Sides, local: Entry, live: Entry) -> Verdict:
    base = sides.base
    if local.kind is not live.kind:
        return Verdict.CONFLICT
    if local.kind is Kind.DIR:
        return Verdict.AGREE if local.mode == live.mode else Verdict.PULL
    if local.same_bytes(live):
        return Verdict.AGREE if local.same_as(live) else Verdict.PULL
    if local.same_bytes(base) or sides.stale:
        return Verdict.PULL
    if live.same_bytes(base):
        return Verdict.PUSH
    return Verdict.CONFLICT


def clashes(
    plan: Mapping[str, Verdict],
    local: Callable[[str], Kind | None],
    remote: Callable[[str], Kind | None],
    live_below: Callable[[str], Iterable[str]],
) -> dict[str, Verdict]:
    """The plan, mended where it would commit a path below a file.

    local, remote   what kind of thing is at a path on that side now
    live_below      paths that the head holds below a path

    What is committed keeps its place: the local side of a clash is moved aside, and looked at again under its new name.
    """
    mended = dict(plan)
    for path, verdict in tuple(plan.items()):  # `live_below` may add what it finds out
        if verdict is not Verdict.PUSH:
            continue
        in_the_way = _file_above(path, plan, remote)
        if in_the_way is not None:
            mended[in_the_way] = Verdict.ASIDE
        elif local(path) is not Kind.DIR and any(
            plan.get(below) is not Verdict.PUSH_DELETE for below in live_below(path)
        ):
            mended[path] = Verdict.ASIDE
    aside = {path for path, verdict in mended.items() if verdict is Verdict.ASIDE}
    aside |= {
        path for path, verdict in mended.items() if verdict is Verdict.CONFLICT and local(path) is Kind.DIR
    }
    return {
        path: verdict for path, verdict in mended.items() if not any(one in aside for one in parents(path))
    }


def _file_above(path: str, plan: Mapping[str, Verdict], remote: Callable[[str], Kind | None]) -> str | None:
    for above in parents(path):
        if remote(above) in (None, Kind.DIR) or plan.get(above) in (Verdict.PUSH, Verdict.PUSH_DELETE):
            continue
        return above
    return None


def parents(path: str) -> list[str]:
    """`a/b/c` -> `a/b`, `a`."""
    found = []
    while "/" in path:
        path = path.rpartition("/")[0]
        found.append(path)
    return found
