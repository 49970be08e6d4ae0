"""`holdall release`: flush, answer with a receipt, detach. What was agreed on is kept for the next mount."""

import argparse

from holdall.api.client import Client, of_mount
from holdall.cli import choose, following, receipts
from holdall.cli.arguments import common, duration


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "context", metavar="CONTEXT", nargs="*", help="or directories; all mounts where none is given"
    )
    parser.add_argument(
        "--deadline", metavar="T", type=duration, help="detach after this time at most, like 90s"
    )
    common(parser, "holdall release my-project --deadline 60s")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    contexts = [mount["context"] for mount in choose.several(client, args.context)]
    found = following.leave(
        client,
        contexts,
        lambda context: client.post(of_mount(context, "release"), {"deadline_s": args.deadline}, waits=True),
        quiet=args.json,
    )
    return receipts.tell(found, as_json=args.json)
