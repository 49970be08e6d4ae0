"""Files that are only worth something together: they travel in one commit, or not at all. Pure.

A git repository     everything below its `.git`; none of it while git holds a lock there, and never the locks themselves
An SQLite database   the file, its `-wal` and its `-journal`; never its `-shm`
"""

from typing import Final

SQLITE_MAGIC: Final = b"SQLite format 3\0"
_COMPANIONS: Final = ("-wal", "-journal")
_SHARED: Final = "-shm"


def git_dir(path: str) -> str | None:
    """`a/.git/refs/heads/x` -> `a/.git`; None for what is in no repository's own directory."""
    if path.startswith(".git/"):
        return ".git"
    at = path.find("/.git/")
    return None if at < 0 else path[: at + 5]


def is_git_lock(path: str) -> bool:
    return path.endswith(".lock") and git_dir(path) is not None


def is_git_object(path: str) -> bool:
    """What refs point to, and so has to be there before them."""
    repository = git_dir(path)
    return repository is not None and "/objects/" in path[len(repository) :]


def database_of(path: str) -> str:
    """The database that a path would belong to, were it part of one: itself, or what it accompanies."""
    for suffix in _COMPANIONS:
        if path.endswith(suffix) and len(path) > len(suffix):
            return path[: -len(suffix)]
    return path


def members_of(database: str) -> tuple[str, ...]:
    return (database, *(database + suffix for suffix in _COMPANIONS))


def journal_of(database: str) -> str:
    return f"{database}-journal"


def shared_memory_of(path: str) -> str | None:
    """The database whose shared memory the path would be."""
    return path[: -len(_SHARED)] if path.endswith(_SHARED) and len(path) > len(_SHARED) else None
