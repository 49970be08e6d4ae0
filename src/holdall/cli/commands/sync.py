"""`holdall sync`: both ways, now, also what the policy leaves to be asked for."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("context", metavar="CONTEXT", help="or its directory")
    parser.add_argument(
        "--force", action="store_true", help="leave a parked state and list the whole store, too"
    )
    parser.add_argument(
        "--timeout", metavar="T", type=duration, help="give up after this time, like 30s (exit code 6)"
    )
    common(parser, "holdall sync my-project --force")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    mount = choose.one(client, args.context)
    body = {"force": args.force, "timeout_s": args.timeout}
    found = following.follow(
        client,
        [mount["context"]],
        lambda context: client.post(of_mount(context, "sync"), body, waits=True),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
