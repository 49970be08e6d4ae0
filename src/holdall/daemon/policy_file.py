"""A policy in a file of its own, as `--policy FILE` takes it: in JSON, as SDKs write it too, or in TOML."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from holdall.daemon.config_source import Source, snaked, text_of
from holdall.daemon.toml_lines import key_lines
from holdall.errors import ConfigError
from holdall.policies.context_sync import ContextSync
from holdall.policies.fault import Misfit
from holdall.policies.sync_policy import SyncPolicy
from holdall.policies.wire import as_object, is_one, read


class Said(NamedTuple):
    """`context`: where the file is a whole ContextSync that names one. Its path is another machine's, and says nothing here."""

    policy: SyncPolicy
    context: str | None = None


def policy_in(file: Path) -> Said:
    """ConfigError, with the line where that is known."""
    return policy_of(text_of(file), str(file))


def policy_of(text: str, name: str) -> Said:
    """`name`: of the file, for what is said of it."""
    source = Source(name, {}, {})
    try:
        if text.lstrip().startswith("{"):
            return _said(as_object(text))
        source = Source(name, {snaked(place): line for place, line in key_lines(text).items()}, {})
        return _said(tomllib.loads(text))
    except Misfit as exc:
        raise source.fault(exc.place, exc.with_field) from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{name}: {exc}") from exc


def _said(data: Mapping[str, Any]) -> Said:
    if not is_one(ContextSync, data):
        return Said(read(SyncPolicy, data))
    whole = read(ContextSync, data)
    return Said(whole.policy or SyncPolicy(), whole.context_id)
