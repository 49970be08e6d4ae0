"""`holdall mount`: add a mount to the running daemon."""

import argparse

from holdall.api.client import Client
from holdall.cli import mounting, show
from holdall.cli.arguments import common, mount_options
from holdall.cli.statuslines import lines


def arguments(parser: argparse.ArgumentParser) -> None:
    mount_options(parser)
    common(parser, "holdall mount ~/project --context my-project --ignore '*.pyc'")


def run(args: argparse.Namespace) -> int:
    body = mounting.request(args)
    found = Client.find().post("/api/v1/mounts", body)
    if args.json:
        show.document(found)
    else:
        for line in lines([found]):
            show.line(line)
    return 0
