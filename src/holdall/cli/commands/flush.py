"""`holdall flush`: a barrier without detaching."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration, said


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "context", metavar="CONTEXT", nargs="?", help="or its directory; all mounts where none is given"
    )
    parser.add_argument("--path", metavar="P", type=said, help=choose.PATH_HELP)
    parser.add_argument(
        "--timeout", metavar="T", type=duration, help="give up after this time, like 30s (exit code 6)"
    )
    common(parser, "holdall flush my-project --timeout 30s")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    paths = choose.whole_or_path(client, args.context, args.path)
    found = following.follow(
        client,
        list(paths),
        lambda context: client.post(
            of_mount(context, "flush"), {"path": paths[context], "timeout_s": args.timeout}, waits=True
        ),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
