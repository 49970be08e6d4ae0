"""From a URL to a store: the one place where stores and decorators are put together."""

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from holdall.errors import ConfigError
from holdall.store.base import Store
from holdall.store.looking import Looking, Permit
from holdall.store.retrying import Retrying
from holdall.store.scoped import Scoped
from holdall.store.silence import Silence

if TYPE_CHECKING:
    from holdall.store.s3.lifecycle import BucketRules

_KNOWN: Final = "s3://BUCKET/PREFIX or file:///DIR"


def open_store(
    url: str,
    *,
    endpoint_url: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    silence: Silence | None = None,
) -> Store:
    """Keys are relative to the prefix. Sends nothing yet; a missing directory is created when its parent exists.

    endpoint_url, region, profile  of S3; None is taken from where the AWS tools take it
    silence                        sees for how long this store says nothing, from its opening on

    Raises ConfigError, and for a directory NoBucket and Denied.
    """
    scheme, _, rest = url.partition("://")
    store: Store
    if scheme == "s3":
        store = _s3(rest, endpoint_url, region, profile, silence)
    elif scheme == "file":
        store = _directory(rest, silence)
    else:
        raise ConfigError(f"{url!r} is not a store", hint=f"a store is {_KNOWN}")
    return Retrying(store)


def part_of(store: Store, prefix: str, permit: Permit) -> Store:
    """What lies below a prefix of an opened store, with its conditions looked after where `permit` says so."""
    if isinstance(store, Retrying):
        # Outermost: what is asked again is looked after again, and permitted again.
        return Retrying(Looking(Scoped(store.inner, prefix), permit))
    return Looking(Scoped(store, prefix), permit)


def part_asked_once(store: Store, prefix: str) -> Store:
    """The same for what is worth nothing when it arrives late: no condition is looked after, nothing is asked again."""
    return Scoped(store.inner if isinstance(store, Retrying) else store, prefix)


def bucket_rules(store: Store) -> "BucketRules | None":
    """The lifecycle rules of the bucket that an opened store is in; None where it is in none."""
    from holdall.store.s3 import S3Store  # noqa: PLC0415  (30 ms for those who need it)

    inner = store.inner if isinstance(store, Retrying) else store
    return inner.rules if isinstance(inner, S3Store) else None


def _s3(
    rest: str, endpoint_url: str | None, region: str | None, profile: str | None, silence: Silence | None
) -> Store:
    from holdall.store.s3 import S3Settings, S3Store  # noqa: PLC0415  (30 ms for those who need it)

    bucket, _, prefix = rest.partition("/")
    return S3Store(S3Settings(bucket, prefix, endpoint_url, region, profile), silence)


def _directory(rest: str, silence: Silence | None) -> Store:
    from holdall.store.directory import DirectoryStore  # noqa: PLC0415

    if not rest.startswith("/"):
        raise ConfigError(
            f"file://{rest} names no absolute directory", hint="file:///DIR, with three slashes"
        )
    return DirectoryStore(Path(unquote(rest)), silence)
