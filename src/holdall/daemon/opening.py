"""The store that mounts are made on: the configured one, else the one that `up --store` named, else the embedded one."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from holdall.daemon import config, places
from holdall.daemon.late import Late
from holdall.daemon.settings import Settings, StoreSettings
from holdall.errors import ConfigError
from holdall.store.base import Store
from holdall.store.open import open_store
from holdall.store.silence import Silence

_VARIABLES: Final = "HOLDALL_STORE__"


class Opened(NamedTuple):
    """url        as people say it; `store.url` is where that is
    silence    of the store, from its opening on
    directory  of a store that is on this machine
    """

    store: Store
    silence: Silence
    url: str
    directory: Path | None


def opened(settings: StoreSettings | None, environ: Mapping[str, str] = os.environ) -> Opened:
    """None is the embedded store, made where it is not there yet. ConfigError; any other trouble is told when it is asked."""
    if settings is None:
        root = places.embedded_store(environ)
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise ConfigError(
                f"the embedded store {root} cannot be made: {exc.strerror}",
                hint='[store] url = "…" names another one',
            ) from exc
        settings = StoreSettings(embedded_url(environ))
    given, silence = settings, Silence()
    scheme, _, rest = given.url.partition("://")
    if scheme != "file":
        return Opened(open_store(**given._asdict(), silence=silence), silence, given.url, None)
    directory = Path(unquote(rest))
    late = Late(f"file://{directory}", lambda: open_store(given.url, silence=silence))
    return Opened(late, silence, given.url, directory)


def named_in(file: Path | None, environ: Mapping[str, str] = os.environ) -> StoreSettings | None:
    """The store that the configuration file names by itself. ConfigError where it is none without the variables of this shell."""
    if file is None:
        return None
    alone = {name: value for name, value in environ.items() if not name.startswith(_VARIABLES)}
    return config.load(file, alone).store


def to_remember(settings: Settings, environ: Mapping[str, str] = os.environ) -> StoreSettings | None:
    """The store where --store or the environment names it, and the file does not: the next daemon would not find it."""
    if settings.store is None:
        return None
    try:
        named = named_in(settings.file, environ)
    except ConfigError:
        return None  # the file names a part of one, and no daemon starts with that
    return lasting(settings.store, environ) if named is None else None


def lasting(settings: StoreSettings, environ: Mapping[str, str] = os.environ) -> StoreSettings:
    """The same store also where the variables of this shell are not set, as after a reboot. Keys are not kept."""
    if not settings.url.startswith("s3:"):
        return settings
    keys = environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY")
    return settings._replace(
        endpoint_url=settings.endpoint_url
        or environ.get("AWS_ENDPOINT_URL_S3")
        or environ.get("AWS_ENDPOINT_URL"),
        region=settings.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION"),
        # Keys in the environment come before a profile that it names.
        profile=settings.profile or (None if keys else environ.get("AWS_PROFILE")),
    )


def embedded_url(environ: Mapping[str, str] = os.environ) -> str:
    return "file://" + quote(str(places.embedded_store(environ).absolute()))


def same_store(said: str, running: str) -> bool:
    """Whether a URL, as people say it, is the store that a daemon has open."""
    return _plain(said) == _plain(running)


def _plain(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"file://{unquote(rest).rstrip('/')}" if scheme == "file" else url.rstrip("/")
