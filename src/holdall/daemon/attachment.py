"""One context attached at one directory: the engine's parts put together on a real disk and a real store."""

import fcntl
import logging
import os
import random
import secrets
import socket
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from blake3 import blake3

from holdall.engine.hands import Hands, Workbench
from holdall.engine.ledger import Ledger
from holdall.engine.mount import Mount, Pace
from holdall.engine.runner import Runner
from holdall.engine.words import Lost, Touched
from holdall.errors import Locked, RootLost
from holdall.local.base import Skip
from holdall.local.disk import RealDisk
from holdall.local.watch import Watch
from holdall.log.commits import ContextInfo
from holdall.log.layout import prefix_of
from holdall.model import SeenAs
from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.ignore import RULES_NAME, Ignore, load
from holdall.store.base import Store
from holdall.store.scoped import Scoped

_LOGGER: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spec:
    """What to attach, and how. `path` is absolute."""

    context: str
    path: Path
    sync: SyncType = SyncType.AUTO
    flags: Flags = field(default_factory=Flags)
    ignore: tuple[str, ...] = ()


class Attachment:
    """`start` begins to watch and to sync; `runner` takes the asks; `stop` ends it and keeps the base.

    outside  absolute paths below the directory that take no part: state, store, socket
    """

    def __init__(
        self,
        spec: Spec,
        store: Store,
        state: Path,
        pool: Executor,
        *,
        outside: Iterable[Path] = (),
        pace: Pace | None = None,
        changed: Callable[[], None] | None = None,
    ) -> None:
        self.spec = spec
        self.file = ledger_file(state, store.url, spec)
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self.file.with_suffix(".lock"), spec)
        self.ledger = _opened(self.file)
        self.store = Scoped(store, prefix_of(spec.context))
        self.disk = RealDisk(spec.path)
        self._outside = tuple(_below(spec.path, outside))
        self.ignore = Ignore(spec.ignore)
        self.hands = Hands(
            Workbench(
                disk=self.disk,
                ledger=self.ledger,
                store=self.store,
                allowed=lambda asked: directions(spec.sync, spec.flags, asked=asked),
                clock=store.now,
                origin=_origin(spec),
                skip=self._skip,
            )
        )
        self.mount = Mount(spec.sync, pace or Pace(), random.Random(), seq=self.ledger.seq)  # noqa: S311
        self.runner = Runner(spec.context, self.mount, self.hands, pool, changed=changed)
        self.watch: Watch | None = None

    def start(self) -> None:
        """RootLost where the directory is missing: the mount runs all the same, parked with that problem."""
        self._load_ignore()
        if self.spec.sync is not SyncType.ONE:
            watch = Watch(self.spec.path, self._skip, self._touched, self._lost)
            try:
                watch.start()
            except RootLost:
                _LOGGER.warning("%s: %s is missing", self.spec.context, self.spec.path)
            else:
                self.watch = watch
        self.runner.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        if self.watch is not None:
            self.watch.stop()
        self.runner.stop(timeout_s)
        self.ledger.close()
        os.close(self._lock)

    # -- hints

    def _touched(self, path: str, closed: bool) -> None:  # noqa: FBT001 (the watch's callback)
        if path.rpartition("/")[2] == RULES_NAME:
            self._load_ignore()
            self.runner.post(Lost(""))
        self.runner.post(Touched(path, closed))

    def _lost(self, reason: str, under: str) -> None:
        _LOGGER.debug("%s: looking again below %s: %s", self.spec.context, under or "the root", reason)
        self.runner.post(Lost(under))

    # -- what takes no part

    def _skip(self, path: str, is_dir: bool) -> bool:  # noqa: FBT001 (the disk's callback)
        if self._outside and any(path == one or path.startswith(one + "/") for one in self._outside):
            return True
        skip = self._rules
        return skip is not None and skip(path, is_dir)

    _rules: Skip | None = None

    def _load_ignore(self) -> None:
        try:
            found = [seen.path for seen in self.disk.scan() if _is_rules(seen.path) and seen.what is SeenAs.FILE]
            self.ignore = load(self.spec.ignore, found, self._read)
        except RootLost:
            self.ignore = Ignore(self.spec.ignore)
        self._rules = self.ignore.skip

    def _read(self, path: str) -> bytes:
        reader = self.disk.open(path)
        try:
            return reader.read(0, reader.stamp.size)
        finally:
            reader.close()


def ledger_file(state: Path, store_url: str, spec: Spec) -> Path:
    """Where the base of this context at this directory is kept."""
    name = "\0".join((store_url, spec.context, str(spec.path)))
    safe = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in spec.context)[:80]
    return state / "mounts" / f"{safe}-{blake3(name.encode()).hexdigest(length=6)}.db"


def _is_rules(path: str) -> bool:
    return path.rpartition("/")[2] == RULES_NAME


def _opened(file: Path) -> Ledger:
    """A ledger that cannot be read is put aside: the next sync is a first attach, which deletes nothing."""
    try:
        return Ledger(file)
    except sqlite3.DatabaseError:
        aside = file.with_name(f"{file.name}.damaged-{secrets.token_hex(4)}")
        _LOGGER.warning("the state in %s is damaged; kept as %s, beginning anew", file, aside.name)
        file.rename(aside)
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        return Ledger(file)


def _locked(file: Path, spec: Spec) -> int:
    fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        os.close(fd)
        raise Locked(
            f"{spec.context} is already mounted at {spec.path} by another holdall process",
            hint="see `holdall status`, or use that daemon's `holdall flush`",
        ) from exc
    return fd


def _below(root: Path, outside: Iterable[Path]) -> list[str]:
    return [one.relative_to(root).as_posix() for one in outside if one.is_relative_to(root) and one != root]


def _origin(spec: Spec) -> ContextInfo:
    return ContextInfo(
        id=secrets.token_hex(8),
        name=spec.context,
        origin=str(spec.path),
        origin_os="windows" if os.name == "nt" else "posix",
        origin_host=socket.gethostname(),
    )
