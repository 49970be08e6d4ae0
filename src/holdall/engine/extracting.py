"""Hands for archives, first half: read one to its end, its members to staged files. Nothing is put anywhere before that."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from typing import Final

from blake3 import blake3

from holdall.engine.archives import Archive, State
from holdall.engine.downloads import Downloads
from holdall.engine.events import ExtractDone
from holdall.engine.ledger import Ledger
from holdall.engine.words import Extracted, Failed, Step, Unpacked
from holdall.errors import BadArchive, HoldallError, LocalError, Moved
from holdall.local.base import Disk, Skip
from holdall.local.extract.limits import Limits
from holdall.local.extract.member import Member
from holdall.local.extract.open import members
from holdall.model import DEFAULT_MODES, MEMBER, Entry, Kind
from holdall.policies.effective import Extract
from holdall.rules.extraction import archive_at, target
from holdall.rules.ignore import RULES_NAME
from holdall.rules.reconcile import parents

_FIX: Final = (
    "the archive stays as it is: extract it yourself if you trust it, or put a sound one in its place"
)

_CHECKED_LAST: Final = frozenset({"tar.gz"})
"""Whose one checksum stands at the end. Reading is much faster than writing, so all of it is read before anything is written."""


class Extracting:
    """`skip`: what takes no part is not put there either."""

    def __init__(
        self,
        disk: Disk,
        ledger: Ledger,
        downloads: Downloads,
        rule: Extract,
        limits: Limits,
        skip: Skip | None,
    ) -> None:
        self._disk = disk
        self._ledger = ledger
        self._downloads = downloads
        self._rule = rule
        self._limits = limits
        self._skip = skip

    def extract(self, step: Step) -> ExtractDone:
        made: list[Extracted] = []
        try:
            made.extend(self._folders(step, self._take(step, made)))
        except BadArchive as exc:
            self.drop(made)
            return ExtractDone(step, released=self._refuse(step, exc))
        except HoldallError as exc:
            self.drop(made)
            return ExtractDone(step, failed=Failed(step.path, exc))
        except BaseException:
            self.drop(made)
            raise
        return ExtractDone(step, Unpacked(step, tuple(made)))

    def _refuse(self, step: Step, why: BadArchive) -> tuple[str, ...]:
        refused = Archive(step.path, _vid(step), State.REFUSED, f"not extracted: {why.message}", _FIX)
        return tuple(self._ledger.archives.note(refused))

    def _take(self, step: Step, made: list[Extracted]) -> Iterable[str]:
        """The members, added to `made` one by one; their paths."""
        found = archive_at(step.path)
        assert found is not None
        under = target(step.path, self._rule)
        with closing(self._disk.open(step.path)) as reader:
            if reader.stamp != step.seen.stamp:
                raise Moved("the archive changed since it was looked at", path=step.path)
            if found.suffix in _CHECKED_LAST:
                deque(members(reader, found.suffix, self._limits, under), maxlen=0)
            for member in members(reader, found.suffix, self._limits, under):
                self._refuse_rules(member)
                path = f"{under}/{member.path}" if under else member.path
                if not self._is_outside(path, member.kind):
                    made.append(self._staged(step, path, member))
            if reader.moved():
                raise Moved("the archive changed while it was read", path=step.path)
        return [one.path for one in made]

    def _is_outside(self, path: str, kind: Kind) -> bool:
        skip = self._skip
        if skip is None:
            return False
        return skip(path, kind is Kind.DIR) or any(skip(above, True) for above in parents(path))

    def _refuse_rules(self, member: Member) -> None:
        """What an archive holds does not say which of the files beside it take part."""
        if self._rule.extract_current_folder and member.path == RULES_NAME:
            raise BadArchive("it would say what takes part beside the archive", member=member.path)

    def _staged(self, step: Step, path: str, member: Member) -> Extracted:
        entry = Entry(member.kind, mode=member.mode, vid=_vid(step), flag=MEMBER)
        if member.kind is Kind.DIR:
            return Extracted(path, entry)
        staged = self._downloads.stage(step.path)
        try:
            hasher, size = blake3(), 0
            for chunk in member.chunks:
                staged.write(size, chunk)
                hasher.update(chunk)
                size += len(chunk)
            given = staged.seal(mode=member.mode, mtime_ns=member.mtime_ns)
        except BaseException:
            self._downloads.disown((staged.name,))
            staged.discard()
            raise
        entry = entry._replace(size=size, mtime_ns=given.mtime_ns, mode=given.mode, digest=hasher.hexdigest())
        return Extracted(path, entry, staged.name)

    def _folders(self, step: Step, paths: Iterable[str]) -> Iterator[Extracted]:
        """Directories that the archive only names as a part of its members' paths, and the one that they are all put into."""
        named = set(paths)
        top = target(step.path, self._rule)
        wanted = {above for path in named for above in parents(path) if above.startswith(f"{top}/")}
        if not self._rule.extract_current_folder:
            wanted.add(top)
        elif not top:
            wanted = {above for path in named for above in parents(path)}
        entry = Entry(Kind.DIR, mode=DEFAULT_MODES[Kind.DIR], vid=_vid(step), flag=MEMBER)
        return (Extracted(path, entry) for path in sorted(wanted - named))

    def drop(self, made: Iterable[Extracted]) -> None:
        """Where that is not possible now (the root went away), a scan comes across them."""
        names = [one.staged for one in made if one.staged]
        with suppress(LocalError):
            for name in names:
                self._disk.drop(name)
        self._downloads.disown(names)


def _vid(step: Step) -> int:
    assert step.base is not None
    return step.base.vid
