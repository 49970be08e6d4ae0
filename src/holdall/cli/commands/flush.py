"""`holdall flush`: a barrier without detaching."""

import argparse

from holdall.cli import barrier, choose


def arguments(parser: argparse.ArgumentParser) -> None:
    barrier.arguments(parser, path_help=choose.PATH_HELP, example="holdall flush my-project --timeout 30s")


def run(args: argparse.Namespace) -> int:
    return barrier.run(args, "flush")
