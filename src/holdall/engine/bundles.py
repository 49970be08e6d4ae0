"""Repositories and databases in a plan: which steps belong together, and whether they may travel now."""

from collections.abc import Iterable

from holdall.engine.ledger import Ledger
from holdall.engine.words import Step
from holdall.local.base import Disk
from holdall.model import Kind, Seen, SeenAs
from holdall.rules.bundles import database_of, git_dir, is_git_lock, members_of
from holdall.rules.reconcile import Verdict

_UP = frozenset({Verdict.PUSH, Verdict.PUSH_DELETE})


def bundle_repositories(found: dict[str, Step], disk: Disk, ledger: Ledger) -> dict[str, str]:
    """Mark the steps inside repositories, and take back those of a repository that git is working in: those, and why.

    A scan is not one moment: git may have written an object behind it and the ref before it. So the repository is scanned again,
    and its steps stand only if nothing moved between the two.
    """
    repositories: dict[str, list[Step]] = {}
    at_work: dict[str, str] = {}
    for step in found.values():
        repository = git_dir(step.path)
        if repository is not None and step.verdict is Verdict.PUSH:
            repositories.setdefault(repository, []).append(step)
    for repository, steps in repositories.items():
        busy = _at_work(repository, {step.path: step.seen for step in steps}, disk, ledger)
        if busy is None:
            found.update({step.path: step._replace(bundle=repository) for step in steps})
            continue
        at_work[repository] = busy
        for path in [
            path for path, step in found.items() if git_dir(path) == repository and step.verdict in _UP
        ]:
            del found[path]
    return at_work


def _at_work(repository: str, pushes: dict[str, Seen], disk: Disk, ledger: Ledger) -> str | None:
    known = {row.path: row.base.stamp for row in ledger.walk(repository) if row.base is not None}
    unseen = set(pushes)
    for seen in disk.scan(repository):
        if is_git_lock(seen.path):
            return f"git is at work: {seen.path.rpartition('/')[2]} is there"
        unseen.discard(seen.path)
        if seen.what is not SeenAs.FILE:
            continue
        push = pushes.get(seen.path)
        if (push is None and known.get(seen.path) != seen.stamp) or (push is not None and push != seen):
            return "git is at work"
    return "git is at work" if unseen else None


def bundle_databases(found: dict[str, Step], disk: Disk, ledger: Ledger) -> None:
    """Mark the steps of databases that have a `-wal` or `-journal`, here or in the head."""
    for path in list(found):
        step = found[path]
        if (
            step.bundle is not None
            or step.verdict not in _UP
            or (step.local is not None and step.local.kind is not Kind.FILE)
        ):
            continue
        database = database_of(path)
        if path != database and not _any_there(disk, (database,)):
            continue
        companions = members_of(database)[1:]
        # What was never agreed on has nothing in the head either: the usual new file costs no look-up.
        known = step.base is not None and any(ledger.row(one).base for one in companions)
        alone = not known and not any(one in found for one in companions)
        if path == database and alone and not _any_there(disk, companions):
            continue
        if step.local is not None or path != database:
            found[path] = step._replace(bundle=database)


def _any_there(disk: Disk, paths: Iterable[str]) -> bool:
    return any(seen.what is SeenAs.FILE for seen in disk.look(paths))
