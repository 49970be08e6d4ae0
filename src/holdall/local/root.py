"""A mount's root directory, opened anew for each step: a held directory would keep its file system from being unmounted."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from holdall.errors import Moved, RootLost, Unreadable
from holdall.keys import is_path
from holdall.local.descent import DIRECTORY, NO_DIRECTORY, NO_PATH, make_dirs, open_below
from holdall.local.failures import failure, reason_of
from holdall.local.owner import Owner, owner_below

_FLAGS = DIRECTORY & ~os.O_NOFOLLOW  # the path that the user gave may itself be a symlink
_MADE_MODE = 0o755


class Place(NamedTuple):
    """A name in an open directory, and the path that both make up: what a step works on."""

    dir_fd: int
    name: str
    path: str

    def beside(self, name: str) -> str:
        """The path of another name in this directory."""
        return self.path[: len(self.path) - len(self.name)] + name


class NoParent(Moved):
    """The directory that a path lies in is no directory, or gone: then so is the path."""


class Root:
    """The directory that was at `path` when it was first opened; another one there later is RootLost."""

    def __init__(self, path: Path) -> None:
        self.path = str(path.absolute())
        self.owner: Owner | None = None
        self._identity: tuple[int, int] | None = None

    def open(self) -> int:
        """An fd to reach what is inside, the caller's to close."""
        try:
            fd = os.open(self.path, _FLAGS)
        except (FileNotFoundError, NotADirectoryError) as exc:
            raise RootLost(
                f"the directory is missing: {self.path}",
                hint="bring it back, `holdall up` its new path if it was moved, or `holdall unmount` it: "
                "the store keeps everything",
            ) from exc
        except OSError as exc:
            raise RootLost(
                f"the directory cannot be read: {self.path}: {reason_of(exc)}",
                hint="make it readable for the user that holdall runs as, or `holdall unmount` it",
            ) from exc
        found = os.fstat(fd)
        if self._identity is None:
            self._identity = found.st_dev, found.st_ino
            self.owner = owner_below(found)
        elif self._identity != (found.st_dev, found.st_ino):
            os.close(fd)
            raise RootLost(
                f"another directory is at {self.path} now",
                hint="put the old one back, or `holdall approve` to go on with this one",
            )
        return fd

    def trust(self) -> None:
        """Whichever directory is found next is the root from then on."""
        self._identity = None

    @property
    def device(self) -> int:
        """Of the directory as it was found first."""
        return self.identity()[0] if self._identity is None else self._identity[0]

    def identity(self) -> tuple[int, int]:
        os.close(self.open())
        assert self._identity is not None
        return self._identity

    @contextmanager
    def place(self, path: str) -> Iterator[Place]:
        """Where `path` is. OSErrors inside are raised as the contract's; NoParent before that."""
        parent, name = _split(path)
        with self.inside(path) as root_fd:
            try:
                dir_fd = open_below(root_fd, parent, DIRECTORY)
            except OSError as exc:
                if exc.errno in NO_DIRECTORY:
                    raise NoParent(reason_of(exc), path=path) from exc
                raise
            try:
                yield Place(dir_fd, name, path)
            finally:
                os.close(dir_fd)

    @contextmanager
    def place_made(self, path: str) -> Iterator[Place]:
        """The same, the missing parents made."""
        parent, name = _split(path)
        with self.inside(path) as root_fd:
            dir_fd = make_dirs(root_fd, parent, _MADE_MODE, self.owner)
            try:
                yield Place(dir_fd, name, path)
            finally:
                os.close(dir_fd)

    @contextmanager
    def inside(self, path: str) -> Iterator[int]:
        """The root itself. OSErrors inside are raised as the contract's, about `path`."""
        root_fd = self.open()
        try:
            yield root_fd
        except OSError as exc:
            raise failure(exc, path) from exc
        finally:
            os.close(root_fd)


def _split(path: str) -> tuple[str, str]:
    """Parent and name."""
    if not is_path(path):
        raise Unreadable(NO_PATH, path=path)
    parent, _, name = path.rpartition("/")
    return parent, name
