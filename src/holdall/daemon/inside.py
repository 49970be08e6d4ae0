"""A path as a caller names it, as the engine names it."""

import os
from pathlib import Path

from holdall.errors import ConfigError


def inside(root: Path, given: str) -> str | None:
    """Relative to `root`, POSIX; None for the root itself. `given` is relative to it, or absolute and below it."""
    path = os.path.normpath(root / given)
    relative = os.path.relpath(path, root)
    if relative == ".." or relative.startswith("../"):
        raise ConfigError(f"{given} is not inside {root}")
    return None if relative == "." else relative
