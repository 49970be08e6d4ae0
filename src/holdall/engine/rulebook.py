"""What a mount leaves out: by its white list and its ignore list, and by its rules files as they are on the disk. A look comes
across one that is new, gone or changed, and what it says holds from there on.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from holdall.errors import LocalError, RootLost
from holdall.keys import STAGED_PREFIX
from holdall.local.base import Disk, look_at
from holdall.model import SeenAs, Stamp
from holdall.rules.bundles import git_dir
from holdall.rules.ignore import RULES_NAME, Ignore, lines_of, rules_file
from holdall.rules.reconcile import parents
from holdall.rules.whitelist import Part, WhiteList

_LOGGER: Final = logging.getLogger(__name__)
_LOOKED_MAX: Final = 100_000
_NOTHING_BESIDE: Final = f"*\n!/{RULES_NAME}\n".encode()
"""For rules that were never read: nothing takes part but their own file, which shows what is the matter."""


class _Read(NamedTuple):
    """A rules file as it was read. No stamp: a change might not show in it."""

    stamp: Stamp | None
    data: bytes


class Rulebook:
    """A Skip, by what was read last: it looks at nothing, so any thread may ask. Surveys bring it up to date.

    patterns  the mount's own list
    outside   paths that take no part, whatever the rules say
    whites    the white list
    renewed   told on the thread of a survey whose rules were others than those before: what they no longer leave out is watched
              by nobody yet
    """

    def __init__(
        self,
        disk: Disk,
        patterns: Sequence[str] = (),
        outside: Iterable[str] = (),
        renewed: Callable[[], None] = lambda: None,
        whites: WhiteList | None = None,
    ) -> None:
        self.whites = whites or WhiteList()
        self._disk = disk
        self._outside = tuple(outside)
        self._ignore = Ignore(patterns)
        self._skip = self._ignore.skip
        self._renewed = renewed
        self._read: dict[str, _Read] = {}
        self._refused: set[str] = set()
        self._looked: set[str] = set()
        self._lock = threading.Lock()
        self._loaded = False
        self._changed = False

    def __call__(self, path: str, is_dir: bool) -> bool:
        if self._outside and self._is_outside(path):
            return True
        whites = self.whites
        if not whites.is_everything and whites.part(path, is_dir=is_dir) is Part.OUTSIDE:
            # A download may be staged in any directory that is entered, and one that was cut off is found there again.
            return is_dir or not path.rpartition("/")[2].startswith(STAGED_PREFIX)
        skip = self._skip
        return skip is not None and skip(path, is_dir)

    def passes(self, path: str) -> bool:
        """Whether a directory of this name is only entered: what is below it may take part, it does not."""
        whites = self.whites
        return not whites.is_everything and whites.part(path, is_dir=True) is Part.ON_THE_WAY

    @property
    def is_sure(self) -> bool:
        """Whether every rules file that was come across could be read."""
        return not self._refused

    def unwatched(self, path: str, is_dir: bool) -> bool:
        """For a watch: it tells of rules files even where a rule leaves them out."""
        return self(path, is_dir) and (is_dir or path.rpartition("/")[2] != RULES_NAME)

    def load(self) -> None:
        """Read all of them, where that was not done yet: one scan. LocalError where the root is gone."""
        if not self._loaded:
            for _ in self._disk.scan("", self.scanned):
                pass
            self._loaded, self._changed = True, False

    # -- of a survey

    def begin(self) -> None:
        """Each rules file is looked at anew before it counts: once in this survey."""
        self._looked.clear()

    def scanned(self, path: str, is_dir: bool) -> bool:
        """Asked by a scan, about a directory's names in their order: a rules file is read before all that it speaks of.

        That costs a look only where a name comes before it, and where it was known.
        """
        folder, _, name = path.rpartition("/")
        if name <= RULES_NAME or folder in self._read:
            self._look(folder)
        return self(path, is_dir)

    def named(self, path: str) -> None:
        """The path is about to be looked at by its name: one look for each directory above it."""
        for folder in ("", *reversed(parents(path))):
            if folder and self(folder, True):
                return
            self._look(folder)

    def settle(self) -> None:
        """A part of the survey is through."""
        if self._changed:
            self._changed = False
            self._renewed()

    def _look(self, folder: str) -> None:
        if folder in self._looked:
            return
        with self._lock:
            file = rules_file(folder)
            if git_dir(file) is None and not self._is_outside(file):
                self._take(folder, file)
            if len(self._looked) >= _LOOKED_MAX:
                self._looked.clear()
            self._looked.add(folder)

    def _take(self, folder: str, file: str) -> None:
        """Rules that cannot be read stay what they were: taking no part is not undone by a fault. Where they were never read,
        nobody knows what they leave out, so nothing takes part.
        """
        known = self._read.get(folder)
        seen = look_at(self._disk, file)
        if seen.what is SeenAs.UNREADABLE:
            self._refuse(folder, file, seen.reason)
        elif seen.what is not SeenAs.FILE:
            if known is not None:
                del self._read[folder]
                self._change(folder, b"")
        elif known is None or known.stamp != seen.stamp:
            try:
                now = self._contents(file)
            except RootLost:
                raise
            except LocalError as exc:
                self._refuse(folder, file, exc.message)
                if known is None:
                    self._read[folder] = _Read(None, _NOTHING_BESIDE)
                    self._change(folder, _NOTHING_BESIDE)
                return
            self._read[folder] = now
            self._refused.discard(folder)
            if known is None or known.data != now.data:
                self._change(folder, now.data)

    def _contents(self, file: str) -> _Read:
        reader = self._disk.open(file)
        try:
            return _Read(reader.vouch(), reader.read(0, reader.stamp.size))
        finally:
            reader.close()

    def _refuse(self, folder: str, file: str, reason: str) -> None:
        if folder not in self._refused:
            self._refused.add(folder)
            so_far = "its rules stay as they were" if folder in self._read else "nothing beside it takes part"
            _LOGGER.warning("%s cannot be read, %s: %s", file, so_far, reason)

    def _change(self, folder: str, data: bytes) -> None:
        self._ignore = self._ignore.with_file(folder, lines_of(data))
        self._skip = self._ignore.skip
        self._changed = True

    def _is_outside(self, path: str) -> bool:
        return any(path == one or path.startswith(f"{one}/") for one in self._outside)
