"""Names of a context on a file system that does not hold all of them.

What a name on the disk stands for, the name alone says (holdall.rules.local_names). Which of two names that the file system takes
for one keeps its plain form is settled by what is there: who came first has it, for as long as it stays, and the other is
apart. Nothing is remembered for that.

A file system that folds names answers to each of them: whether it was this very one is seen in the list of its directory.
"""

from collections.abc import Iterator
from typing import Final
from unicodedata import normalize

from holdall.errors import Unreadable
from holdall.keys import STAGED_PREFIX
from holdall.local.base import Disk, Skip
from holdall.local.names import oddity, printable
from holdall.local.translated import Gone, TranslatedDisk
from holdall.model import Seen, SeenAs, Stamp
from holdall.rules.local_names import Target, read, ways

_EXACT_MAX: Final = 200_000
_NO_NAME: Final = "no name is free that this file system could hold beside those that are there"
_TWICE: Final = "stands for a name that is there too: give one of them another"

_Mark = tuple[int, int]


class FittedDisk(TranslatedDisk):
    def __init__(self, below: Disk, target: Target) -> None:
        super().__init__(below)
        self._target = target
        self._by_list = target.folds or bool(target.trimmed)
        self._exact: dict[str, dict[str, _Mark]] = {}
        """Directory -> name -> what it was when the list had it so. Only for saying yes: no name is missed by it."""
        self._count = 0

    # -- one path

    def there(self, path: str) -> str:
        at = ""
        for name in path.split("/"):
            found = self._found(at, name)
            if found is None:
                raise Gone
            at = _joined(at, found)
        return at

    def free(self, path: str) -> str:
        at, is_there = "", True
        for name in path.split("/"):
            found = self._found(at, name) if is_there else None
            is_there = found is not None
            at = _joined(at, found or self._new(at, name))
        return at

    def shown(self, below: str) -> str:
        return "/".join(self._read(name) for name in below.split("/"))

    def shown_folder(self, below: str) -> str:
        return self.shown(below) if below else ""

    def placed(self, below: str) -> None:
        (seen,) = self.below.look((below,))
        folder, _, name = below.rpartition("/")
        self._note(folder, name, seen)

    def _read(self, name: str) -> str:
        return name if name.startswith(STAGED_PREFIX) else read(name, self._target)

    def _found(self, folder: str, name: str) -> str | None:
        """What stands for the name in a directory of the disk below."""
        if name.startswith(STAGED_PREFIX):
            return name
        for way in ways(name, self._target):
            if self._is_there(folder, way):
                return way
        # What nobody should have been able to make, and somebody did.
        return name if self._read(name) == name and self._is_there(folder, name) else None

    def _new(self, folder: str, name: str) -> str:
        for way in ways(name, self._target):
            (seen,) = self.below.look((_joined(folder, way),))
            if seen.what is SeenAs.ABSENT:
                return way
        raise Unreadable(
            _NO_NAME, path=_joined(folder, name), hint="rename one of those that differ by case only"
        )

    def _is_there(self, folder: str, name: str) -> bool:
        (seen,) = self.below.look((_joined(folder, name),))
        if seen.what is SeenAs.ABSENT:
            return False
        if not self._by_list or self._exact.get(folder, {}).get(name) == _mark(seen):
            return True
        names = self.below.names(folder)
        if self._target.composed:
            names = [normalize("NFC", one) for one in names]
        is_there = name in names
        if is_there:
            self._note(folder, name, seen)
        return is_there

    def _note(self, folder: str, name: str, seen: Seen) -> None:
        mark = _mark(seen)
        if not self._by_list or mark is None:
            return
        self._count += 1
        if self._count > _EXACT_MAX:
            self._exact, self._count = {}, 0
        self._exact.setdefault(folder, {})[name] = mark

    # -- the walk

    def scan(self, under: str = "", skip: Skip | None = None) -> Iterator[Seen]:
        there = ""
        if under:
            try:
                there = self.there(under)
            except Gone:
                return
            seen = self._look(under)
            if seen.what is SeenAs.UNREADABLE:
                yield seen
            if seen.what is not SeenAs.DIR:
                return
        with self.told():
            yield from self._below(under, there, skip)

    def _below(self, under: str, there: str, skip: Skip | None) -> Iterator[Seen]:
        """In the order of base.py: a directory's names together with name + "/" for each directory."""
        places = self._listed(under, there)
        for place in sorted(places):
            local, seen = places[place]
            if place.endswith("/"):
                if seen.what is SeenAs.DIR and not (skip is not None and skip(seen.path, True)):
                    yield from self._below(seen.path, local, skip)
            elif skip is None or not skip(seen.path, seen.what is SeenAs.DIR):
                yield seen

    def _listed(self, under: str, there: str) -> dict[str, tuple[str, Seen]]:
        """By place: the path on the disk below, and what is there."""
        found: dict[str, tuple[str, Seen]] = {}
        self._exact.pop(there, None)
        names = sorted(self.below.names(there), key=self._rank)
        for name, seen in zip(names, self.below.look(_joined(there, name) for name in names), strict=True):
            if seen.what is not SeenAs.ABSENT:
                self._note(there, name, seen)
                self._place(found, under, _joined(there, name), seen)
        return found

    def _place(self, found: dict[str, tuple[str, Seen]], under: str, local: str, seen: Seen) -> None:
        raw = local.rpartition("/")[2]
        name = self._read(raw)
        path = _joined(under, name)
        if name in found:
            odd = Seen(_joined(under, printable(raw)), SeenAs.ODD_NAME, seen.stamp, reason=_TWICE)
            found[f"{raw}\0"] = local, odd
        elif seen.what is SeenAs.ODD_NAME and oddity(path):
            found[f"{printable(name)}\0"] = local, self._seen(path, seen)
        else:
            found[name] = local, self._seen(path, seen)
            if seen.what is SeenAs.DIR:
                found[f"{name}/"] = found[name]

    def _rank(self, raw: str) -> tuple[int, str]:
        """Of several that stand for one name, that which `there` finds comes first."""
        known = ways(self._read(raw), self._target)
        return (known.index(raw) if raw in known else len(known)), raw


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _mark(seen: Seen) -> _Mark | None:
    """Of a file that has it, another name shows: by its ctime, at least where there is one. A directory's says other things."""
    stamp: Stamp | None = seen.stamp
    if stamp is None:
        return None
    return stamp.inode, 0 if seen.what is SeenAs.DIR else stamp.ctime_ns
