"""`holdall pause`: hold a mount: nothing goes up or down until it is resumed."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, output
from holdall.cli.statuslines import lines


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("context", metavar="CONTEXT", help="or its directory")
    output.common(parser, "holdall pause my-project")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    context = choose.one(client, args.context)["context"]
    found = client.post(of_mount(context, "pause"))
    if args.json:
        output.document(found)
    else:
        for line in lines([found]):
            output.line(line)
    return 0
