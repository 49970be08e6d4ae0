"""`holdall wait`: until what the store has is here."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration, said


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "context", metavar="CONTEXT", nargs="?", help="or its directory; all mounts where none is given"
    )
    parser.add_argument(
        "--path", metavar="P", type=said, help=f"{choose.PATH_HELP}; it comes before all others"
    )
    parser.add_argument(
        "--timeout", metavar="T", type=duration, help="give up after this time, like 30s (exit code 6)"
    )
    common(parser, "holdall wait my-project --path models/small.bin")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    paths = choose.whole_or_path(client, args.context, args.path)
    found = following.follow(
        client,
        list(paths),
        lambda context: client.post(
            of_mount(context, "wait"), {"path": paths[context], "timeout_s": args.timeout}, waits=True
        ),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
