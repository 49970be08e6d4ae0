"""Whom a watch tells, and about what."""

from collections.abc import Callable
from typing import NamedTuple

from holdall.local.base import Skip


class Listener(NamedTuple):
    """Called from the watch's own thread; they only take note.

    root   the watched directory, absolute
    skip   what takes no part is neither watched nor told
    touch  (path, closed): look there. closed: written and closed, renamed, deleted, linked; not closed: somebody may
           still be writing
    lost   (reason, under): scan below `under`, "" for all
    """

    root: str
    skip: Skip | None
    touch: Callable[[str, bool], None]
    lost: Callable[[str, str], None]

    def skips(self, path: str, is_dir: bool) -> bool:
        return self.skip is not None and self.skip(path, is_dir)
