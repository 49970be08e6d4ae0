"""Hands for the way down: fetch beside the target, verify, exchange, agree."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final, TypeVar

from blake3 import blake3

from holdall.engine.effects import Fetch, Land
from holdall.engine.events import FetchDone, Landed, Recovered
from holdall.engine.folders import make_folders
from holdall.engine.landing import Batch, by_need, is_as_set, replaces_folder
from holdall.engine.ledger import Ledger
from holdall.engine.shut import OPEN, is_shut, opened, shut_again
from holdall.engine.staged_names import StagedNames
from holdall.engine.unpacking import Unpacking, order
from holdall.engine.words import Agreed, Failed, Fetched, Landing, Step
from holdall.errors import BadFormat, HoldallError, LocalError, Missing, Moved, NotThere, RootLost, Unreadable
from holdall.local.base import PART_PREFIX, Disk, Staged, look_at, read_digest
from holdall.log.objects import Objects
from holdall.model import BLOCK_BYTES, DEFAULT_MODES, MEMBER, NO_MODE, Entry, Kind, Seen, SeenAs, block_bytes
from holdall.rules.reconcile import Verdict

_NO_BYTES: Final = blake3().hexdigest()

_Made = TypeVar("_Made")


class Downloads:
    """copy_name  path -> a free name for a conflict copy
    extracts   path -> whether it is an archive that is to be extracted once it is here
    """

    def __init__(
        self,
        disk: Disk,
        ledger: Ledger,
        objects: Objects,
        copy_name: Callable[[str], str],
        extracts: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._disk = disk
        self._ledger = ledger
        self._objects = objects
        self._copy_name = copy_name
        self._extracts = extracts
        self._own = StagedNames()

    # -- fetch

    def fetch(self, effect: Fetch) -> FetchDone:
        fetched: list[Fetched] = []
        failed: list[Failed] = []
        packed = Unpacking(self._objects.packs, effect.steps)
        wanted = [step.remote.digest for step in effect.steps if isinstance(step.remote, Entry)]
        here = self._ledger.has_digests(wanted)
        folders: set[str] = set()
        for step in sorted(effect.steps, key=order):
            try:
                if (folder := _folder_of(step.path)) not in folders:
                    make_folders(self._disk, self._ledger, step.path)
                    folders.add(folder)
                fetched.append(self._fetch(step, packed, here))
            except HoldallError as exc:
                failed.append(Failed(step.path, exc))
        return FetchDone(tuple(fetched), tuple(failed), effect.packed)

    def _fetch(self, step: Step, packed: Unpacking, here: set[str]) -> Fetched:
        entry = step.remote
        assert isinstance(entry, Entry)
        self._secure(step.path, step.base)
        if entry.kind is Kind.DIR or (entry.kind is Kind.FILE and entry.same_bytes(step.local)):
            return Fetched(step, None)
        if entry.kind is Kind.SYMLINK:
            with self._own.being_made():
                name = self._beside(step.path, lambda path: self._disk.stage_link(path, entry.target))
                self._own.add(name)
            return Fetched(step, name)
        staged = self.stage(step.path)
        try:
            received = 0
            if entry.digest not in here or not self._from_here(entry, staged.write):
                received = entry.size
                self._from_store(step.path, entry, staged.write, packed)
            finished = staged.finish(mode=entry.access, mtime_ns=entry.mtime_ns)
            _verify(step.path, finished.digest, entry)
        except BaseException:
            # Where it cannot be removed now (the root went away), a scan comes across it later.
            self._own.drop(staged.name)
            staged.discard()
            raise
        return Fetched(step, staged.name, received, finished.mode, finished.mtime_ns)

    def stage(self, path: str) -> Staged:
        """A staged file beside the path, that no scan takes for a leftover until it is `disowned`."""
        with self._own.being_made():
            staged = self._beside(path, self._disk.stage)
            self._own.add(staged.name)
        return staged

    def own(self, name: str) -> None:
        """What was displaced by this process."""
        self._own.add(name)

    def disown(self, names: Iterable[str]) -> None:
        self._own.drop(*names)

    def _beside(self, path: str, stage: Callable[[str], _Made]) -> _Made:
        """Staged beside the path, or, where that directory is shut, beside the nearest one above that is not.

        It is opened when the file lands: a survey may be under way now, and would take that for an edit.
        """
        try:
            return stage(path)
        except Unreadable:
            folder = _folder_of(path)
            seen = self._look(folder) if folder else None
            if seen is None or not (seen.what is SeenAs.ABSENT or is_shut(seen)):
                raise
            if seen.stamp is not None:
                # The mode that it has already: refused, before anything travels, where it is not ours to open.
                self._disk.set_meta(folder, seen, mode=seen.stamp.mode, mtime_ns=None)
            return self._beside(folder, stage)

    def _secure(self, path: str, base: Entry | None) -> None:
        """Put our version into the trash before it goes, where it is the last: the store has it no more, and nobody kept it."""
        if base is None or base.where is None or not self._ledger.exposed(path):
            return
        try:
            reader = self._disk.open(path)
        except Moved:
            return  # its user was first: there is nothing here to be kept
        try:
            length = block_bytes(reader.stamp.size)
            offsets = range(0, reader.stamp.size, length)
            if read_digest(reader) == base.digest:
                self._objects.keep(path, base, [partial(reader.read, offset, length) for offset in offsets])
        finally:
            reader.close()

    def _from_here(self, entry: Entry, write: Callable[[int, bytes], None]) -> bool:
        """The same bytes under another name on this disk: a rename elsewhere costs no transfer here."""
        for path, base in self._ledger.by_digest(entry.digest):
            seen = self._look(path)
            if seen.stamp is None or seen.stamp != base.stamp or seen.stamp.size != entry.size:
                continue
            try:
                reader = self._disk.open(path)
            except HoldallError:
                continue
            try:
                for offset in range(0, entry.size, BLOCK_BYTES):
                    write(offset, reader.read(offset, BLOCK_BYTES))
                if not reader.moved():
                    return True
            finally:
                reader.close()
        return False

    def _from_store(
        self, path: str, entry: Entry, write: Callable[[int, bytes], None], packed: Unpacking
    ) -> None:
        try:
            if (data := packed.bytes_of(entry)) is not None:
                write(0, data)
            elif entry.size > self._objects.store.part_bytes:
                self._objects.fetch_to(path, entry, write)
            else:
                write(0, self._objects.fetch(path, entry))
        except NotThere as exc:
            raise Missing(
                "its bytes are not in the store", path=path, hint="a machine that has them puts them back"
            ) from exc
        except BadFormat as exc:
            raise Missing(exc.message, path=path, hint=exc.hint) from exc

    # -- land

    def land(self, effect: Land) -> Landed:
        """All of a batch is on the disk before it is exchanged, and the exchanges are before any of it becomes the base."""
        # What is erased lies under a staged name beside its place until that is agreed on: no directory that it was in is empty.
        parts = [self._land_whole(part) for part in by_need(effect) if part.fetched or part.others]
        return Landed(
            tuple(path for part in parts for path in part.done),
            tuple(path for part in parts for path in part.moved),
            due=tuple(path for part in parts for path in part.due),
            failed=tuple(failed for part in parts for failed in part.failed),
        )

    def _land_whole(self, effect: Land) -> Landed:
        try:
            return self._land(effect)
        except HoldallError:
            # What is staged is nobody's now: recovery settles what was begun, a scan comes across the rest.
            self._own.drop(*(one.staged for one in effect.fetched if one.staged is not None))
            raise

    def _land(self, effect: Land) -> Landed:
        batch = Batch()
        arriving = []
        landings = []
        folders: dict[str, int] = {}
        for fetched in effect.fetched:
            if fetched.staged is not None:
                landing = self._landing(fetched, folders)
                if landing is None:
                    gone = Moved("the directory it lies in went away", path=fetched.step.path)
                    batch.failed.append(Failed(fetched.step.path, gone))
                    continue
                landings.append(landing)
            arriving.append(fetched)
        if landings:
            # The rows outlive a power cut, and the exchange may: neither may tell of bytes or names that did not.
            self._disk.sync()
        self._ledger.land(landings)
        batch.landed.extend(one.staged for one in landings)
        with self._opened([*(one.step.path for one in arriving), *(one.path for one in effect.others)]):
            self._exchange(batch, arriving, effect.others)
        for step, entry in sorted(batch.folders, key=lambda one: one[0].path, reverse=True):
            self._try(batch, step, partial(self._set_mode, batch, step.path, entry))
        # A base that outlives the exchange it tells of would make an edit of what the exchange was to replace.
        self._disk.sync()
        due = [one for one in batch.agreed if one.path in batch.arrived and self._extracts(one.path)]
        self._ledger.agree(batch.agreed, batch.gone, batch.landed, [(one.path, one.entry.vid) for one in due])
        with self._opened(batch.displaced):
            for name in batch.displaced:
                self._disk.drop(name)
        self._own.drop(*batch.landed, *batch.displaced)
        return Landed(
            tuple(batch.done),
            tuple(batch.moved),
            due=tuple(one.path for one in due),
            failed=tuple(batch.failed),
        )

    def _opened(self, paths: Iterable[str]) -> AbstractContextManager[None]:
        return opened(self._disk, self._ledger, paths)

    def _exchange(self, batch: Batch, arriving: list[Fetched], others: Iterable[Step]) -> None:
        """In this order: arrivals, parents first; deletions and moves aside, innermost first; last, files that replace a
        directory, which is empty by then.
        """
        arriving = sorted(arriving, key=lambda one: one.step.path)
        for fetched in arriving:
            if not replaces_folder(fetched):
                self._try(batch, fetched.step, partial(self._arrive, batch, fetched))
        for step in sorted(others, key=lambda one: one.path, reverse=True):
            self._try(batch, step, partial(self._other, batch, step))
        for fetched in filter(replaces_folder, arriving):
            self._try(batch, fetched.step, partial(self._arrive, batch, fetched))

    def _landing(self, fetched: Fetched, folders: dict[str, int]) -> Landing | None:
        """None: the directory went away, and the staged file with it. `folders`: those that were looked at in this batch."""
        step = fetched.step
        assert fetched.staged is not None
        assert isinstance(step.remote, Entry)
        name = _folder_of(step.path)
        if name not in folders:
            folders[name] = self._folder(step.path)
        # Looked at in this order: after a crash, the folder's inode with nothing staged any more means that it was exchanged.
        if self._look(fetched.staged).what is SeenAs.ABSENT:
            return None
        return Landing(fetched.staged, step.path, step.remote, step.keep_as, folders[name])

    def _folder(self, path: str) -> int:
        """The inode of the directory that the path lies in; 0 where there is none, and for the root."""
        folder = _folder_of(path)
        stamp = self._look(folder).stamp if folder else None
        return 0 if stamp is None else stamp.inode

    def _try(self, batch: Batch, step: Step, act: Callable[[], None]) -> None:
        try:
            act()
        except Moved:
            batch.moved.append(step.path)
        except HoldallError as exc:
            batch.failed.append(Failed(step.path, exc))

    def _arrive(self, batch: Batch, fetched: Fetched) -> None:
        step = fetched.step
        entry = step.remote
        assert isinstance(entry, Entry)
        path = step.path
        if fetched.staged is None:
            self._without_bytes(batch, step, entry)
            return
        try:
            expected = self._make_way(path) if replaces_folder(fetched) else step.seen
            if expected.what is SeenAs.ABSENT and _folder_of(path) != _folder_of(fetched.staged):
                self._disk.make_dir(_folder_of(path), DEFAULT_MODES[Kind.DIR])
            displaced = self._disk.publish(fetched.staged, path, expected)
        except HoldallError:
            # Not landed: the row goes before the bytes, or a restart would take the missing file for a finished exchange.
            self._ledger.agree((), (), (fetched.staged,))
            self._own.drop(fetched.staged)
            self._settle_leftover(fetched.staged)
            raise
        if displaced is not None:
            self._own.add(displaced)
            if step.keep_as is not None:
                self._keep(batch, displaced, step.keep_as)
            else:
                batch.displaced.append(displaced)
        # RACE: a save after the exchange is in this look already. Its mtime or mode gives it away: ours were set before.
        seen = self._look(path)
        batch.agree(path, entry, seen, untouched=is_as_set(seen, entry, fetched))
        if entry.kind is Kind.FILE:
            batch.arrived.add(path)

    def _keep(self, batch: Batch, displaced: str, path: str) -> None:
        try:
            self._disk.keep(displaced, path)
        except LocalError:
            batch.moved.append(displaced)  # a leftover like any other
            raise
        batch.moved.append(path)

    def _make_way(self, path: str) -> Seen:
        """A directory becomes a file once it is empty."""
        if not self._disk.remove_dir(path):
            raise LocalError(
                "it is a file elsewhere, and the directory here is not empty",
                path=path,
                hint="move away what is left in it",
            )
        return Seen(path, SeenAs.ABSENT)

    def _without_bytes(self, batch: Batch, step: Step, entry: Entry) -> None:
        path = step.path
        if entry.kind is Kind.DIR:
            if step.seen.what in (SeenAs.FILE, SeenAs.SYMLINK):
                batch.displaced.append(self._disk.take(path, step.seen))
            self._disk.make_dir(path, entry.access | OPEN)
            batch.folders.append((step, entry))
            return
        seen = self._disk.set_meta(path, step.seen, mode=entry.access, mtime_ns=entry.mtime_ns)
        # RACE: a save between the compare and the change of mtime would pass for ours: the bytes tell.
        batch.agree(path, entry, seen, untouched=self._holds(path, seen, entry.digest))

    def _set_mode(self, batch: Batch, path: str, entry: Entry) -> None:
        """Of a directory, after all that came with it is in place: its mode may let nobody write to it."""
        seen = self._look(path)
        if seen.stamp is not None and entry.mode not in (NO_MODE, seen.stamp.mode):
            seen = self._disk.set_meta(path, seen, mode=entry.mode, mtime_ns=None)
        batch.agree(path, entry, seen)

    def _holds(self, path: str, seen: Seen, digest: str) -> bool:
        reader = self._disk.open(path)
        try:
            return read_digest(reader) == digest and reader.stamp == seen.stamp and not reader.moved()
        finally:
            reader.close()

    def _other(self, batch: Batch, step: Step) -> None:
        path = step.path
        if step.verdict is Verdict.ASIDE or step.verdict is Verdict.CONFLICT:
            assert step.keep_as is not None
            self._disk.rename(path, step.keep_as)
            batch.moved.extend((path, step.keep_as))
            batch.done.append(path)
            return
        assert step.verdict is Verdict.PULL_DELETE
        if step.seen.what is SeenAs.DIR:
            # Not empty: something in it takes no part, or is newer than the removal. It stays.
            if not self._disk.remove_dir(path):
                batch.done.append(path)
                if self._ledger.live_below(path):
                    # The head has something in it again: then it has the directory too, as one that is new here.
                    batch.gone.append(path)
                    batch.moved.append(path)
                return
        else:
            self._secure(path, step.base)
            batch.displaced.append(self._disk.take(path, step.seen))
        batch.gone.append(path)
        batch.done.append(path)

    def _look(self, path: str) -> Seen:
        return look_at(self._disk, path)

    # -- after a crash

    def recover(self) -> Recovered:
        """Exchanges that were begun: what the staged name holds now tells whether they happened."""
        dirty: list[str] = []
        for landing in self._ledger.landings():
            dirty.append(landing.path)
            try:
                self._resume(landing)
            except RootLost:
                raise
            except LocalError:
                # It cannot be told, or not be mended. Nothing is agreed on, so both sides of the path are compared anew, and the
                # staged file is a leftover like any other. A row that stays would undo what is agreed on until the next start.
                self._ledger.agree((), (), (landing.staged,))
                dirty.append(landing.staged)
        shut_again(self._disk, self._ledger)
        return Recovered(tuple(dirty))

    def _resume(self, landing: Landing) -> None:
        untouched = self._is_as_agreed(landing.path)
        digest = None if untouched else self._disk.staged_digest(landing.staged)
        if untouched or digest == _staged_as(landing.entry):
            self._ledger.agree((), (), (landing.staged,))
            self._disk.drop(landing.staged)
        elif digest is None and self._is_unsure(landing):
            self._ledger.agree((), (), (landing.staged,), self._due(landing))
        else:
            if digest is not None:
                self._settle_displaced(landing, digest)
            agreed = Agreed(landing.path, landing.entry, None)
            self._ledger.agree([agreed], (), (landing.staged,), self._due(landing))

    def _due(self, landing: Landing) -> list[tuple[str, int]]:
        path, entry = landing.path, landing.entry
        return [(path, entry.vid)] if entry.flag != MEMBER and self._extracts(path) else []

    def _is_as_agreed(self, path: str) -> bool:
        """Whether what was agreed before is there still: no exchange leaves its stamp as it was."""
        base = self._ledger.row(path).base
        return base is not None and base.stamp is not None and base.stamp == self._look(path).stamp

    def _is_unsure(self, landing: Landing) -> bool:
        """Whether a missing staged file proves nothing. It proves an exchange only if its directory is still the same one and
        something is at the path.

        Better that a deleted file comes back than that one which nobody here has seen is taken for deleted.
        """
        return self._folder(landing.path) != landing.folder or self._look(landing.path).what is SeenAs.ABSENT

    def _settle_displaced(self, landing: Landing, digest: str) -> None:
        base = self._ledger.row(landing.path).base
        agreed = base is not None and digest == _staged_as(base.entry)
        if landing.keep_as is None and (agreed or self._ledger.in_log(digest)):
            self._disk.drop(landing.staged)
        else:
            self._disk.keep(landing.staged, landing.keep_as or self._copy_name(landing.path))

    def leftover(self, staged: str) -> None:
        """A staged file of an earlier process that no landing names. User bytes that no version has are kept."""
        if staged in self._own:
            return
        if self._disk.is_claimed(staged):
            return  # a restore is under way: what it may leave behind, a later scan comes across
        with self._opened((staged,)):
            self._settle_leftover(staged)

    def _settle_leftover(self, staged: str) -> None:
        if staged.rpartition("/")[2].startswith(PART_PREFIX):
            self._disk.drop(staged)  # a download that was cut off
            return
        digest = self._disk.staged_digest(staged)
        if digest is None:
            return
        # A power cut leaves a download that was just finished without its bytes.
        if digest == _NO_BYTES or self._ledger.in_log(digest):
            self._disk.drop(staged)
        else:
            folder = _folder_of(staged)
            self._disk.keep(staged, self._copy_name(f"{folder}/recovered" if folder else "recovered"))


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _staged_as(entry: Entry) -> str:
    """The digest of the entry while it is staged: of a symlink, of its target."""
    return entry.digest if entry.kind is Kind.FILE else blake3(entry.target.encode()).hexdigest()


def _verify(path: str, digest: str, entry: Entry) -> None:
    if digest != entry.digest:
        raise Missing("the store holds other bytes than the log says", path=path, hint="run `holdall verify`")
