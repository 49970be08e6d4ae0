"""`holdall doctor`: the store, this machine and its file system, probed; each finding with its fix."""

import argparse
from itertools import chain
from pathlib import Path

from holdall.cli import context, show
from holdall.cli.arguments import said
from holdall.cli.check import Check, State
from holdall.cli.check_machine import check_machine
from holdall.cli.check_store import check_store

_EXAMPLE = """examples:
  holdall doctor
  holdall doctor --store s3://bucket/prefix --path ~/project

exit code: 0 all works (maybe with less than it could), 1 something does not work
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "--path",
        metavar="DIR",
        type=said,
        default=".",
        help="a directory that is, or is to be, mounted (default: where you are)",
    )
    context.store_argument(parser)


def run(args: argparse.Namespace) -> int:
    checks: list[Check] = []
    for check in chain(check_machine(Path(args.path).absolute()), check_store(context.known(args).store)):
        checks.append(check)
        if not args.json:
            fix = f"\n      {check.fix}" if check.fix else ""
            show.line(f"{check.state.value:4}  {check.name}: {show.safe(check.detail)}{fix}")
    healthy = all(check.state is not State.BAD for check in checks)
    if args.json:
        show.document({"healthy": healthy, "checks": [_document(check) for check in checks]})
    return 0 if healthy else 1


def _document(check: Check) -> dict[str, str | None]:
    return {"name": check.name, "state": check.state.value, "detail": check.detail, "fix": check.fix or None}
