"""Which context of which store a command is about, and where it is mounted here."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from holdall.cli.arguments import STORE_HELP, context_name
from holdall.daemon import config, places
from holdall.daemon.opening import embedded_url
from holdall.daemon.registered import Known, registered
from holdall.daemon.settings import Settings, StoreSettings
from holdall.errors import ConfigError, NotThere
from holdall.keys import is_path
from holdall.log.commits import CommitLog
from holdall.log.history import History
from holdall.log.layout import prefix_of
from holdall.store.base import Store
from holdall.store.open import open_store
from holdall.store.scoped import Scoped


@dataclass(frozen=True, slots=True)
class Place:
    """root     the directory that the context is mounted at; None where this machine knows of none
    ignore   of the mount
    """

    context: str
    store: StoreSettings
    root: Path | None
    ignore: tuple[str, ...] = ()

    def path(self, given: str) -> str:
        """A path as a user writes it, as the model's; "" is the whole context.

        In the mounted directory it is taken from where the user stands, elsewhere from the top of the context.
        """
        if self.root is None or not (Path.cwd().is_relative_to(self.root) or Path(given).is_absolute()):
            found = os.path.normpath(given.lstrip("/") or ".")
        else:
            # Not resolved: the path itself may be a symlink, and it is the link that is meant.
            found = os.path.relpath(os.path.normpath(Path.cwd() / given), self.root)
        if found == ".":
            return ""
        if not is_path(found):
            raise ConfigError(
                "is not in the context",
                path=given,
                hint=f"{self.context} is at {self.root or 'no directory here'}",
            )
        return found

    def need_root(self) -> Path:
        if self.root is None:
            raise ConfigError(
                f"{self.context} is mounted at no directory that is known here",
                hint="run it in the mounted directory, or without --context",
            )
        return self.root


@dataclass(frozen=True, slots=True)
class Opened:
    place: Place
    whole: Store
    """The store that the context is a part of."""
    store: Store
    log: CommitLog
    history: History


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--context",
        metavar="ID",
        type=context_name,
        help="the context (default: the mount you are in, else the directory's name)",
    )
    store_argument(parser)


def store_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="URL", help=f"{STORE_HELP} (default: the configured one)")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def find(args: argparse.Namespace) -> Place:
    """From the command line, else the configuration and the mounts of this user, else the directory's name."""
    settings = config.load(store=args.store)
    known = _registered()
    specs = [*settings.mounts, *(one.spec for one in known.mounts)]
    here = Path.cwd()
    context: str | None = getattr(args, "context", None)
    if context is not None:
        mount = next((spec for spec in specs if spec.context == context), None)
    else:
        mount = next((spec for spec in specs if here.is_relative_to(os.path.realpath(spec.path))), None)
    store = _store(settings, known.store)
    if mount is not None:
        return Place(mount.context, store, Path(os.path.realpath(mount.path)), mount.ignore)
    if context is not None:
        return Place(context, store, None)
    if not here.name:
        raise ConfigError("the top directory is no context", hint="name one with --context ID")
    return Place(here.name, store, here)


def store_of(args: argparse.Namespace) -> StoreSettings:
    return _store(config.load(store=args.store), _registered().store)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Opened]:
    """NotThere where the store has no such context. One GET."""
    place = find(args)
    with store_at(place.store) as whole:
        store = Scoped(whole, prefix_of(place.context))
        log = CommitLog(store)
        if log.info() is None:
            raise NotThere(
                f"there is no context {place.context} in {whole.url}", hint="--context ID names another one"
            )
        yield Opened(place, whole, store, log, History(log))


@contextmanager
def store_at(settings: StoreSettings) -> Iterator[Store]:
    """A store that is there: none is made by looking."""
    scheme, _, rest = settings.url.partition("://")
    if scheme == "file" and not Path(unquote(rest)).is_dir():
        raise NotThere(
            f"there is no store at {unquote(rest)} yet",
            hint="`holdall up` or `holdall exec` makes it, or name one with --store URL",
        )
    store = open_store(
        settings.url, endpoint_url=settings.endpoint_url, region=settings.region, profile=settings.profile
    )
    try:
        yield store
    finally:
        store.close()


def _store(settings: Settings, named_last: StoreSettings | None) -> StoreSettings:
    return settings.store or named_last or StoreSettings(embedded_url())


def _registered() -> Known:
    return registered(places.state_dir() / "daemon.db")
