"""One context attached at one directory: the engine's parts put together on a real disk and a real store."""

import logging
import os
import random
import secrets
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from blake3 import blake3

from holdall.daemon import standing, whereabouts
from holdall.daemon.keeper import Keeper
from holdall.daemon.locks import Holding, held_beside, lock_file
from holdall.daemon.once import OncePass
from holdall.daemon.overlap import overlap
from holdall.daemon.packing import packing
from holdall.daemon.recycling import recycling
from holdall.daemon.spec import Spec
from holdall.daemon.standing import Standing
from holdall.daemon.white_list import white_list
from holdall.engine import state_file
from holdall.engine.effects import Effect
from holdall.engine.events import Event, Lost, Renewed, Touched
from holdall.engine.hands import Hands, Workbench
from holdall.engine.ledger import Closed, Ledger
from holdall.engine.mount import Mount
from holdall.engine.pace import Pace
from holdall.engine.rulebook import Rulebook
from holdall.engine.runner import Runner
from holdall.errors import Abandoned, ConfigError, LocalError, Locked, RootLost
from holdall.local.boot import boot_id
from holdall.local.extract.limits import Limits
from holdall.local.translated import from_ground
from holdall.local.watch import Watch
from holdall.log.commits import PUT, ContextInfo
from holdall.log.layout import prefix_of
from holdall.log.lease import Lease
from holdall.rules.directions import Asked, Directions, Flags, SyncType, directions
from holdall.rules.foreign_path import System, understood
from holdall.rules.ignore import anchored
from holdall.store.base import Store
from holdall.store.limited import Line
from holdall.store.moving import Moving
from holdall.store.open import part_asked_once, part_of

_LOGGER: Final = logging.getLogger(__name__)
_ARCHIVES: Final = Limits()


Changed = Callable[[Mount, Event, list[Effect]], None]


