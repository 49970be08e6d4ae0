"""`holdall config check`: whether a configuration could be run."""

import argparse
from pathlib import Path

from holdall.cli import show
from holdall.cli.arguments import common
from holdall.cli.tables import table
from holdall.daemon import config, places
from holdall.daemon.sizes import counted
from holdall.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="check", required=True)
    check = actions.add_parser(
        "check", help="whether it could be run", formatter_class=parser.formatter_class
    )
    check.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="the one in force where none is given"
    )
    common(check, "holdall config check /etc/holdall/holdall.toml")
    parser.epilog = check.epilog


def run(args: argparse.Namespace) -> int:
    """ConfigError with the first fault."""
    file = args.file or places.config_file()
    if file is None:
        raise ConfigError(
            "there is no configuration file", hint="~/.config/holdall/holdall.toml is where one is looked for"
        )
    found = config.load(file)
    url = found.store.url if found.store else None
    mounts = [{"context": one.context, "path": str(one.path), "sync": one.sync.value} for one in found.mounts]
    if args.json:
        show.document({"file": str(found.file), "store": url, "mounts": mounts})
        return 0
    show.line(f"{file} is fine: store {url or 'embedded'}, {counted(len(mounts), 'mount')}")
    for row in table([(one["context"], show.safe(one["path"]), one["sync"]) for one in mounts]):
        show.line(f"  {row}")
    return 0
