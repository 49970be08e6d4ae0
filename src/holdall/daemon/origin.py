"""Whether a context that nobody named is the one that is meant."""

import socket
from collections.abc import Callable

from holdall.daemon.late import Late
from holdall.daemon.spec import Spec
from holdall.errors import ConfigError
from holdall.log.commits import CommitLog
from holdall.log.layout import prefix_of
from holdall.store.base import Store
from holdall.store.retrying import Retrying
from holdall.store.scoped import Scoped


def met_first(store: Store, spec: Spec, met: Callable[[], None]) -> Store:
    """`store`, which answers nothing before it is seen to have this context from nowhere else: ConfigError, where it has.

    met  called then. Costs one GET.
    """

    def opening(inner: Store) -> Store:
        _check_origin(inner, spec)
        met()
        return inner

    if isinstance(store, Retrying):
        return Retrying(Late(store.url, lambda: opening(store.inner)))
    return Late(store.url, lambda: opening(store))


def _check_origin(store: Store, spec: Spec) -> None:
    found = CommitLog(Scoped(store, prefix_of(spec.context))).info()
    if found is None or (found.origin == str(spec.path) and found.origin_host in {"", socket.gethostname()}):
        return
    where = f"from {found.origin} on {found.origin_host or 'another machine'}"
    raise ConfigError(
        f"the store has a context {spec.context} already, {where if found.origin else 'which a program made'}",
        hint=f"`--context {spec.context}` joins it, another name begins a new one",
    )
