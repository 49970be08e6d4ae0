"""A part of a context as a whole directory: what lies above it, or beside, is not on this disk. And symlinks that were made where
the context is from, as they have to be here.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from holdall.errors import Unreadable
from holdall.local.base import Disk, Skip
from holdall.local.names import oddity, printable
from holdall.local.translated import Gone, TranslatedDisk
from holdall.model import Seen, SeenAs, Stamp

_DIR_MODE: Final = 0o755


class Links(Protocol):
    """Absolute targets, here and where the context is from: holdall.rules.mapping."""

    def here(self, target: str) -> str: ...
    def there(self, target: str) -> str: ...


class PartDisk(TranslatedDisk):
    """within   the directory of the context that the root of `below` is; "" is the context's own
    links    between the mount and what it stands for
    spelled  path -> the targets that the context knows of a symlink there: of several that are one on this disk, the one that
             was meant
    """

    def __init__(
        self, below: Disk, within: str, links: Links, spelled: Callable[[str], Iterable[str]]
    ) -> None:
        super().__init__(below)
        self._within = within
        self._links = links
        self._spelled = spelled

    @property
    def within(self) -> str:
        return self._within

    def there(self, path: str) -> str:
        if not self._within:
            return path
        if not path.startswith(f"{self._within}/"):
            raise Gone
        return path[len(self._within) + 1 :]

    def free(self, path: str) -> str:
        try:
            return self.there(path)
        except Gone:
            raise Unreadable("lies outside of what is mapped to this directory") from None

    def shown(self, below: str) -> str:
        return f"{self._within}/{below}" if self._within else below

    def link_below(self, target: str) -> str:
        return self._links.here(target)

    def link_shown(self, path: str, below: str) -> str:
        known = (one for one in self._spelled(path) if self._links.here(one) == below)
        return next(known, None) or self._links.there(below)

    def scan(self, under: str = "", skip: Skip | None = None) -> Iterator[Seen]:
        if self._leads_here(under):
            there = ""
        else:
            try:
                there = self.there(under)
            except Gone:
                return
        with self.told():
            for seen in self.below.scan(there, None if skip is None else self._skip(skip)):
                yield self._named(seen)

    def names(self, folder: str) -> list[str]:
        return self.below.names("") if folder == self._within else super().names(folder)

    def make_dir(self, path: str, mode: int) -> None:
        if self._is_above(path):
            self.identity()
        else:
            super().make_dir(path, mode)

    def _look(self, path: str) -> Seen:
        if self._is_above(path):
            # Whose mode and times it has is known where it is; that it is there is all that matters here.
            return Seen(path, SeenAs.DIR, Stamp(0, 0, 0, self.identity()[1], _DIR_MODE))
        return super()._look(path)

    def _seen(self, path: str, below: Seen) -> Seen:
        found = super()._seen(path, below)
        if self._within and found.what is not SeenAs.ABSENT and (reason := oddity(path)):
            stamp = None if found.what is SeenAs.DIR else found.stamp
            return Seen(printable(path), SeenAs.ODD_NAME, stamp, reason=reason)
        return found

    def _named(self, seen: Seen) -> Seen:
        return self._seen(self.shown(seen.path), seen)

    def _skip(self, skip: Skip) -> Skip:
        return lambda path, is_dir: skip(self.shown(path), is_dir)

    def _is_above(self, path: str) -> bool:
        return bool(path) and self._leads_here(path)

    def _leads_here(self, path: str) -> bool:
        """Whether it is the directory that the root stands for, or one that this lies in."""
        return not path or f"{self._within}/".startswith(f"{path}/")
