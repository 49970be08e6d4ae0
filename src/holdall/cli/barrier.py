"""What `flush` and `wait` are alike in: a barrier over all mounts, one, or one path."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration, said


def arguments(parser: argparse.ArgumentParser, *, path_help: str, example: str) -> None:
    parser.add_argument(
        "context", metavar="CONTEXT", nargs="?", help="or its directory; all mounts where none is given"
    )
    parser.add_argument("--path", metavar="P", type=said, help=path_help)
    parser.add_argument(
        "--timeout", metavar="T", type=duration, help="give up after this time, like 30s (exit code 6)"
    )
    common(parser, example)


def run(args: argparse.Namespace, route: str) -> int:
    """`route`: of the mount, in the daemon's API. The exit code that the receipts come to."""
    client = Client.find()
    paths = choose.whole_or_path(client, args.context, args.path)
    found = following.follow(
        client,
        list(paths),
        lambda context: client.post(
            of_mount(context, route), {"path": paths[context], "timeout_s": args.timeout}, waits=True
        ),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
