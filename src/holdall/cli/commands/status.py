"""`holdall status`: one line per mount, then each problem with its fix."""

import argparse
import json
import sys
import time
from typing import Final

from holdall.api.client import Client
from holdall.cli import show
from holdall.cli.arguments import common
from holdall.cli.statuslines import lines

_LOOK_S: Final = 1.0
_CLEAR: Final = "\x1b[H\x1b[J"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch", action="store_true", help="again whenever something changes, until interrupted"
    )
    common(parser, "holdall status --watch")


def run(args: argparse.Namespace) -> int:
    client = Client.find()
    if args.watch:
        _watch(client, as_json=args.json)
    found = client.get("/api/v1/mounts")
    if args.json:
        show.document(found)
    else:
        for line in lines(found["mounts"]):
            show.line(line)
    return 0


def _watch(client: Client, *, as_json: bool) -> None:
    """One JSON document a line; on a terminal, a screen that is drawn anew; elsewhere, what changed."""
    before = ""
    while True:
        found = client.get("/api/v1/mounts")
        now = json.dumps(found, ensure_ascii=False) if as_json else "\n".join(lines(found["mounts"]))
        if now != before:
            before = now
            show.line(f"{_CLEAR}{now}" if not as_json and sys.stdout.isatty() else now)
            sys.stdout.flush()
        time.sleep(_LOOK_S)
