"""Which mount is meant: by its context, by its directory, or by a path in it."""

import os
from pathlib import Path
from typing import Any, Final

from holdall.api.client import Client
from holdall.cli import paths
from holdall.daemon.overlap import real
from holdall.errors import ConfigError, NoMount

PATH_HELP: Final = "just this path: from where you are, or from the top of the mount"


def one(client: Client, said: str) -> dict[str, Any]:
    """The mount's document. NoMount names those that there are, the nearest first."""
    return _pick(client.mounts(), said)


def several(client: Client, said: list[str]) -> list[dict[str, Any]]:
    """All mounts where none is named."""
    mounts = client.mounts()
    return [_pick(mounts, name) for name in said] if said else mounts


def whole_or_path(client: Client, said: str | None, path: str | None) -> dict[str, str | None]:
    """Context -> path in it, None for all of it. All mounts where neither is named; where the path alone is, the mount that it is
    in, or the only one.
    """
    mounts = client.mounts()
    if said is not None:
        mounts = [_pick(mounts, said)]
    if path is None:
        return {mount["context"]: None for mount in mounts}
    mount = mounts[0] if len(mounts) == 1 else _holding(mounts, path)
    root, context = real(Path(mount["path"])), mount["context"]
    found = paths.path_in(root, context, path)
    link = paths.link_above(root, found)
    if link is not None:
        raise ConfigError(
            f"lies behind the symlink {link}, and so not in the context",
            path=path,
            hint=f"`--path {link}` is the symlink itself",
        )
    return {context: found}


def _holding(mounts: list[dict[str, Any]], path: str) -> dict[str, Any]:
    by_root = {real(Path(mount["path"])): mount for mount in mounts}
    root = paths.holder(by_root, path)
    if root is None:
        raise ConfigError("is in no mount", path=path, hint=_those(mounts))
    return by_root[root]


def _pick(mounts: list[dict[str, Any]], said: str) -> dict[str, Any]:
    found = next((mount for mount in mounts if mount["context"] == said), None)
    if found is None:
        here = os.path.realpath(said)
        found = next((mount for mount in mounts if os.path.realpath(mount["path"]) == here), None)
    if found is not None:
        return found
    from difflib import get_close_matches  # noqa: PLC0415 (only for who mistyped)

    near = get_close_matches(said, [mount["context"] for mount in mounts], 1)
    raise NoMount(f"no mount of {said}", hint=f"did you mean {near[0]}?" if near else _those(mounts))


def _those(mounts: list[dict[str, Any]]) -> str:
    names = [mount["context"] for mount in mounts]
    return f"mounted are: {', '.join(names)}" if names else "nothing is mounted"
