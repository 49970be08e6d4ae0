"""A conflict ended in the mounted directory: one of the two versions stays under the original's name.

A daemon may be at work there, and this process may be killed: at every moment both versions are where that daemon keeps them.
"""

import os
import socket
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from holdall.api.client import Client, of_mount
from holdall.cli.context import Place
from holdall.cli.restoring import restorable
from holdall.engine.aside import name_aside
from holdall.errors import HoldallError, Moved, NoMount, StoreError
from holdall.local.base import Disk, Reader, look_at
from holdall.log.history import History
from holdall.model import BLOCK_BYTES, Seen, SeenAs
from holdall.rules.conflict import originals
from holdall.store.base import Store

_PATIENCE_S: Final = 30.0


class Keep(StrEnum):
    COPY = "copy"
    ORIGINAL = "original"


def resolve(disk: Disk, store: Store, history: History, copy: str, keep: Keep) -> str | None:
    """Where the version that was displaced is kept, if no commit has it (it was edited just now); else None.

    Moved where a file is not what it was a moment ago, or is not here; only the copy that is to replace the original may have
    done so already. Costs room for another copy until it is done.
    """
    with disk.at_work():
        return _resolve(disk, store, history, copy, keep)


def _resolve(disk: Disk, store: Store, history: History, copy: str, keep: Keep) -> str | None:
    seen = look_at(disk, copy)
    if seen.what not in {SeenAs.FILE, SeenAs.SYMLINK}:
        raise Moved(
            "the copy is not on this disk",
            path=copy,
            hint="`holdall wait` brings it, or it was resolved already",
        )
    if keep is Keep.ORIGINAL:
        _discard_copy(disk, store, history, copy, seen)
        return None
    original = _original_in(history, copy)
    target = look_at(disk, original)
    staged = _staged_again(disk, copy, seen, original)
    try:
        disk.sync()
        displaced = disk.publish(staged, original, target)
    except BaseException:
        disk.drop(staged)
        raise
    disk.sync()
    kept_as = None if displaced is None else _settle(disk, store, history, displaced, original)
    disk.drop(_taken(disk, copy, seen))
    return kept_as


def committed(place: Place, paths: Iterable[str]) -> int | None:
    """The commit by which all of the paths are in the store as they are here, once there is one.

    Whatever keeps it from coming within half a minute is raised, NoDaemon before all.
    """
    client = Client.find()
    if not any(os.path.realpath(one["path"]) == str(place.root) for one in client.mounts()):
        raise NoMount("the directory is not mounted", hint="`holdall up` takes it to the store")
    commit = None
    for path in paths:
        body = {"path": place.standing.in_mount(path), "timeout_s": _PATIENCE_S}
        receipt = client.post(of_mount(place.context, "flush"), body, waits=True)
        if receipt["outcome"] != "complete":
            raise HoldallError("it takes longer", path=path, hint="`holdall status` says why")
        commit = receipt["commit"]
    return commit


def _original_in(history: History, copy: str) -> str:
    """The path that a conflict copy is of, as the head's tree tells."""
    return originals([copy], (path for path, _ in history.tree(history.head())))[copy]


def _discard_copy(disk: Disk, store: Store, history: History, copy: str, seen: Seen) -> None:
    taken = disk.take(copy, seen)
    try:
        settled = _settled(disk, store, history, taken)
    except BaseException:
        disk.keep(taken, copy)
        raise
    if settled:
        disk.drop(taken)
        return
    disk.keep(taken, copy)
    raise Moved(
        "the copy was edited, and that edit is in no commit yet",
        path=copy,
        hint="run `holdall flush`, then resolve it again",
    )


def _taken(disk: Disk, copy: str, seen: Seen) -> str:
    try:
        return disk.take(copy, seen)
    except Moved as exc:
        raise Moved(
            "was edited just now: the original is the copy as it was before that",
            path=copy,
            hint="resolve it again to take the edit too",
        ) from exc


def _staged_again(disk: Disk, copy: str, seen: Seen, original: str) -> str:
    """The copy once more, beside the original: its own name is never without it, or a daemon would take it for deleted."""
    if seen.what is SeenAs.SYMLINK:
        return disk.stage_link(original, seen.target)
    assert seen.stamp is not None
    reader = disk.open(copy)
    try:
        staged = disk.stage(original)
        try:
            for offset in range(0, seen.stamp.size, BLOCK_BYTES):
                staged.write(offset, reader.read(offset, BLOCK_BYTES))
            staged.finish(mode=seen.stamp.mode, mtime_ns=seen.stamp.mtime_ns)
            _need_unmoved(reader, copy, seen)
        except BaseException:
            staged.discard()
            raise
    finally:
        reader.close()
    return staged.name


def _need_unmoved(reader: Reader, path: str, seen: Seen) -> None:
    if reader.stamp != seen.stamp or reader.moved():
        raise Moved("changed just now", path=path)


def _settle(disk: Disk, store: Store, history: History, displaced: str, path: str) -> str | None:
    try:
        settled = _settled(disk, store, history, displaced)
    except StoreError:
        settled = False  # nobody can say whether it can be had: it stays
    if settled:
        disk.drop(displaced)
        return None
    name = name_aside(disk, path, store.now(), socket.gethostname())
    disk.keep(displaced, name)
    return name


def _settled(disk: Disk, store: Store, history: History, staged: str) -> bool:
    digest = disk.staged_digest(staged)
    return digest is None or bool(restorable(store, history, {digest}))
