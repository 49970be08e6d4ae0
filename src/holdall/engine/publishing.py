"""Hands for archives, second half: put the members in their places, and take the archive away.

What is put somewhere is noted before as what may be there, and after as what is; the archive goes last. Killed anywhere, the
next start reads the archive anew and finds what is in its place already.
"""

from collections.abc import Iterable
from contextlib import closing, suppress
from typing import Final, NamedTuple

from holdall.engine.archives import Archive, State
from holdall.engine.downloads import Downloads
from holdall.engine.events import Published
from holdall.engine.extracting import Extracting
from holdall.engine.ledger import Ledger
from holdall.engine.rows import Base, Row
from holdall.engine.shut import opened
from holdall.engine.survey import local_entry
from holdall.engine.words import Agreed, Extracted, Failed, Landing, Step, Unpacked
from holdall.errors import HoldallError, LocalError, Moved, RootLost, Unreadable
from holdall.local.base import Disk, look_at, read_digest
from holdall.model import MEMBER, Entry, Kind, Seen, SeenAs
from holdall.policies.effective import Extract
from holdall.rules.bundles import git_dir
from holdall.rules.extraction import Placing, placing
from holdall.rules.reconcile import UNREAD, Local, Sides, parents

_IN_THE_WAY: Final = "not extracted: what is there would have to be a directory"
_MIXED: Final = "not extracted: a repository is there, and the archive has parts of another one for its place"


_AT_ONCE: Final = 5000
"""Files that are put in their places together: what is known of each takes memory."""


class _Plan(NamedTuple):
    """What becomes of one member; `seen` is its path before anything is done."""

    member: Extracted
    placing: Placing
    seen: Seen


class _Batch:
    """agreed   members that are in their place
    landed   staged names that are settled
    aside    staged names of what was ours and had to go
    moved    paths to look at again
    """

    def __init__(self) -> None:
        self.agreed: list[Agreed] = []
        self.landed: list[str] = []
        self.aside: list[str] = []
        self.moved: list[str] = []


