"""Repositories and databases in a plan: which steps belong together, and whether they may travel now."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from holdall.engine.gitpacks import packed
from holdall.engine.ledger import Ledger
from holdall.engine.words import Step
from holdall.errors import Unreadable
from holdall.local.base import Disk, Skip
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.bundles import database_of, git_dir, is_git_lock, is_git_object, members_of
from holdall.rules.reconcile import Verdict

_FEW: Final = 4
_UP: Final = frozenset({Verdict.PUSH, Verdict.PUSH_DELETE})


def bundle_repositories(
    found: dict[str, Step], disk: Disk, ledger: Ledger, skip: Skip | None = None
) -> dict[str, str]:
    """Mark the steps inside repositories, and take back those of a repository that git is working in: those, and why.

    A scan is not one moment: git may have written an object behind it and the ref before it. So the repository is scanned again,
    and its steps stand only if nothing moved between the two, but for what takes no part.
    """
    repositories: dict[str, list[Step]] = {}
    at_work: dict[str, str] = {}
    for step in found.values():
        repository = git_dir(step.path)
        if repository is not None and step.verdict in _UP:
            repositories.setdefault(repository, []).append(step)
    for repository, dirty in repositories.items():
        pushes = [step for step in dirty if step.verdict is Verdict.PUSH]
        steps = [*pushes, *_replaced(repository, dirty, disk)]
        if not steps:
            continue
        busy = _at_work(repository, {step.path: step.seen for step in steps}, disk, ledger, skip)
        if busy is None:
            found.update({step.path: step._replace(bundle=repository) for step in steps})
            continue
        at_work[repository] = busy
        held = [path for path, step in found.items() if git_dir(path) == repository and step.verdict in _UP]
        for path in held:
            del found[path]
    return at_work


def _replaced(repository: str, dirty: Iterable[Step], disk: Disk) -> list[Step]:
    """Deletions that belong to what git wrote: a branch's own file once it is in `packed-refs`, objects that are in a pack.

    They pass the guard unweighed. Other objects that are gone, and all that is gone where git would see no repository, do not.
    """
    needed = {
        f"{repository}/HEAD": SeenAs.FILE,
        f"{repository}/refs": SeenAs.DIR,
        f"{repository}/objects": SeenAs.DIR,
    }
    if any(seen.what is not needed[seen.path] for seen in disk.look(sorted(needed))):
        return []
    gone = {
        step.path: step for step in dirty if step.verdict is Verdict.PUSH_DELETE and _is_about_a_file(step)
    }
    objects = {path for path in gone if is_git_object(path)}
    return [gone[path] for path in (gone.keys() - objects) | packed(disk, objects)]


def _at_work(
    repository: str, pushes: dict[str, Seen], disk: Disk, ledger: Ledger, skip: Skip | None
) -> str | None:
    known = {row.path: row.base.stamp for row in ledger.walk(repository) if row.base is not None}
    unseen = {path for path, seen in pushes.items() if seen.what is not SeenAs.ABSENT}
    for seen in disk.scan(repository, None if skip is None else _but_locks(skip)):
        if is_git_lock(seen.path):
            return f"git is at work: {seen.path.rpartition('/')[2]} is there"
        unseen.discard(seen.path)
        if seen.what is not SeenAs.FILE:
            continue
        push = pushes.get(seen.path)
        if (push is None and known.get(seen.path) != seen.stamp) or (push is not None and push != seen):
            return "git is at work"
    return "git is at work" if unseen else None


def _but_locks(skip: Skip) -> Skip:
    """A lock says that git is at work, whatever the rules say of it."""
    return lambda path, is_dir: not is_git_lock(path) and skip(path, is_dir)


def bundle_databases(found: dict[str, Step], disk: Disk, ledger: Ledger, skip: Skip | None = None) -> None:
    """Mark the steps of databases that have a `-wal` or `-journal`, here or in the head."""
    names = _Names(disk, found)
    for path in list(found):
        step = found[path]
        if step.bundle is not None or step.verdict not in _UP or not _is_about_a_file(step):
            continue
        database = database_of(path)
        if path != database and not _any_there(disk, (database,)):
            continue
        companions = [one for one in parts_of(database, ledger, skip) if one != database]
        # What was never agreed on has nothing in the head either: the usual new file costs no look-up.
        known = step.base is not None and any(_was_a_file(ledger, one) for one in companions)
        alone = not known and not any(one in found and _is_about_a_file(found[one]) for one in companions)
        if path == database and alone and not (names.has_any(companions) and _any_there(disk, companions)):
            continue
        if step.local is not None or path != database:
            found[path] = step._replace(bundle=database)


class _Names:
    """What is in the directories of these paths, listed once for each, in place of a look at every name that might be there."""

    def __init__(self, disk: Disk, paths: Iterable[str]) -> None:
        self._disk = disk
        self._crowded = {folder for folder, count in Counter(map(_folder_of, paths)).items() if count > _FEW}
        self._listed: dict[str, frozenset[str] | None] = {}

    def has_any(self, paths: Iterable[str]) -> bool:
        """Whether any of these may be there: of a directory that few of the paths are in, that is not known."""
        return any(self._may_have(path) for path in paths)

    def _may_have(self, path: str) -> bool:
        folder = _folder_of(path)
        if folder not in self._crowded:
            return True
        if folder not in self._listed:
            self._listed[folder] = self._names_in(folder)
        names = self._listed[folder]
        return names is None or path.rpartition("/")[2] in names

    def _names_in(self, folder: str) -> frozenset[str] | None:
        try:
            return frozenset(self._disk.names(folder))
        except Unreadable:
            return None


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def parts_of(database: str, ledger: Ledger, skip: Skip | None) -> list[str]:
    """Its members that take part. One that a rule leaves out is missed by nobody, unless the head has it: then whoever reads
    the database there would take it for a part.
    """
    return [
        one
        for one in members_of(database)
        if skip is None or not skip(one, False) or isinstance(ledger.remote(one), Entry)
    ]


def _is_about_a_file(step: Step) -> bool:
    """What is there now, or, of what is gone, what it was. A directory of that name is no part of a database."""
    about = step.base if step.local is None else step.local
    return about is not None and about.kind is Kind.FILE


def _was_a_file(ledger: Ledger, path: str) -> bool:
    base = ledger.row(path).base
    return base is not None and base.entry.kind is Kind.FILE


def _any_there(disk: Disk, paths: Iterable[str]) -> bool:
    return any(seen.what is SeenAs.FILE for seen in disk.look(paths))
