"""Arguments that several commands share."""

import argparse

from holdall.daemon.durations import seconds
from holdall.errors import ConfigError


def common(parser: argparse.ArgumentParser, example: str) -> None:
    """What every command has: --json, and an example at the end of its help."""
    parser.add_argument("--json", action="store_true", help="one JSON document in place of lines for people")
    parser.epilog = f"example:\n  {example}"


def duration(text: str) -> float:
    """For argparse: `25s` in seconds."""
    try:
        return seconds(text)
    except ConfigError as exc:
        raise argparse.ArgumentTypeError(f"{exc.message}; {exc.hint}") from exc


def mount_options(parser: argparse.ArgumentParser) -> None:
    """Of `up` and `mount`."""
    parser.add_argument("path", metavar="PATH", help="the directory to keep safe")
    parser.add_argument(
        "--context", metavar="ID", help="the context's name; the directory's where it is not given"
    )
    parser.add_argument(
        "--sync",
        choices=["auto", "arch", "one"],
        help="auto mirrors both ways, arch carries no deletions, one goes up once (default: auto)",
    )
    parser.add_argument("--policy", metavar="FILE", help="a policy in JSON or TOML")
    parser.add_argument(
        "--ignore", metavar="PATTERN", action="append", default=[], help="leave this out; may be given again"
    )
