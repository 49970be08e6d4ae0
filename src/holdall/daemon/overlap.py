"""Mounts keep apart: one directory and one context each, and none inside another."""

import os
from collections.abc import Iterable
from pathlib import Path

from holdall.daemon.spec import Spec
from holdall.errors import ConfigError


def check_apart(new: Spec, others: Iterable[Spec]) -> None:
    """ConfigError where `new` cannot be beside the others."""
    for other in others:
        if other.context == new.context:
            raise ConfigError(
                f"the context {new.context} is mounted at {other.path} already", hint="one mount a context"
            )
        if why := overlap(new.path, other.path, other.context):
            raise ConfigError(why)


def overlap(path: Path, other: Path, context: str) -> str | None:
    """Why `path` cannot be mounted beside `other`, which is `context`'s. Symlinks on the way to a directory do not hide it."""
    at, there = real(path), real(other)
    if at == there or is_same(at, there):
        return f"{path} is mounted already, as {context}"
    if at.is_relative_to(there):
        return f"{path} lies inside {other}, the mount of {context}"
    if there.is_relative_to(at):
        return f"{path} contains {other}, the mount of {context}"
    return None


def misplaced(spec: Spec, made_on: str, store_url: str, others: Iterable[Spec]) -> ConfigError | None:
    """What keeps a mount of the last daemon from being one of this: another store, or one that the configuration made since."""
    if made_on != store_url:
        return ConfigError(
            f"it was mounted on {made_on}, and this daemon's store is {store_url}",
            hint=f"`holdall run` with that store configured takes it up ([store] url, or HOLDALL_STORE__URL); "
            f"`holdall unmount --discard {spec.context}` forgets it here",
        )
    try:
        check_apart(spec, others)
    except ConfigError as exc:
        return exc
    return None


def real(path: Path) -> Path:
    """Without symlinks, as far as the path exists."""
    return Path(os.path.realpath(path))


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one directory: it may be mounted (`mount --bind`) in two places."""
    try:
        return one.samefile(other)
    except OSError:
        return False
