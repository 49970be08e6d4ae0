"""What `up` and `mount` ask the daemon for."""

import argparse
import os
from pathlib import Path
from typing import Any

from holdall.errors import ConfigError


def request(args: argparse.Namespace) -> dict[str, Any]:
    """The body of the call. ConfigError for a directory that is not there and for a bad policy."""
    path = Path(os.path.abspath(args.path))  # noqa: PTH100 (the path as it was said, symlinks and all)
    if not path.is_dir():
        what = "is no directory" if path.exists() else "does not exist"
        hint = None if path.exists() else f"`mkdir -p {path}` makes it"
        raise ConfigError(f"{path} {what}", hint=hint)
    context = args.context or path.name
    if not context:
        raise ConfigError(f"{path} has no name to call the context by", hint="--context gives it one")
    body: dict[str, Any] = {
        "context": context,
        "path": str(path),
        "sync": args.sync,
        "ignore": args.ignore,
        "default_context": args.context is None,
    }
    if args.policy:
        body["policy"] = _policy(Path(args.policy))
    return body


def _policy(file: Path) -> dict[str, Any]:
    from holdall.daemon.config import policy  # noqa: PLC0415 (the validator, only where there is a policy)

    try:
        text = file.read_text()
    except OSError as exc:
        raise ConfigError(f"{file} cannot be read: {exc.strerror}") from exc
    flags = policy(text, str(file))
    return {
        "upload_policy": {"auto_upload": flags.auto_upload},
        "download_policy": {"auto_download": flags.auto_download},
        "delete_policy": {"sync_local_file": flags.sync_local_file},
    }
