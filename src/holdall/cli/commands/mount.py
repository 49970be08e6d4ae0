"""`holdall mount`: add a mount to the running daemon."""

import argparse

from holdall.api.client import Client
from holdall.cli import mounting, show
from holdall.cli.arguments import common, mount_options


def arguments(parser: argparse.ArgumentParser) -> None:
    mount_options(parser)
    common(parser, "holdall mount ~/project --context my-project --ignore '*.pyc'")


def run(args: argparse.Namespace) -> int:
    body = mounting.request(args)
    client = Client.find()
    made = client.post("/api/v1/mounts", body)
    found = mounting.settled(client, made["context"])
    if args.json:
        show.document(found)
    else:
        mounting.tell(found)
    return mounting.exit_code(found)
