"""How a mount's directory shows its context: which part of it, where below the directory, and under which names.

What was agreed on under one standing says nothing under another one: its paths were other files. So the base of another standing
is forgotten, which makes a first attach, and deletes nothing.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from holdall.engine.ledger import Ledger
from holdall.errors import RootLost
from holdall.local.base import Disk
from holdall.local.disk import RealDisk
from holdall.local.fitted import FittedDisk
from holdall.local.names import is_staged
from holdall.local.part import PartDisk
from holdall.local.target import target_of
from holdall.log.commits import CommitLog
from holdall.log.history import History
from holdall.model import Entry
from holdall.rules.foreign_path import System, understood, upper
from holdall.rules.local_names import POSIX, Target, ways
from holdall.rules.mapping import Links, Position, position
from holdall.store.base import Store

_NOTE: Final = "standing"
_DIR_MODE: Final = 0o755


class Standing(NamedTuple):
    """mapping  the policy's path; "" is none
    meant    that path as its own system writes it
    within   the directory of the context that the mount's directory is, "" for all of it
    above    where below the mount's directory the context is, in the context's names; "" for the directory itself
    target   what names its file system holds
    """

    mapping: str = ""
    meant: str = ""
    within: str = ""
    above: str = ""
    target: Target = POSIX

    def root(self, path: Path) -> Path:
        """The directory that the context's files are in, of a mount at `path`."""
        names = self.above.split("/") if self.above else ()
        return path.joinpath(*(ways(name, self.target)[0] for name in names))

    def in_mount(self, path: str) -> str:
        """A path of the context as one of the mount's directory. What leads to that is the directory itself, ""."""
        if self.within:
            leads_here = f"{self.within}/".startswith(f"{path}/")
            return "" if leads_here else path.removeprefix(f"{self.within}/")
        return f"{self.above}/{path}" if self.above else path

    def in_context(self, path: str) -> str | None:
        """A path of the mount's directory ("" is all of it) as one of the context. None for one beside the context's files."""
        if not self.above:
            return "/".join(filter(None, (self.within, path)))
        if not path or f"{self.above}/".startswith(f"{path}/"):
            return ""
        return path.removeprefix(f"{self.above}/") if path.startswith(f"{self.above}/") else None

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """A receipt or a mount's status, with its paths as the mount's directory has them."""
        if not self.within and not self.above:
            return document
        lists = {
            key: [one | {"path": self._told(one["path"])} for one in document[key]]
            for key in ("left", "problems")
            if key in document
        }
        kept = {
            key: [self._told(one) for one in document[key]] for key in ("left_by_policy",) if key in document
        }
        return document | lists | kept

    def _told(self, path: str | None) -> str | None:
        """What is absolute, or the whole, is not in the context."""
        return path if path is None or path == "." or path.startswith("/") else self.in_mount(path)


PLAIN: Final = Standing()


def noted(ledger: Ledger) -> Standing:
    found = json.loads(ledger.note(_NOTE) or "null")
    if found is None:
        return PLAIN
    return Standing(**found | {"target": Target(*found["target"])})


def note(ledger: Ledger, standing: Standing) -> None:
    if standing != noted(ledger):
        ledger.set_note(_NOTE, json.dumps(standing._asdict()))


def attached(path: Path, mapping: str, known: Standing, store: Store) -> Standing:
    """Of a mount at `path` that is to be attached.

    known  what is noted; the store is asked (one GET) where that is of another mapping
    store  the context's part of it

    Raises ConfigError for a mapping that has nothing to do with the context, StoreError.
    """
    standing = known if mapping == known.mapping else mapped(mapping, store)
    return standing._replace(target=target_of(path) or known.target)


def mapped(mapping: str, store: Store) -> Standing:
    """As far as mapping and context say it, whatever the disk. ConfigError, StoreError."""
    if not mapping:
        return PLAIN
    log = CommitLog(store)
    info = log.info()
    if info is None or not info.origin:
        # It begins here, and is from where the mapping says.
        where = position(mapping, mapping, "")
    else:
        where = position(mapping, info.origin, info.origin_os)
        if where.within and where.meant.system is System.WINDOWS:
            where = position(_as_held(where, History(log)), info.origin, info.origin_os)
    return Standing(mapping, str(where.meant), where.within, where.above)


def _as_held(where: Position, history: History) -> str:
    """What is meant, with the directory as the context spells it: on Windows any spelling of it would do."""
    within, wanted = where.within, upper(where.within)
    held = {
        path[: len(within)]
        for path, _ in history.tree(history.head())
        if upper(path[: len(within)]) == wanted and path[len(within) :][:1] in {"", "/"}
    }
    found = within if within in held else min(held, default=within)
    parts = where.meant.parts[: -len(within.split("/"))]
    return str(where.meant._replace(parts=(*parts, *found.split("/"))))


def disk_of(path: Path, standing: Standing, ledger: Ledger | None = None) -> Disk:
    """The directory of a mount at `path`, as the engine knows it.

    ledger  of the mount: it tells how a link's target was spelled
    """
    disk: Disk = RealDisk(standing.root(path))
    if not standing.target.holds_all:
        disk = FittedDisk(disk, standing.target)
    if standing.mapping:
        links = Links(understood(standing.meant), str(path))
        disk = PartDisk(disk, standing.within, links, _no_targets if ledger is None else _targets(ledger))
    return disk


def make_root(path: Path, standing: Standing) -> None:
    """The directories between the mount's and the context's. LocalError where something else is there."""
    if standing.above:
        with suppress(RootLost):
            RealDisk(path).make_dir(standing.root(path).relative_to(path).as_posix(), _DIR_MODE)


def _no_targets(_path: str) -> Iterable[str]:
    return ()


def _targets(ledger: Ledger) -> Callable[[str], Iterable[str]]:
    def spelled(path: str) -> Iterable[str]:
        if is_staged(path):
            landing = [one for one in ledger.landings() if one.staged == path]
            yield from (one.entry.target for one in landing)
            path = landing[0].path if landing else path
        row = ledger.row(path)
        known = (None if row.base is None else row.base.entry, row.remote)
        yield from (one.target for one in known if isinstance(one, Entry) and one.target)

    return spelled
