"""Which mount is meant: by its context, or by its directory."""

import os
from pathlib import Path
from typing import Any

from holdall.api.client import Client
from holdall.errors import NoMount


def one(client: Client, said: str) -> dict[str, Any]:
    """The mount's document. NoMount names those that there are, the nearest first."""
    return _pick(client.mounts(), said)


def several(client: Client, said: list[str]) -> list[dict[str, Any]]:
    """All mounts where none is named."""
    mounts = client.mounts()
    return [_pick(mounts, name) for name in said] if said else mounts


def path_in(mount: dict[str, Any], said: str | None) -> str | None:
    """A path as the daemon takes it: seen from here where that lies in the mount, else from the mount."""
    if said is None:
        return None
    here = Path(os.path.abspath(said))  # noqa: PTH100 (a symlink in the mount is itself meant, not its target)
    return str(here) if here.is_relative_to(mount["path"]) else said


def _pick(mounts: list[dict[str, Any]], said: str) -> dict[str, Any]:
    found = next((mount for mount in mounts if mount["context"] == said), None)
    if found is None:
        here = os.path.realpath(said)
        found = next((mount for mount in mounts if os.path.realpath(mount["path"]) == here), None)
    if found is not None:
        return found
    from difflib import get_close_matches  # noqa: PLC0415 (only for who mistyped)

    names = [mount["context"] for mount in mounts]
    near = get_close_matches(said, names, 1)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else f"mounted are: {', '.join(names)}"
        if names
        else "nothing is mounted"
    )
    raise NoMount(f"no mount of {said}", hint=hint)