class Publishing:
    def __init__(
        self, disk: Disk, ledger: Ledger, downloads: Downloads, extracting: Extracting, rule: Extract
    ) -> None:
        self._disk = disk
        self._ledger = ledger
        self._archives = ledger.archives
        self._downloads = downloads
        self._extracting = extracting
        self._rule = rule

    def publish(self, item: Unpacked) -> Published:
        step = item.step
        try:
            if not self._is_as_planned(step):
                raise Moved("the archive changed since it was read", path=step.path)
            with opened(self._disk, self._ledger, [step.path, *(one.path for one in item.members)]):
                self._expect_room(item)
                moved = self._publish(item)
        except HoldallError as exc:
            if isinstance(exc, RootLost) or self._ledger.landings():
                # What was begun is settled by the next Recover.
                self._downloads.disown(one.staged for one in item.members if one.staged)
                raise
            self._extracting.drop(item.members)
            return Published(step, failed=Failed(step.path, exc))
        return Published(step, moved=tuple(moved))

    def _is_as_planned(self, step: Step) -> bool:
        row = self._ledger.row(step.path)
        unchanged = row.base is not None and row.base.entry == step.base and row.remote == step.base
        return unchanged and self._look(step.path).stamp == step.seen.stamp

    def _expect_room(self, item: Unpacked) -> None:
        """Raises LocalError where the directories of the archive cannot be, or a repository would be mixed with another."""
        folders = {one.path for one in item.members if one.entry.kind is Kind.DIR}
        folders |= {above for path in folders for above in parents(path)}
        repositories = {found for one in item.members if (found := git_dir(one.path)) is not None}
        rows = self._ledger.rows(folders | repositories)
        of = self._archives.of(folders | repositories)
        for seen in self._disk.look(sorted(folders | repositories)):
            path, row = seen.path, rows[seen.path]
            ours = of.get(path) == item.step.path and row.base is not None and row.base.entry.flag == MEMBER
            remote = row.remote if isinstance(row.remote, Entry) else None
            is_dir = seen.what in (SeenAs.DIR, SeenAs.ABSENT) and (remote is None or remote.kind is Kind.DIR)
            if path in folders and not is_dir and not ours:
                raise LocalError(_IN_THE_WAY, path=path, hint="move it away")
            if path in repositories and not ours and (seen.what is not SeenAs.ABSENT or remote is not None):
                raise LocalError(_MIXED, path=path, hint="move it away")

    def _publish(self, item: Unpacked) -> list[str]:
        """The paths to look at again."""
        step = item.step
        self._clear_away(item)
        self._make_folders(step, [one for one in item.members if one.entry.kind is Kind.DIR])
        files = sorted(one for one in item.members if one.entry.kind is Kind.FILE)
        moved: list[str] = []
        for start in range(0, len(files), _AT_ONCE):
            moved += self._place(step, files[start : start + _AT_ONCE])
        self._finish(step)
        return moved

    def _make_folders(self, step: Step, folders: list[Extracted]) -> None:
        plans = [one for one in self._plans(step, folders) if one.placing is not Placing.LEAVE]
        self._archives.begin(
            step.path,
            self._own(step, folders),
            [Agreed(one.member.path, one.member.entry, None) for one in plans],
        )
        for plan in plans:
            self._disk.make_dir(plan.member.path, plan.member.entry.mode)
        looks = self._disk.look(one.member.path for one in plans)
        self._archives.placed(
            Agreed(seen.path, plan.member.entry._replace(mode=seen.stamp.mode), seen.stamp)
            for plan, seen in zip(plans, looks, strict=True)
            if seen.what is SeenAs.DIR and seen.stamp is not None
        )

    def _place(self, step: Step, files: list[Extracted]) -> list[str]:
        plans = self._plans(step, files)
        arriving = [one for one in plans if one.placing in (Placing.PUT, Placing.REPLACE)]
        self._archives.begin(step.path, self._own(step, files), ())
        # As with downloads: neither rows nor names may outlive a power cut that the bytes did not.
        self._disk.sync()
        self._ledger.land(self._landings(arriving))
        batch = _Batch()
        self._put(arriving, batch)
        self._look_over(plans, batch)
        self._disk.sync()
        staged = [one.staged for one in files]
        self._archives.placed(batch.agreed, staged)
        landed = set(batch.landed)
        self._discard([*batch.aside, *(one for one in staged if one not in landed)])
        self._downloads.disown(landed)
        return batch.moved

    def _own(self, step: Step, some: list[Extracted]) -> list[str]:
        """Their paths, but for those that are another archive's."""
        paths = [one.path for one in some]
        of = self._archives.of(paths)
        return [path for path in paths if of.get(path, step.path) == step.path]

    def _clear_away(self, item: Unpacked) -> None:
        """What an earlier version left, nobody changed, and this one does not have."""
        kinds = {one.path: one.entry.kind for one in item.members}
        old = self._archives.members(item.step.path)
        doomed = [path for path, base in old.items() if kinds.get(path) is not base.entry.kind]
        if not doomed:
            return
        looks = [seen for seen in self._disk.look(doomed) if self._is_ours(seen, old[seen.path])]
        self._discard(name for seen in looks if (name := self._aside(seen)) is not None)
        for seen in sorted(looks, reverse=True):
            if seen.what is SeenAs.DIR:
                self._disk.remove_dir(seen.path)
        # Until then the ledger knows the bytes: what a crash leaves under a staged name is nobody's.
        self._archives.forget(seen.path for seen in looks)

    def _is_ours(self, seen: Seen, base: Base) -> bool:
        local = self._local(seen, base, base.entry)
        return local is None or (isinstance(local, Entry) and local.same_as(base.entry))

    def _aside(self, seen: Seen) -> str | None:
        """Taken away, the staged name that it has now; None where it is not there, is a directory, or somebody is at it."""
        if seen.what not in (SeenAs.FILE, SeenAs.SYMLINK):
            return None
        with suppress(Moved, Unreadable):
            name = self._disk.take(seen.path, seen)
            self._downloads.own(name)
            return name
        return None

    def _discard(self, names: Iterable[str]) -> None:
        names = list(names)
        for name in names:
            self._disk.drop(name)
        self._downloads.disown(names)

    def _plans(self, step: Step, some: list[Extracted]) -> list[_Plan]:
        """In the order of the paths."""
        found = {one.path: one for one in some}
        rows = self._ledger.rows(found)
        of = self._archives.of(found)
        looks = self._disk.look(sorted(found))
        return [self._plan(found[seen.path], rows[seen.path], seen, step, of) for seen in looks]

    def _plan(self, member: Extracted, row: Row, seen: Seen, step: Step, of: dict[str, str]) -> _Plan:
        base = None if row.base is None else row.base.entry
        local = self._local(seen, row.base, member.entry)
        ours = of.get(member.path) == step.path
        return _Plan(member, placing(member.entry, Sides(base, local, row.remote), ours=ours), seen)

    def _local(self, seen: Seen, base: Base | None, member: Entry) -> Local:
        """Read only where it may be the member, or what was there of it before."""
        local = local_entry(seen, base)
        if not isinstance(local, Entry) or local.digest != UNREAD:
            return local
        known = (member, member if base is None else base.entry)
        if not any(
            local._replace(digest=one.digest).same_as(one) and local.size == one.size for one in known
        ):
            return local
        try:
            with closing(self._disk.open(seen.path)) as reader:
                digest = read_digest(reader)
                return (
                    local if reader.stamp != seen.stamp or reader.moved() else local._replace(digest=digest)
                )
        except (Moved, Unreadable):
            return local

    def _landings(self, arriving: Iterable[_Plan]) -> list[Landing]:
        folders: dict[str, int] = {}
        found = []
        for plan in arriving:
            path, entry, staged = plan.member
            folder = path.rpartition("/")[0]
            if folder not in folders:
                stamp = self._look(folder).stamp if folder else None
                folders[folder] = 0 if stamp is None else stamp.inode
            found.append(Landing(staged, path, entry, None, folders[folder]))
        return found

    def _put(self, arriving: Iterable[_Plan], batch: _Batch) -> None:
        for plan in arriving:
            path, _, staged = plan.member
            try:
                aside = self._disk.publish(staged, path, plan.seen)
            except RootLost:
                raise
            except (Moved, Unreadable):
                # Somebody put something there just now: it is theirs.
                self._disk.drop(staged)
                batch.moved.append(path)
            else:
                batch.landed.append(staged)
                if aside is not None:
                    batch.aside.append(aside)

    def _look_over(self, plans: list[_Plan], batch: _Batch) -> None:
        """RACE: a save after the exchange is in this look already. Its mtime or mode gives it away: ours were set before."""
        missed = set(batch.moved)
        placed = [one for one in plans if one.placing is not Placing.LEAVE and one.member.path not in missed]
        looks = self._disk.look(one.member.path for one in placed)
        for plan, seen in zip(placed, looks, strict=True):
            path, entry, _ = plan.member
            if plan.placing is Placing.KEEP:
                untouched = seen.stamp == plan.seen.stamp or entry.kind is Kind.DIR
            else:
                local = local_entry(seen, None)
                untouched = (
                    isinstance(local, Entry)
                    and local._replace(digest=entry.digest).same_as(entry)
                    and local.size == (entry.size if entry.kind is Kind.FILE else local.size)
                )
            batch.agreed.append(Agreed(path, entry, seen.stamp if untouched else None))
            if not untouched:
                batch.moved.append(path)

    def _finish(self, step: Step) -> None:
        assert step.base is not None
        removes = self._rule.delete_src_file and not self._ledger.exposed(step.path)
        self._archives.note(Archive(step.path, step.base.vid, State.REMOVED if removes else State.DONE))
        if removes:
            self._take_away(step.seen)

    # -- the archive itself

    def _take_away(self, seen: Seen) -> None:
        """It is noted as taken away before: its absence is no deletion. One that was changed or held open since stays."""
        aside = self._aside(seen)
        if aside is not None:
            self._discard((aside,))

    def recover(self) -> None:
        """Archives that an earlier process was about to take away."""
        for archive in self._archives.known().values():
            base = self._ledger.row(archive.path).base
            if archive.state is not State.REMOVED or base is None or base.stamp is None:
                continue
            seen = self._look(archive.path)
            if seen.what is SeenAs.FILE and seen.stamp == base.stamp:
                with opened(self._disk, self._ledger, (archive.path,)):
                    self._take_away(seen)

    def _look(self, path: str) -> Seen:
        return look_at(self._disk, path)
