"""What a survey has to know of archives that are extracted here."""

from holdall.engine.archives import Archive, State
from holdall.engine.ledger import Ledger
from holdall.engine.rows import Row
from holdall.engine.words import LeftPath, Step
from holdall.model import MEMBER, Entry, Seen, SeenAs
from holdall.rules.reconcile import Verdict


class ArchiveView:
    """`begin` before each survey. Says nothing of other paths, and costs nothing there. `on`: archives are extracted here."""

    def __init__(self, ledger: Ledger, *, on: bool) -> None:
        self._ledger = ledger
        self._on = on
        self._known: dict[str, Archive] = {}
        self._moving: dict[str, bool] = {}

    def begin(self) -> None:
        self._known = self._ledger.archives.known()
        self._moving.clear()

    @property
    def away(self) -> frozenset[str]:
        """Archives that we took away here."""
        return frozenset(path for path, one in self._known.items() if one.state is State.REMOVED)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def is_due(self, path: str) -> bool:
        """Whether it is to be extracted, as soon as it is known to be what came down."""
        return self._on and path in self._known and self._known[path].state is State.DUE

    def step(self, row: Row, seen: Seen, survey: int, *, read: bool = False) -> Step | None:
        """What there is to do about an archive that is here as it came down, or was taken away here by us; None: nothing that
        is not done about any file. `read`: its bytes are known to be the base's.
        """
        archive, base = self._known[row.path], row.base
        if base is None or base.entry.vid != archive.vid:
            return None
        entry, remote = base.entry, row.remote
        if not isinstance(remote, Entry) or remote.vid != entry.vid:
            return None
        if archive.state is State.REMOVED and seen.what is SeenAs.ABSENT and remote != entry:
            # Its time or mode changed elsewhere: nothing is here that could have them.
            return Step(row.path, Verdict.AGREE, survey, seen, None, entry, remote)
        here = seen.what is SeenAs.FILE and seen.stamp is not None and (read or seen.stamp == base.stamp)
        if archive.state is State.DUE and self._on and here and remote == entry:
            return Step(row.path, Verdict.EXTRACT, survey, seen, entry, entry, remote)
        return None

    def is_away(self, row: Row, seen: Seen) -> bool:
        """Whether an archive is gone because we took it away, and the head has no other version: that is no deletion."""
        archive, base = self._known[row.path], row.base
        if archive.state is not State.REMOVED or base is None or base.entry.vid != archive.vid:
            return False
        if seen.what is not SeenAs.ABSENT:
            if seen.what is SeenAs.FILE and seen.stamp != base.stamp:
                # Its user put one there again: what becomes of that is their word.
                self._ledger.archives.note(archive._replace(state=State.DONE))
                self._known[row.path] = archive._replace(state=State.DONE)
            return False
        remote = row.remote
        return isinstance(remote, Entry) and remote.vid == archive.vid

    def brings_back(self, row: Row) -> bool:
        """Whether a member that is missing here is about to be put there again, from this version of its archive or the next."""
        if not self._on or row.base is None or row.base.entry.flag != MEMBER:
            return False
        path = self._ledger.archives.of((row.path,)).get(row.path, "")
        if path not in self._moving:
            self._moving[path] = self._is_moving(path)
        return self._moving[path]

    def _is_moving(self, path: str) -> bool:
        archive = self._known.get(path)
        if archive is None:
            return False
        remote = self._ledger.remote(path)
        return archive.state is State.DUE or (isinstance(remote, Entry) and remote.vid != archive.vid)

    def refused(self) -> tuple[LeftPath, ...]:
        """As of now, not of the survey's beginning."""
        found = self._ledger.archives.known().values()
        return tuple(
            LeftPath(one.path, one.reason, 0, one.fix) for one in found if one.state is State.REFUSED
        )
