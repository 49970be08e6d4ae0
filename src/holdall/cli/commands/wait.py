"""`holdall wait`: until what the store has is here."""

import argparse

from holdall.cli import barrier, choose


def arguments(parser: argparse.ArgumentParser) -> None:
    barrier.arguments(
        parser,
        path_help=f"{choose.PATH_HELP}; it comes before all others",
        example="holdall wait my-project --path models/small.bin",
    )


def run(args: argparse.Namespace) -> int:
    return barrier.run(args, "wait")
