"""`holdall run`: the daemon in the foreground."""

import argparse
import os
from pathlib import Path

from holdall.cli import show
from holdall.cli.arguments import common
from holdall.cli.leave import leave
from holdall.daemon import config, logs, outcome
from holdall.daemon.collector import unhurried


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", nargs="?", type=Path, help="the configuration file")
    parser.add_argument(
        "--log-format", choices=["text", "json"], default="text", help="of log lines (default: text)"
    )
    parser.add_argument(
        "--log-file", metavar="FILE", type=Path, help="log there, turned over at 10 MB, not to stderr"
    )
    common(parser, "holdall run /etc/holdall/holdall.toml --log-format json")


def run(args: argparse.Namespace) -> int:
    """With --json, the receipts of the release at the end."""
    settings = config.load(args.config)
    from holdall.api.server import Server  # noqa: PLC0415 (a faulty configuration is told at once)
    from holdall.daemon.service import Service  # noqa: PLC0415

    logs.set_up(args.log_format, args.log_file)
    service = Service(settings, Server)
    unhurried()
    os.chdir("/")  # no file system is kept from being unmounted by where the daemon was started
    receipts = service.run()
    if args.json:
        show.document({"receipts": receipts or []})
    code = outcome.PARTIAL if receipts is None else outcome.worst(outcome.exit_code(one) for one in receipts)
    leave(code)
