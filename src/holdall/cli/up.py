"""`holdall up`: mount a directory, starting a daemon for this user if none runs."""

import argparse
from pathlib import Path
from typing import Any

from holdall.api.client import Client
from holdall.cli import mounting, show, starting
from holdall.cli.arguments import common, mount_options
from holdall.cli.suspects import Suspect, suspects
from holdall.daemon import config, places
from holdall.errors import ConfigError, HoldallError, NoDaemon


def arguments(parser: argparse.ArgumentParser) -> None:
    mount_options(parser)
    parser.add_argument(
        "--store",
        metavar="URL",
        help="s3://BUCKET/PREFIX or file:///DIR, where none is configured (default: embedded)",
    )
    common(parser, "holdall up ~/project --store s3://bucket/backups")


def run(args: argparse.Namespace) -> int:
    body = mounting.request(args)
    if args.store is not None and (fault := config.url_fault(args.store)):
        raise ConfigError(f"--store {fault}")
    config.load()  # a fault in the file is told here, not by a daemon that ends at once
    client, started = _daemon(args.store)
    try:
        made = client.post("/api/v1/mounts", body | {"store": args.store})
    except HoldallError:
        if started:
            starting.stop_daemon(client)
        raise
    found = mounting.settled(client, made["context"])
    doubtful = suspects(Path(body["path"]), args.ignore)
    if args.json:
        doubts = [one._asdict() for one in doubtful]
        show.document(
            found | {"suspects": doubts, "started": started, "survives_reboot": not _is_ours(client)}
        )
        return 0
    _tell(found, doubtful, client, started=started)
    return 0


def _daemon(store: str | None) -> tuple[Client, bool]:
    try:
        return Client.find(), False
    except NoDaemon:
        return starting.start_daemon(store), True


def _tell(found: dict[str, Any], doubtful: list[Suspect], client: Client, *, started: bool) -> None:
    mounting.tell(found)
    for suspect in doubtful:
        show.line(f"  {suspect.path}: {suspect.what}")
        show.line(f"    --ignore '{suspect.ignore}', or that line in .holdallignore, leaves it out")
    if started:
        show.line(f"the daemon runs in the background; its log: {places.log_file()}")
    if _is_ours(client):
        show.line("it does not survive a reboot; this makes it so:")
        show.line(f"  {starting.lasting_command()}")


def _is_ours(client: Client) -> bool:
    """Whether the daemon was started by an `up`, and by no service manager."""
    return bool(client.get("/api/v1/version")["detached"])
