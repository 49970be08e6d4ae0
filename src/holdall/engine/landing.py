"""The parts of a landing: what goes first, and what became of each path."""

from holdall.engine.effects import Land
from holdall.engine.words import Agreed, Failed, Fetched, Step
from holdall.model import Entry, Kind, Seen, SeenAs
from holdall.rules.reconcile import Verdict


def replaces_folder(fetched: Fetched) -> bool:
    """A file or symlink, where a directory is to give way."""
    return fetched.staged is not None and fetched.step.seen.what is SeenAs.DIR


def _erases_folder(step: Step) -> bool:
    return step.verdict is Verdict.PULL_DELETE and step.seen.what is SeenAs.DIR


def by_need(effect: Land) -> tuple[Land, Land]:
    """What needs no directory to be empty, and what does."""
    fetched: tuple[list[Fetched], list[Fetched]] = ([], [])
    others: tuple[list[Step], list[Step]] = ([], [])
    for one in effect.fetched:
        fetched[replaces_folder(one)].append(one)
    for step in effect.others:
        others[_erases_folder(step)].append(step)
    return Land(tuple(fetched[0]), tuple(others[0])), Land(tuple(fetched[1]), tuple(others[1]))


class Batch:
    def __init__(self) -> None:
        self.agreed: list[Agreed] = []
        self.gone: list[str] = []
        self.landed: list[str] = []
        self.displaced: list[str] = []
        self.arrived: set[str] = set()
        self.folders: list[tuple[Step, Entry]] = []
        self.done: list[str] = []
        self.moved: list[str] = []
        self.failed: list[Failed] = []

    def agree(self, path: str, entry: Entry, seen: Seen, *, untouched: bool = True) -> None:
        """`untouched` False: a user was there in the meantime, so the path is looked at again."""
        untouched = untouched and seen.what.value == entry.kind.value
        self.agreed.append(Agreed(path, entry, seen.stamp if untouched else None))
        self.done.append(path)
        if not untouched:
            self.moved.append(path)


def is_as_set(seen: Seen, entry: Entry, fetched: Fetched) -> bool:
    if entry.kind is not Kind.FILE:
        return seen.target == entry.target
    stamp = seen.stamp
    return stamp is not None and (stamp.size, stamp.mtime_ns, stamp.mode) == (
        entry.size,
        fetched.mtime_ns,
        fetched.mode,
    )
