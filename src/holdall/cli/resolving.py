"""A conflict ended in the mounted directory: one of the two versions stays under the original's name."""

import os
import socket
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from holdall.api.client import Client, of_mount
from holdall.cli.bringing import restorable
from holdall.cli.context import Place
from holdall.errors import HoldallError, Moved, NoMount
from holdall.local.base import Disk
from holdall.log.history import History
from holdall.model import Seen, SeenAs
from holdall.rules.conflict import copy_name, original_of
from holdall.store.base import Store

_PATIENCE_S: Final = 30.0


class Keep(StrEnum):
    COPY = "copy"
    ORIGINAL = "original"


def resolve(disk: Disk, store: Store, history: History, copy: str, keep: Keep) -> str | None:
    """Where the version that was displaced is kept, if no commit has it (it was edited just now); else None.

    Moved where a file is not what it was a moment ago, or is not here; nothing was changed then.
    """
    seen = _look(disk, copy)
    if seen.what not in {SeenAs.FILE, SeenAs.SYMLINK}:
        raise Moved(
            "the copy is not on this disk",
            path=copy,
            hint="`holdall wait` brings it, or it was resolved already",
        )
    if keep is Keep.ORIGINAL:
        _discard_copy(disk, store, history, copy, seen)
        return None
    original = original_of(copy)
    target = _look(disk, original)
    taken = disk.take(copy, seen)
    try:
        displaced = disk.publish(taken, original, target)
    except BaseException:
        disk.keep(taken, copy)
        raise
    disk.sync()
    return None if displaced is None else _settle(disk, store, history, displaced, original)


def committed(place: Place, paths: Iterable[str]) -> int | None:
    """The commit by which all of the paths are in the store as they are here, once there is one.

    Whatever keeps it from coming within half a minute is raised, NoDaemon before all.
    """
    client = Client.find()
    if not any(os.path.realpath(one["path"]) == str(place.root) for one in client.mounts()):
        raise NoMount("the directory is not mounted", hint="`holdall up` takes it to the store")
    commit = None
    for path in paths:
        body = {"path": path, "timeout_s": _PATIENCE_S}
        receipt = client.post(of_mount(place.context, "flush"), body, waits=True)
        if receipt["outcome"] != "complete":
            raise HoldallError("it takes longer", path=path, hint="`holdall status` says why")
        commit = receipt["commit"]
    return commit


def _discard_copy(disk: Disk, store: Store, history: History, copy: str, seen: Seen) -> None:
    taken = disk.take(copy, seen)
    if _settled(disk, store, history, taken):
        disk.drop(taken)
        return
    disk.keep(taken, copy)
    raise Moved(
        "the copy was edited, and that edit is in no commit yet",
        path=copy,
        hint="run `holdall flush`, then resolve it again",
    )


def _settle(disk: Disk, store: Store, history: History, displaced: str, path: str) -> str | None:
    if _settled(disk, store, history, displaced):
        disk.drop(displaced)
        return None
    name = copy_name(
        path, store.now(), socket.gethostname(), lambda one: _look(disk, one).what is not SeenAs.ABSENT
    )
    disk.keep(displaced, name)
    return name


def _settled(disk: Disk, store: Store, history: History, staged: str) -> bool:
    digest = disk.staged_digest(staged)
    return digest is None or bool(restorable(store, history, {digest}))


def _look(disk: Disk, path: str) -> Seen:
    return next(iter(disk.look((path,))))
