"""Whether a context that nobody named is the one that is meant."""

import socket

from holdall.daemon.spec import Spec
from holdall.errors import ConfigError
from holdall.log.commits import CommitLog
from holdall.log.layout import prefix_of
from holdall.store.base import Store
from holdall.store.scoped import Scoped


def check_origin(store: Store, spec: Spec) -> None:
    """ConfigError where the store has this context from another directory or machine. One GET; StoreError as it comes."""
    found = CommitLog(Scoped(store, prefix_of(spec.context))).info()
    if found is None or (found.origin == str(spec.path) and found.origin_host in {"", socket.gethostname()}):
        return
    raise ConfigError(
        f"the store has a context {spec.context} already, from {found.origin} on {found.origin_host or 'another machine'}",
        hint=f"`--context {spec.context}` joins it, another name begins a new one",
    )
