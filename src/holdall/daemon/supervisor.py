"""Several mounts over one store and one pool of threads. None of them can stop the others.

Its methods are called from many threads. The table of mounts is behind one lock, which nobody holds while waiting for a mount.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from holdall.daemon import outcome, receipts
from holdall.daemon.abreast import each
from holdall.daemon.inside import need_directory
from holdall.daemon.mounted import Mounted, Workshop
from holdall.daemon.new_directory import make_directory
from holdall.daemon.origin import met_first
from holdall.daemon.overlap import check_apart, misplaced
from holdall.daemon.registry import Registry
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.engine.words import Until
from holdall.errors import Abandoned, ConfigError, HoldallError, Locked, NoMount
from holdall.log.lease import Lease

_LOGGER: Final = logging.getLogger("holdall")
_START_S: Final = 30.0
_GRACE_S: Final = 10.0


class Supervisor:
    """release_deadline_s  for releases that name none
    named               the store, where no file names it: the next daemon is to find it again once something is mounted on it
    """

    def __init__(
        self,
        shop: Workshop,
        registry: Registry,
        release_deadline_s: float,
        named: StoreSettings | None = None,
    ) -> None:
        self.shop = shop
        self.release_deadline_s = release_deadline_s
        self._registry = registry
        self._named = named
        self._lock = threading.Lock()
        self._mounts: dict[str, Mounted] = {}
        self._adding: dict[str, Spec] = {}
        self._beginning: dict[str, threading.Event] = {}
        self._stopping = False

    # -- as a whole

    def start(self, configured: Iterable[Spec], file: Path | None) -> None:
        """Returns when each mount is watched or parked; one whose directory does not answer is parked meanwhile."""
        mounts = [Mounted(spec, file, self.shop) for spec in configured]
        for spec, store, fault in self._registry.mounts():
            known = next((one for one in mounts if one.spec.context == spec.context), None)
            if known is not None:
                _LOGGER.warning(
                    "%s: the configuration mounts it at %s; that one counts", spec.context, known.spec.path
                )
                self._registry.remove(spec.context)
                continue
            barred = fault or misplaced(spec, store, self.shop.store.url, [one.spec for one in mounts])
            mounts.append(self._made(spec, None, barred))
        self._beginning = {one.spec.context: threading.Event() for one in mounts}
        self._mounts = {one.spec.context: one for one in mounts}
        paused = self._registry.paused()
        each(mounts, lambda one: self._begin(one, paused), _START_S)

    def contexts(self) -> list[str]:
        with self._lock:
            return sorted(self._mounts)

    def status(self) -> dict[str, Any]:
        with self._lock:
            mounts = sorted(self._mounts.values(), key=lambda one: one.spec.context)
        return {"mounts": [one.document() for one in mounts]}

    def tick(self, *, woke: bool) -> None:
        """Now and then. `woke`: the machine slept since the last time."""
        with self._lock:
            mounts = [one for one in self._mounts.values() if not one.leaving]
        for mounted in mounts:
            if woke:
                mounted.look_again()
            mounted.revive()

    def shut(self, deadline_s: float) -> list[dict[str, Any]]:
        """Release all at once, and keep them for the next start; nothing is taken up any more. The receipts, also of those that
        somebody was releasing already.
        """
        with self._lock:
            self._stopping = True
            mounts = list(self._mounts.values())
            for mounted in mounts:
                mounted.leaving = True
        found: dict[str, dict[str, Any]] = {}

        def leave(mounted: Mounted) -> None:
            receipt = found[mounted.spec.context] = mounted.last_barrier(deadline_s)
            mounted.detach(hangs=receipt["deadline_hit"])

        each(mounts, leave, deadline_s + _GRACE_S)
        silent = HoldallError("the mount does not answer")
        return [
            found.get(one.spec.context) or receipts.never_attached(one.spec.context, silent)
            for one in sorted(mounts, key=lambda one: one.spec.context)
        ]

    def reload(self, configured: Iterable[Spec], file: Path | None) -> None:
        """The mounts of the configuration as it is now: what was dropped is released, what changed is attached anew."""
        wanted = {spec.context: spec for spec in configured}
        with self._lock:
            current = {one.spec.context: one for one in self._mounts.values() if one.source is not None}
            others = [one.spec for one in self._mounts.values() if one.source is None]
        for spec in wanted.values():
            check_apart(spec, others)
        for context, mounted in current.items():
            if context not in wanted or wanted[context].path != mounted.spec.path:
                self._say(self._leave(mounted, self.release_deadline_s, lambda: False))
            elif wanted[context] != mounted.spec:
                self._replace(mounted, wanted[context])
        for context, spec in wanted.items():
            if self._find(context) is None:
                self._add(self._made(spec, file))

    # -- one mount

    def mount(
        self,
        spec: Spec,
        *,
        given: frozenset[str] = frozenset(),
        default_context: bool = False,
        make: bool = False,
    ) -> dict[str, Any]:
        """Take it up, or say what it is already.

        given            fields of the spec that were said: of a mount that is there already, those are changed
        default_context  nobody named it, so a context of that name which came from elsewhere is not meant
        make             the directory, where there is nothing at the path

        Raises ConfigError where it cannot be beside the others, what keeps it from being attached, and what a store says that
        refuses it. One that does not answer is waited for by the mount.
        """
        self._stay()
        known = self._find(spec.context)
        if known is not None:
            self._begun(spec.context)
            known = self._followed(known, spec.path)
        if known is not None and known.spec.path == spec.path:
            self._take_up_again(known)
            if not default_context and spec.context in self._registry.unmet():
                self._registry.set_unmet(spec.context, unmet=False)
                known = self._replace(known, known.spec)
            document = self._change(known, spec, given)
            self._remember_store()
            return document
        with self._lock:
            check_apart(spec, [*(one.spec for one in self._mounts.values()), *self._adding.values()])
            self._adding[spec.context] = spec
        try:
            if make:
                make_directory(spec, self.shop)
            mounted = self._taken_up(spec, default_context=default_context)
            self._registry.add(spec, self.shop.store.url)
            self._remember_store()
            self._enter(mounted)
        except BaseException:
            self._registry.remove(spec.context)
            raise
        finally:
            with self._lock:
                self._adding.pop(spec.context, None)
        _LOGGER.info("%s: mounted at %s", spec.context, spec.path)
        return mounted.document()

    def _remember_store(self) -> None:
        if self._named is not None:
            self._registry.set_store(self._named)

    def _taken_up(self, spec: Spec, *, default_context: bool) -> Mounted:
        need_directory(spec.path)
        self._registry.set_unmet(spec.context, unmet=default_context)
        mounted = self._made(spec)
        mounted.attach()
        if mounted.parked is not None:
            raise mounted.parked
        mounted.meet_store()
        return mounted

    def _followed(self, known: Mounted, path: Path) -> Mounted:
        """The mount at this path, where its directory was moved there; those of a configuration stay where that has them."""
        if known.source is not None or not known.has_moved_to(path):
            return known
        spec = replace(known.spec, path=path)
        with self._lock:
            others = [one.spec for one in self._mounts.values() if one is not known]
            check_apart(spec, [*others, *self._adding.values()])
        self._registry.add(spec, self.shop.store.url)
        return self._replace(known, spec)

    def _take_up_again(self, known: Mounted) -> None:
        """One that is parked. Raises what keeps it from being attached."""
        if known.parked is not None:
            known.resume()
            if known.spec.context in self._registry.paused():
                known.pause()

    def _change(self, known: Mounted, spec: Spec, given: frozenset[str]) -> dict[str, Any]:
        """What was not said stays as it is: `up` without --ignore must not upload what was ignored."""
        changed = replace(known.spec, **{name: getattr(spec, name) for name in given})
        if changed == known.spec:
            return known.document()
        if known.source is not None:
            raise ConfigError(f"{spec.context} stands in {known.source}", hint="change it there, then SIGHUP")
        fresh = self._replace(known, changed)
        self._registry.add(changed, self.shop.store.url)
        return fresh.document()

    def _replace(self, known: Mounted, spec: Spec) -> Mounted:
        """Under other rules, or at the path that its directory was moved to."""
        fresh = self._made(spec, known.source)
        self._enter(fresh)
        known.detach()
        fresh.attach()
        if fresh.parked is None and spec.context in self._registry.paused():
            fresh.pause()
        _LOGGER.info("%s: attached anew, as it is wanted now", spec.context)
        return fresh

    def root(self, context: str) -> Path:
        """The mount's directory."""
        return self._get(context).spec.path

    def document(self, context: str) -> dict[str, Any]:
        """As in `status`, and what met at the first attach."""
        mounted = self._get(context)
        found = mounted.first_attach
        return mounted.document() | {"first_attach": None if found is None else found._asdict()}

    def release(
        self,
        context: str,
        deadline_s: float | None = None,
        *,
        abandoned: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Abandoned when nobody waits any more: the mount goes on as it was."""
        mounted = self._begun(context)
        deadline_s = self.release_deadline_s if deadline_s is None else deadline_s
        receipt = self._leave(mounted, deadline_s, abandoned)
        self._registry.remove(context)
        return self._say(receipt)

    def unmount(
        self,
        context: str,
        deadline_s: float | None = None,
        *,
        discard: bool = False,
        abandoned: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Release and forget. What was agreed on is kept where something was left: the next mount goes on from there.

        Abandoned as a release is.
        """
        mounted = self._begun(context)
        if mounted.source is not None:
            raise ConfigError(
                f"{context} stands in {mounted.source}",
                hint="take it out there, then `systemctl reload` or SIGHUP",
            )
        if discard:
            self._take_leave(mounted)
            receipt = mounted.discard()
            self._drop(mounted, forget=True)
        else:
            deadline_s = self.release_deadline_s if deadline_s is None else deadline_s
            receipt = self._leave(mounted, deadline_s, abandoned, forget=True)
        self._registry.remove(context)
        return self._say(receipt)

    def flush(
        self, context: str, *, path: str | None, timeout_s: float | None, abandoned: Callable[[], bool]
    ) -> dict[str, Any]:
        return self._begun(context).barrier(Until.DURABLE, timeout_s, path=path, abandoned=abandoned)

    def wait(
        self, context: str, *, path: str | None, timeout_s: float | None, abandoned: Callable[[], bool]
    ) -> dict[str, Any]:
        """What the policy does not download on its own is asked for."""
        return self._begun(context).barrier(Until.RESTORED, timeout_s, path=path, abandoned=abandoned)

    def sync(
        self, context: str, *, force: bool, timeout_s: float | None, abandoned: Callable[[], bool]
    ) -> dict[str, Any]:
        """`force`: also what is parked with a problem is tried again, and the store is listed."""
        mounted = self._begun(context)
        if force:
            mounted.resume()
        return mounted.barrier(Until.SYNCED, timeout_s, thorough=force, abandoned=abandoned)

    def pause(self, context: str) -> None:
        self._begun(context).pause()
        self._registry.set_paused(context, paused=True)

    def resume(self, context: str) -> None:
        self._begun(context).resume()
        self._registry.set_paused(context, paused=False)

    def approve(self, context: str) -> None:
        self._begun(context).approve()

    def path_in(self, context: str, said: str) -> str | None:
        """A path of the mount's directory as the context has it; None for all of it. ConfigError for one that is not in it."""
        return self._get(context).path_in(said)

    def progress(self, context: str) -> tuple[dict[str, Any], int | None]:
        """As in `status`, and how many paths are on their way down; None where the mount does not say."""
        mounted = self._get(context)
        return mounted.document(), mounted.arriving()

    def lease(self, context: str) -> Lease | None:
        """The one that a mount of the context holds here, for who else writes to it in this process; None without a mount."""
        found = self._find(context)
        return None if found is None else found.lease

    def nudge(self, context: str) -> None:
        """Something was committed to it just now: where it is mounted, it looks at once."""
        found = self._find(context)
        if found is not None:
            found.nudge()

    # -- the table

    def _find(self, context: str) -> Mounted | None:
        with self._lock:
            return self._mounts.get(context)

    def _get(self, context: str) -> Mounted:
        found = self._find(context)
        if found is None:
            known = ", ".join(self.contexts())
            raise NoMount(
                f"no mount of {context}", hint=f"mounted are: {known}" if known else "nothing is mounted"
            )
        return found

    def _begun(self, context: str) -> Mounted:
        """Once it is watched or parked: what is asked while the daemon starts waits for that."""
        self._stay()
        found = self._get(context)
        beginning = self._beginning.get(context)
        if beginning is not None:
            beginning.wait(_START_S)
        return found

    def _made(self, spec: Spec, source: Path | None = None, barred: HoldallError | None = None) -> Mounted:
        """Where nobody named the context, it looks first where that is from, as soon as the store answers."""
        store = self.shop.store
        if spec.context in self._registry.unmet():
            store = met_first(store, spec, lambda: self._registry.set_unmet(spec.context, unmet=False))
        return Mounted(spec, source, self.shop._replace(store=store), barred)

    def _add(self, mounted: Mounted) -> None:
        self._enter(mounted)
        mounted.attach()

    def _enter(self, mounted: Mounted) -> None:
        """Into the table. Once the daemon stops, nobody would release it any more: it is detached again."""
        with self._lock:
            stopping = self._stopping
            if not stopping:
                self._mounts[mounted.spec.context] = mounted
        if stopping:
            mounted.detach()
            self._stay()

    def _stay(self) -> None:
        """Abandoned once the daemon stops: what is released stays released, and the receipts that are told stay true."""
        if self._stopping:
            raise Abandoned(
                "the daemon is stopping", hint="when it has ended, `holdall up PATH` starts one that goes on"
            )

    def _begin(self, mounted: Mounted, paused: frozenset[str]) -> None:
        try:
            mounted.attach()
            if mounted.spec.context in paused and mounted.parked is None:
                mounted.pause()
        finally:
            self._beginning[mounted.spec.context].set()

    def _take_leave(self, mounted: Mounted) -> None:
        with self._lock:
            if mounted.leaving:
                raise Locked(f"{mounted.spec.context} is being released already", hint="see `holdall status`")
            mounted.leaving = True

    def _leave(
        self, mounted: Mounted, deadline_s: float, abandoned: Callable[[], bool], *, forget: bool = False
    ) -> dict[str, Any]:
        self._take_leave(mounted)
        try:
            receipt = mounted.last_barrier(deadline_s, abandoned)
        except BaseException:
            with self._lock:
                mounted.leaving = self._stopping  # the daemon's end releases it, now that nobody else does
            _LOGGER.info("%s: the release came to nothing: it stays mounted", mounted.spec.context)
            raise
        self._drop(mounted, hangs=receipt["deadline_hit"], forget=forget and receipt["outcome"] == "complete")
        return receipt

    def _drop(self, mounted: Mounted, *, hangs: bool = False, forget: bool) -> None:
        mounted.detach(hangs=hangs, forget=forget)
        with self._lock:
            self._mounts.pop(mounted.spec.context, None)

    def _say(self, receipt: dict[str, Any]) -> dict[str, Any]:
        _LOGGER.info("%s: released: %s", receipt["context"], outcome.sentence(receipt))
        return receipt
