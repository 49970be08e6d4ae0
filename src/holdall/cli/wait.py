"""`holdall wait`: until what the store has is here."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("context", metavar="CONTEXT", help="or its directory")
    parser.add_argument(
        "--path",
        metavar="P",
        help="just this path, before all others: from where you are in the mount, else from its top",
    )
    parser.add_argument(
        "--timeout", metavar="T", type=duration, help="give up after this time, like 30s (exit code 6)"
    )
    common(parser, "holdall wait my-project --path models/small.bin")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    mount = choose.one(client, args.context)
    body = {"path": choose.path_in(mount, args.path), "timeout_s": args.timeout}
    found = following.follow(
        client,
        [mount["context"]],
        lambda context: client.post(of_mount(context, "wait"), body, waits=True),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
