"""`holdall up`: mount a directory, starting a daemon for this user if none runs."""

import argparse
import json
from pathlib import Path
from typing import Any

from holdall.api.client import Client
from holdall.cli import mounting, show, starting
from holdall.cli.arguments import STORE_HELP, common, mount_options
from holdall.cli.suspects import Suspect, suspects
from holdall.daemon import config, places
from holdall.daemon.opening import named_in, same_store
from holdall.errors import ConfigError, Denied, HoldallError, NoDaemon


def arguments(parser: argparse.ArgumentParser) -> None:
    mount_options(parser)
    parser.add_argument(
        "--store",
        metavar="URL",
        help=f"{STORE_HELP}; where none is configured (default: embedded)",
    )
    common(parser, "holdall up ~/project --store s3://bucket/backups")


def run(args: argparse.Namespace) -> int:
    body = mounting.request(args)
    # A fault in the file is told here, not by a daemon that ends at once.
    file = config.load(store=args.store).file
    client, started = _daemon(args.store)
    try:
        made = client.post("/api/v1/mounts", body | {"store": args.store})
    except HoldallError as exc:
        if started and starting.stop_daemon(client):
            raise
        raise _of_daemon(exc, client) from exc
    found = mounting.settled(client, made["context"])
    doubtful = suspects(Path(body["path"]), args.ignore)
    if args.json:
        doubts = [one._asdict() for one in doubtful]
        show.document(
            found | {"suspects": doubts, "started": started, "survives_reboot": not _is_ours(client)}
        )
    else:
        _tell(found, doubtful, started=started)
        if _is_ours(client):
            _tell_of_reboots(client.get("/api/v1/version")["store"], file)
    return mounting.exit_code(found)


def _daemon(store: str | None) -> tuple[Client, bool]:
    try:
        return Client.find(), False
    except NoDaemon:
        return starting.start_daemon(store), True


def _of_daemon(error: HoldallError, client: Client) -> HoldallError:
    """Of one that goes on: it has the credentials of the shell that started it, whatever this one has."""
    if not isinstance(error, Denied):
        return error
    about = client.get("/api/v1/version")
    pid = about["pid"]
    again = (
        f"`kill {pid}`, then this again: the new one takes those of this shell"
        if about["detached"]
        else f"restart it with them (pid {pid})"
    )
    return Denied(
        f"the running daemon (pid {pid}): {error.message}",
        path=error.path,
        hint=f"it has the credentials that it was started with; {again}",
    )


def _tell(found: dict[str, Any], doubtful: list[Suspect], *, started: bool) -> None:
    mounting.tell(found)
    for suspect in doubtful:
        show.line(f"  {suspect.path}: {suspect.what}")
        show.line(f"    --ignore '{suspect.ignore}', or that line in .holdallignore, leaves it out")
    if started:
        show.line(f"the daemon runs in the background; its log: {places.log_file()}")


def _tell_of_reboots(store: str, file: Path | None) -> None:
    """`store`: URL of the daemon's. The next daemon has the one that the file names, else the one that this one remembers."""
    if not _leads_to(store, file):
        show.line(
            f"it does not survive a reboot: the next daemon takes its store from {file}, where this has to stand:"
        )
        show.line(f"  [store] url = {json.dumps(store, ensure_ascii=False)}")
        show.line("`holdall up` then tells what starts it")
        return
    show.line("it does not survive a reboot; this makes it so:")
    show.line(f"  {starting.lasting_command()}")
    if store.startswith("s3:") and starting.keys_in_environment():
        show.line(
            "the keys in the environment are not kept; `aws configure` keeps them, in ~/.aws/credentials"
        )


def _leads_to(store: str, file: Path | None) -> bool:
    try:
        named = named_in(file)
    except ConfigError:
        return False
    return named is None or same_store(named.url, store)


def _is_ours(client: Client) -> bool:
    """Whether the daemon was started by an `up`, and by no service manager."""
    return bool(client.get("/api/v1/version")["detached"])
