"""`holdall unmount`: release and forget. Local files always stay."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("context", metavar="CONTEXT", help="or its directory")
    parser.add_argument("--discard", action="store_true", help="skip the upload")
    parser.add_argument(
        "--deadline", metavar="T", type=duration, help="detach after this time at most, like 90s"
    )
    common(parser, "holdall unmount my-project")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    context = choose.one(client, args.context)["context"]
    body = {"discard": args.discard, "deadline_s": args.deadline}
    found = following.leave(
        client,
        [context],
        lambda context: client.post(of_mount(context, "unmount"), body, waits=True),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
