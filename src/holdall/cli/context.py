"""Which context of which store a command is about, and where it is mounted here."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

from holdall.cli import paths, show
from holdall.cli.arguments import STORE_HELP, context_name
from holdall.cli.impatience import Impatience
from holdall.daemon import config, places, standing
from holdall.daemon.opening import embedded_url
from holdall.daemon.overlap import real
from holdall.daemon.registered import registered
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.daemon.standing import Standing
from holdall.daemon.white_list import white_list
from holdall.errors import ConfigError, NotThere
from holdall.local.base import Disk
from holdall.local.target import target_of
from holdall.log.commits import CommitLog
from holdall.log.history import History
from holdall.log.layout import prefix_of
from holdall.rules.local_names import POSIX
from holdall.rules.whitelist import WhiteList
from holdall.store.base import Store
from holdall.store.open import open_store
from holdall.store.scoped import Scoped


@dataclass(frozen=True, slots=True)
class Place:
    """root      the directory that the context is mounted at; None where this machine knows of none
    ignore    the mount's ignore list
    whites    its white list
    mapping   of the mount, as its policy has it
    standing  what that comes to, once the context was asked
    """

    context: str
    store: StoreSettings
    root: Path | None
    ignore: tuple[str, ...] = ()
    whites: WhiteList = field(default_factory=WhiteList)
    mapping: str = ""
    standing: Standing = standing.PLAIN

    def path(self, given: str) -> str:
        """A path as a user writes it, as the model's; "" is the whole context."""
        found = self.standing.in_context(paths.path_in(self.root, self.context, given))
        if found is None:
            hint = f"the context is at {self.standing.above} in {self.root}"
            raise ConfigError("is not in the context", path=given, hint=hint)
        return found

    def disk(self) -> Disk:
        """The mounted directory, as the context knows it. ConfigError where there is none."""
        root = self.need_root()
        return standing.disk_of(root, self.standing._replace(target=target_of(root) or POSIX))

    def missing(self, path: str, message: str, hint: str) -> NotThere:
        """The error for a path that the log does not speak of."""
        link = None if self.root is None else paths.link_above(self.root, self.standing.in_mount(path))
        if link is not None:
            hint = f"{link} is a symlink: what lies behind it is not in the context"
        return NotThere(message, path=path, hint=hint)

    def need_root(self) -> Path:
        if self.root is None:
            raise ConfigError(
                f"{self.context} is mounted at no directory that is known here",
                hint="run it in the mounted directory, or without --context",
            )
        return self.root


@dataclass(frozen=True, slots=True)
class Mounts:
    """Those of the configuration and of this user's daemon, and the store that they are on."""

    specs: tuple[Spec, ...]
    store: StoreSettings

    def named(self, context: str) -> Place | None:
        return next((self._place(spec) for spec in self.specs if spec.context == context), None)

    def holding(self, said: str) -> Place | None:
        """The one that a path is in, as a user writes it."""
        by_root = {real(spec.path): spec for spec in self.specs}
        root = paths.holder(by_root, said)
        return None if root is None else self._place(by_root[root])

    def _place(self, spec: Spec) -> Place:
        mapping = spec.policy.mapping or ""
        return Place(spec.context, self.store, real(spec.path), spec.ignore, white_list(spec), mapping)


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
        help="the context (default: the mount that PATH is in, or that you are in, else the directory's name)",
    )
    store_argument(parser)


def store_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="URL", help=f"{STORE_HELP} (default: the configured one)")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def find(args: argparse.Namespace, said: str = ".") -> Place:
    """The context that the command line names, else the mount that the path `said` is in, or that the user stands in, else the
    directory's name.
    """
    mounts = known(args)
    if args.context is not None:
        return mounts.named(args.context) or Place(args.context, mounts.store, None)
    found = mounts.holding(said) or mounts.holding(".")
    if found is not None:
        return found
    here = Path.cwd()
    if not here.name:
        raise ConfigError("the top directory is no context", hint="name one with --context ID")
    return Place(here.name, mounts.store, here)


def known(args: argparse.Namespace) -> Mounts:
    settings = config.load(store=args.store)
    found = registered(places.state_dir() / "daemon.db")
    store = settings.store or found.store or StoreSettings(embedded_url())
    return Mounts((*settings.mounts, *(one.spec for one in found.mounts)), store)


@contextmanager
def opened(args: argparse.Namespace, said: str = ".") -> Iterator[Opened]:
    """The context that is meant where `said` is the path. NotThere where the store has no such context. One GET."""
    place = find(args, said)
    with store_at(place.store) as whole:
        store = Scoped(whole, prefix_of(place.context))
        log = CommitLog(store)
        if log.info() is None:
            raise NotThere(
                f"there is no context {place.context} in {whole.url}", hint="--context ID names another one"
            )
        place = replace(place, standing=standing.mapped(place.mapping, store))
        yield Opened(place, whole, store, log, History(log))


@contextmanager
def store_at(settings: StoreSettings) -> Iterator[Store]:
    """A store that is there: none is made by looking. One that says nothing is told of, and soon given up."""
    scheme, _, rest = settings.url.partition("://")
    if scheme == "file" and not Path(unquote(rest)).is_dir():
        raise NotThere(
            f"there is no store at {unquote(rest)} yet",
            hint="`holdall up` or `holdall exec` makes it, or name one with --store URL",
        )
    url = settings.url
    store = open_store(
        **settings._asdict(),
        silence=Impatience(lambda: show.note(f"waiting for {show.safe(url)}")),
    )
    url = store.url  # which says where the server is
    try:
        yield store
    finally:
        store.close()
