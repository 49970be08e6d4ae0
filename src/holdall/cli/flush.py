"""`holdall flush`: a barrier without detaching."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration
from holdall.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "context", metavar="CONTEXT", nargs="?", help="or its directory; all mounts where none is given"
    )
    parser.add_argument("--path", metavar="P", help="wait for just this path")
    parser.add_argument(
        "--timeout", metavar="T", type=duration, help="give up after this time, like 30s (exit code 6)"
    )
    common(parser, "holdall flush my-project --timeout 30s")


def run(args: argparse.Namespace) -> int:
    if args.path and not args.context:
        raise ConfigError("--path needs the CONTEXT that it lies in")
    client = Client.find()
    mounts = choose.several(client, [args.context] if args.context else [])
    paths = {mount["context"]: choose.path_in(mount, args.path) for mount in mounts}
    found = following.follow(
        client,
        list(paths),
        lambda context: client.post(
            of_mount(context, "flush"), {"path": paths[context], "timeout_s": args.timeout}, waits=True
        ),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
