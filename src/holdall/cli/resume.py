"""`holdall resume`: go on with a mount that was held, or parked with a problem."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, output
from holdall.cli.statuslines import lines


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("context", metavar="CONTEXT", help="or its directory")
    output.common(parser, "holdall resume my-project")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    context = choose.one(client, args.context)["context"]
    found = client.post(of_mount(context, "resume"))
    if args.json:
        output.document(found)
    else:
        for line in lines([found]):
            output.line(line)
    return 0
