"""Arguments that several commands share."""

import argparse
import sys
from typing import Any, ClassVar, Final, NoReturn

from holdall.cli import show
from holdall.daemon.context_name import name_fault
from holdall.daemon.durations import seconds
from holdall.errors import ConfigError

_DIGITS_MAX: Final = 18
"""Of a number that fits into 64 bits, whatever it is."""

POLICY_HELP: Final = "a policy in JSON or TOML, also a whole ContextSync as SDKs write it"
STORE_HELP: Final = "s3://BUCKET/PREFIX or file:///DIR; AWS_ENDPOINT_URL names a server that is not Amazon's"


class Misuse(ConfigError):
    """The command line does not fit; the hint is the usage."""

    code: ClassVar[str] = "usage"


class Parser(argparse.ArgumentParser):
    """Raises Misuse, so that a script that asked for JSON gets this error where it reads all others."""

    def error(self, message: str) -> NoReturn:
        raise Misuse(message, hint=self.format_usage().strip())

    def _print_message(self, message: str, file: Any = None) -> None:
        if file is sys.stdout:
            show.line(message.removesuffix("\n"))  # argparse's own passes over what keeps it from going out
        else:
            super()._print_message(message, file)


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


def counting(text: str) -> int:
    """For argparse: a whole number from 1 on. One that no list is as long as stands for all."""
    digits = text.lstrip("0")
    if not (digits.isascii() and digits.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(digits) if len(digits) <= _DIGITS_MAX else sys.maxsize


def said(text: str) -> str:
    """For argparse: a path that was said. An empty one, of a variable that is not set, would be where one stands."""
    if not text:
        raise argparse.ArgumentTypeError("the path is empty; . is where you are")
    return text


def context_name(text: str) -> str:
    """For argparse: of a context that is there, whatever it is called."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty; without --context it is the directory's")
    return text


def new_context_name(text: str) -> str:
    """For argparse: of a context that may be made."""
    if fault := name_fault(text):
        raise argparse.ArgumentTypeError(f"the name {fault}")
    return text


def own_context_name(text: str) -> str:
    """For argparse: the same, where the directory's stands for one that is not given."""
    return new_context_name(context_name(text))


def mount_options(parser: argparse.ArgumentParser) -> None:
    """Of `up` and `mount`."""
    parser.add_argument("path", metavar="PATH", type=said, help="the directory to keep safe")
    parser.add_argument(
        "--context",
        metavar="ID",
        type=own_context_name,
        help="the context's name; the directory's where it is not given",
    )
    parser.add_argument(
        "--sync",
        choices=["auto", "arch", "one"],
        help="auto mirrors both ways, arch carries no deletions, one goes up once (default: auto)",
    )
    parser.add_argument("--policy", metavar="FILE", help=POLICY_HELP)
    parser.add_argument(
        "--ignore", metavar="PATTERN", action="append", default=[], help="leave this out; may be given again"
    )
