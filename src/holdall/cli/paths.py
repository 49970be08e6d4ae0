"""A path as a user writes it, as one of a mount's.

Symlinks on the way to a mount are followed, so that any name of its directory will do. Those in the mount are not: each is a part
of the context itself, and what lies behind it is none. A `root` is a mount's directory without symlinks.
"""

import os
from collections.abc import Collection
from pathlib import Path

from holdall.daemon.overlap import real
from holdall.errors import ConfigError
from holdall.keys import is_path


def below(root: Path, said: str) -> str | None:
    """`said`, seen from where the user stands, as a path of the mount; "" is all of it. None where it is elsewhere."""
    path = _absolute(said)
    for above in [*reversed(path.parents), path]:
        if (at := real(above)).is_relative_to(root):
            return _text(at.relative_to(root) / path.relative_to(above))
    return None


def path_in(root: Path | None, context: str, said: str) -> str:
    """`said` as a path of the context. Who stands outside of the mount may also take it from the top.

    root  None: the context is mounted nowhere here

    Raises ConfigError for what is not in the context.
    """
    found = None if root is None else below(root, said)
    if found is None and (root is None or not _is_fixed(root, said)):
        found = _text(Path(os.path.normpath(said.lstrip("/") or ".")))
    if found is None or (found and not is_path(found)):
        hint = f"{context} is at {root or 'no directory here'}"
        raise ConfigError("is not in the context", path=said, hint=hint)
    return found


def holder(roots: Collection[Path], said: str) -> Path | None:
    """The mount that holds `said`, seen from where the user stands."""
    found = [(root, path) for root in roots if (path := below(root, said)) is not None]
    # Through a symlink of one mount a path may be in another one: there it is.
    found.sort(key=lambda one: link_above(*one) is not None)
    return found[0][0] if found else None


def link_above(root: Path, path: str) -> str | None:
    """The symlink on this disk that `path` goes through."""
    above = [str(one) for one in reversed(Path(path).parents)]
    return next((one for one in above[1:] if (root / one).is_symlink()), None)


def _is_fixed(root: Path, said: str) -> bool:
    """Whether where the user stands leaves no other meaning."""
    return Path(said).is_absolute() or below(root, ".") is not None


def _absolute(said: str) -> Path:
    """As the system reads it: what is above a symlink is above its target."""
    path = Path.cwd() / said
    ups = [at for at, part in enumerate(path.parts) if part == ".."]
    if not ups:
        return path
    at = ups[-1] + 1
    return real(Path(*path.parts[:at])).joinpath(*path.parts[at:])


def _text(path: Path) -> str:
    return "" if path == Path() else str(path)
