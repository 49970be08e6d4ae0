"""`holdall pause`, `resume` and `approve`: a person's word to a mount."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, show
from holdall.cli.arguments import common
from holdall.cli.statuslines import lines


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("context", metavar="CONTEXT", help="or its directory")
    common(parser, f"{parser.prog} my-project")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    context = choose.one(client, args.context)["context"]
    found = client.post(of_mount(context, args.command))
    if args.json:
        show.document(found)
    else:
        for line in lines([found]):
            show.line(line)
    return 0
