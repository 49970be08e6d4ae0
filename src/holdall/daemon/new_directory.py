"""A directory that is made for its mount: what was agreed on with one that was there before says nothing of it."""

import os
from pathlib import Path

from holdall.daemon.attachment import file_at
from holdall.daemon.locks import lock_file
from holdall.daemon.mounted import Workshop
from holdall.daemon.spec import Spec
from holdall.engine import state_file
from holdall.errors import ConfigError


def make_directory(spec: Spec, shop: Workshop) -> None:
    """Where there is nothing at the path. ConfigError where it cannot be made.

    What is missing in it was never deleted there, so the store keeps it and the directory gets it.
    """
    if spec.path.exists():
        return
    folder = shop.state / "mounts"
    _forget(file_at(folder, shop.store.url, spec.context, spec.path))
    try:
        spec.path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(
            f"{spec.path} cannot be made: {(exc.strerror or str(exc)).lower()}",
            hint="name a directory that the daemon's user may make",
        ) from exc


def _forget(file: Path) -> None:
    """Unless a mount has it, which looks after itself."""
    if not file.exists():
        return
    lock = lock_file(file)
    if lock is not None:
        try:
            state_file.remove(file)
        finally:
            os.close(lock)