class Attachment:
    """`start` begins to watch and to sync; `runner` takes the asks; `stop` ends it and keeps the base.

    outside  absolute paths below the directory that take no part: state, store, socket
    archives  how large they may be to be extracted
    fresh    nothing was ever agreed on between this directory and the context
    anew     the directory was made just now: nothing is known of it, whatever was agreed on before
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
        line: Line | None = None,
        archives: Limits = _ARCHIVES,
        anew: bool = False,
    ) -> None:
        self.spec = spec
        folder = state / "mounts"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        at = partial(file_at, folder, store.url, spec.context)
        self.file = at(spec.path)
        self._lock = _locked(self.file, spec)
        try:
            if anew:
                self.forget()
            else:
                whereabouts.bring_along(self.file, spec.path, at)
            self.ledger = self._opened()
            self.standing = self._stand(store)
        except BaseException:
            os.close(self._lock)
            raise
        self.fresh = self.ledger.seq < 0
        self.lease = lease_on(store, spec.context, self.ledger)
        self._keeper = Keeper(self.lease, spec.context)
        mine = part_of(store, prefix_of(spec.context), self.lease.permit)
        self.moving = Moving(mine)
        self.root = self.standing.root(spec.path)
        self.disk = standing.disk_of(spec.path, self.standing, self.ledger)
        left_out = [from_ground(self.disk, one) for one in _below(self.root, outside)]
        patterns = anchored(spec.ignore, self.disk.within)
        whites = white_list(spec, self.standing)
        self.skip = Rulebook(self.disk, patterns, left_out, self._rules_renewed, whites)
        self._once = OncePass(self.ledger) if spec.sync is SyncType.ONE else None
        self._changed: Changed | None = None
        bench = Workbench(
            disk=self.disk,
            ledger=self.ledger,
            store=mine,
            allowed=self._allowed,
            clock=store.now,
            origin=_origin(spec, self.standing),
            skip=self.skip,
            lease=self.lease,
            boot=boot_id(),
            line=self.moving if line is None else line.to(self.moving),
            recycling=recycling(spec, self.standing),
            apart=not store.url.startswith("file:"),
            extraction=spec.policy.extract,
            archive_limits=archives,
        )
        packed = packing(spec, self.standing)
        self.mount = Mount(
            spec.sync,
            pace or Pace(),
            random.Random(),  # noqa: S311
            seq=self.ledger.seq,
            packing=lambda: packed,
        )
        self.runner = Runner(spec.context, self.mount, Hands(bench), pool, changed=self._heard)
        self.watch: Watch | None = None
        self._watch_lock = threading.Lock()
        self._watch_lost = False
        self._stopped = False

    def start(self, changed: Changed | None = None) -> None:
        """Where the directory is missing, the mount runs all the same, parked with that problem.

        changed  told of every event and what it led to, on the mount's thread
        """
        self._changed = changed
        try:
            self.revive()
        except BaseException:
            self.stop()
            raise
        self.runner.start()
        if self._once is not None:
            self._once.begin(self.runner)

    def revive(self) -> None:
        """Watch the directory where that is not so, because it was missing or was lost. Cheap where it is."""
        with suppress(LocalError):
            self.skip.load()  # what is left out is not watched
        with self._watch_lock:
            if self._stopped or (self.watch is not None and not self._watch_lost):
                return
            with suppress(RootLost):
                self._note_directory()
            if self._once is not None:
                return
            if self.watch is not None:
                self.watch.stop()
            self.watch = None
            watch = Watch(self.root, self._unwatched, self._touched, self._lost)
            self._watch_lost = False
            with suppress(RootLost):
                watch.start()
                self.watch = watch
                self.runner.post(Lost(""))

    def path_of(self, said: str) -> str | None:
        """A path of the mount's directory as the engine knows it; None for all of the context that is here.

        ConfigError for what lies beside the context in the mount's directory.
        """
        below = os.path.relpath(self.spec.path / said, self.root)
        if below == ".." or below.startswith("../"):
            if (self.spec.path / said) in self.root.parents:
                return None
            raise ConfigError(f"{said} is not in the context", hint=f"the context is at {self.root}")
        return None if below == "." else from_ground(self.disk, below)

    def look_again(self) -> None:
        """Everywhere: something may have happened that nobody told."""
        self.runner.post(Lost(""))

    def resume(self) -> None:
        self.runner.resume()
        if self._once is not None:
            self._once.begin(self.runner)

    def approve(self) -> None:
        """Also the directory that is there now."""
        self._note_directory()
        self.runner.approve()

    def has_moved_to(self, path: Path) -> bool:
        """Whether its directory is at this path now, and at its own no more."""
        with self._remembering():
            return whereabouts.has_moved(self.ledger, path)

    def stop(self, timeout_s: float = 5.0) -> None:
        """What hangs is left behind on its thread: it finds the ledger closed, and the next start finds what it did."""
        with self._watch_lock:
            self._stopped = True
            if self.watch is not None:
                self.watch.stop()
        self.let_go(timeout_s)
        self.ledger.close()
        os.close(self._lock)

    def let_go(self, timeout_s: float) -> None:
        """Start nothing new. The lease is given back where all came to its end in time; else it ends by itself."""
        if self.runner.alive:
            self.runner.stop(timeout_s)
        self._keeper.stop(give_back=not self.runner.alive)

    def forget(self) -> None:
        """Once stopped: the base goes. The next attach is a first one, which deletes nothing."""
        state_file.remove(self.file)

    def _opened(self) -> Ledger:
        return state_file.opened(self.file, Ledger, costs="Both sides are kept, as at a first mount")

    def _stand(self, store: Store) -> Standing:
        """How the directory shows its context. A base of another standing is forgotten."""
        try:
            known = standing.noted(self.ledger)
            mine = part_asked_once(store, prefix_of(self.spec.context))
            found = standing.attached(self.spec.path, self.spec.policy.mapping or "", known, mine)
            if found != known and self.ledger.seq >= 0:
                self.ledger.close()
                self.forget()
                self.ledger = self._opened()
            if self.ledger.seq < 0:
                standing.make_root(self.spec.path, found)
            standing.note(self.ledger, found)
        except BaseException:
            self.ledger.close()
            raise
        return found

    def _note_directory(self) -> None:
        with self._remembering():
            whereabouts.note(self.ledger, self.spec.path)

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """Of a caller that is not the runner."""
        try:
            yield
        except Closed as exc:
            raise Abandoned(
                f"{self.spec.context} was released meanwhile", hint="see `holdall status`"
            ) from exc
        except sqlite3.Error as exc:
            raise self.ledger.failure(exc) from exc

    # -- what is heard

    def _heard(self, mount: Mount, event: Event, effects: list[Effect]) -> None:
        self._keeper.look()
        if self._once is not None:
            self._once.look()
        if self._changed is not None:
            self._changed(mount, event, effects)

    def _unwatched(self, path: str, is_dir: bool) -> bool:
        return self.skip.unwatched(from_ground(self.disk, path), is_dir)

    def _touched(self, path: str, closed: bool) -> None:
        self.runner.post(Touched(from_ground(self.disk, path), closed))

    def _lost(self, reason: str, under: str) -> None:
        _LOGGER.debug("%s: looking again below %s: %s", self.spec.context, under or "the root", reason)
        if reason == "root":
            self._watch_lost = True
        self.runner.post(Lost(from_ground(self.disk, under) if under else ""))

    # -- what takes part, and which way

    def _allowed(self, asked: Asked) -> Directions:
        passed = self._once is not None and self._once.done
        return directions(self.spec.sync, Flags.of(self.spec.policy), asked, passed=passed)

    def _rules_renewed(self) -> None:
        with self._watch_lock:
            if self.watch is not None and not self._stopped:
                self.watch.renew()
        self.runner.post(Renewed())


def lease_on(store: Store, context: str, ledger: Ledger) -> Lease:
    """Whoever had the ledger before was this machine: of two copies of a state, the first to come takes its place."""
    return Lease(
        part_asked_once(store, prefix_of(context)),
        context,
        socket.gethostname(),
        needed=PUT in (ledger.note("ignores") or "").split(),
        earlier=(ledger.note("holders") or "").split(),
        remember=lambda holders: ledger.set_note("holders", " ".join(holders)),
    )


def file_at(folder: Path, store_url: str, context: str, path: Path) -> Path:
    """Where what is known of this context at this path is kept: a digest after the last dash tells them all apart."""
    name = "\0".join((store_url, context, str(path)))
    safe = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in context)[:80]
    return folder / f"{safe}-{blake3(os.fsencode(name)).hexdigest(length=6)}.db"


def _locked(file: Path, spec: Spec) -> int:
    """Two processes in one directory would each take what the other brings for a change that somebody made."""
    fd = lock_file(file, Holding(spec.context, spec.path))
    if fd is None:
        raise _taken(f"{spec.context} is already mounted at {spec.path}")
    with ExitStack() as undo:
        undo.callback(os.close, fd)
        others = (overlap(spec.path, other.path, other.context) for other in held_beside(file))
        if why := next(filter(None, others), None):
            raise _taken(why)
        undo.pop_all()
    return fd


def _taken(why: str) -> Locked:
    return Locked(
        f"{why}, by another holdall process",
        hint="see `holdall status`, or use that daemon's `holdall flush`",
    )


def _below(root: Path, outside: Iterable[Path]) -> list[str]:
    return [one.relative_to(root).as_posix() for one in outside if one.is_relative_to(root) and one != root]


def _origin(spec: Spec, at: Standing) -> ContextInfo:
    """Of a context that begins here. One that begins under a mapping is from where that says."""
    here = System.WINDOWS if os.name == "nt" else System.POSIX
    return ContextInfo(
        id=secrets.token_hex(8),
        name=spec.context,
        origin=at.meant or str(spec.path),
        origin_os=understood(at.meant).system if at.meant else here,
        origin_host=socket.gethostname(),
    )
