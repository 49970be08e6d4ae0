"""A path as a caller names it: a mount's directory, or one in it as the engine names it."""

import os
import stat
from pathlib import Path

from holdall.errors import ConfigError


def need_directory(path: Path) -> None:
    """ConfigError for what is no directory, is not there or cannot be looked at."""
    try:
        is_directory = stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"{path} does not exist", hint=f"`mkdir -p {path}` makes it") from None
    except OSError as exc:
        raise ConfigError(
            f"{path} cannot be looked at: {os.strerror(exc.errno or 0).lower()}",
            hint="who mounts it has to be able to read it",
        ) from exc
    if not is_directory:
        raise ConfigError(f"{path} is no directory")


def inside(root: Path, given: str) -> str | None:
    """Relative to `root`, POSIX; None for the root itself. `given` is relative to it, or absolute and below it."""
    path = os.path.normpath(root / given)
    relative = os.path.relpath(path, root)
    if relative == ".." or relative.startswith("../"):
        raise ConfigError(f"{given} is not inside {root}")
    return None if relative == "." else relative
