"""The command line: one table, each command's module loaded only when it runs.

A command is a module `holdall.cli.commands.<name>` (dashes as underscores) with `arguments(parser)` and `run(args) -> int`; where
several differ in their name alone, one module is all of them.
"""

import argparse
import importlib
import json
import logging
import os
import sys
from contextlib import suppress
from itertools import takewhile
from types import ModuleType
from typing import Final

from holdall import __version__
from holdall.cli import defect, streams
from holdall.cli.arguments import Misuse, Parser
from holdall.daemon import outcome
from holdall.errors import ConfigError, Denied, HoldallError, Locked, NoBucket

COMMANDS: Final = {
    "run": "the daemon in the foreground",
    "up": "mount a directory, starting a daemon for this user if none runs",
    "mount": "add a mount to the running daemon",
    "unmount": "release and forget a mount",
    "exec": "mount, run a command, release: no daemon",
    "flush": "wait until everything that is here is in the store",
    "release": "flush, answer with a receipt, detach",
    "wait": "wait until everything in the store is here",
    "sync": "wait until both sides are the same",
    "status": "one line per mount, then each problem with its fix",
    "pause": "hold a mount",
    "resume": "go on with a held or parked mount",
    "approve": "accept deletions that are held back, a directory that was replaced, a disk that is gone",
    "ls": "the context's tree, now or at an earlier commit",
    "diff": "what differs between two commits, or between a commit and now",
    "history": "the commits of a context, or of one path",
    "restore": "bring a path back as it was",
    "conflicts": "conflict copies, side by side with what won",
    "lifecycle": "what expires in a context, and when",
    "check-ignore": "which rule leaves a path out",
    "config": "check a configuration file",
    "doctor": "probe the store, the watch limits and this machine",
    "verify": "compare store and log; with --data read everything again",
    "export": "one plain archive of the tree",
    "demo": "a ten-second tour on the embedded store",
}
_SHARED: Final = {"pause": "control", "resume": "control", "approve": "control"}


def main(argv: list[str] | None = None) -> int:
    streams.take()
    arguments = sys.argv[1:] if argv is None else argv
    chosen = next((one for one in arguments if not one.startswith("-")), None)
    try:
        code = _run(chosen, arguments)
    except HoldallError as exc:
        code = _failed(exc, as_json=_wants_json(arguments))
    except OSError as exc:
        code = _failed(_refused(exc), as_json=_wants_json(arguments))
    except KeyboardInterrupt:
        code = 130
    except SystemExit as exc:  # after --help, and by a signal
        code = exc.code if isinstance(exc.code, int) else outcome.FAILED
    except Exception as exc:  # a trace is for who asks for it, and for a daemon's log
        if chosen == "run":
            logging.getLogger("holdall").critical("ended by a defect", exc_info=exc)
        code = _failed(defect.of(exc), as_json=_wants_json(arguments))
    return streams.settled(code)


def _run(chosen: str | None, arguments: list[str]) -> int:
    if chosen is not None and chosen not in COMMANDS:
        raise _unknown(chosen)
    parser = Parser(prog="holdall", description="Keeps working directories safe in S3-compatible storage.")
    parser.add_argument("--version", action="version", version=f"holdall {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(
            name, help=summary, description=summary, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name == chosen:
            module_of(name).arguments(sub)
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        # By the command's own parser, whose usage says what there is.
        commands.choices[args.command].error(f"unrecognized arguments: {' '.join(unknown)}")
    return int(module_of(args.command).run(args))


def _wants_json(arguments: list[str]) -> bool:
    """Also where they could not be parsed. What comes after `--` is another command's."""
    return "--json" in takewhile(lambda one: one != "--", arguments)


def _failed(error: HoldallError, *, as_json: bool) -> int:
    """A script that asked for JSON gets it where it reads."""
    if as_json:
        found = {"code": error.code, "message": error.message, "path": error.path, "hint": error.hint}
        with suppress(OSError):  # it is told on stderr as well
            sys.stdout.write(json.dumps({"error": found}, ensure_ascii=False) + "\n")
    streams.told(error)
    return _code(error)


def _refused(exc: OSError) -> HoldallError:
    """What the system refused. Where one stands is a part of all that is asked of it, and names nothing where it is gone."""
    if isinstance(exc, FileNotFoundError) and not exc.filename:
        try:
            os.getcwd()  # noqa: PTH109 (it is only whether there is one)
        except FileNotFoundError:
            return ConfigError("the working directory is gone", hint="`cd` to one that is there")
    return streams.refused(exc)


def _code(error: HoldallError) -> int:
    if isinstance(error, ConfigError | NoBucket | Denied):  # what is configured is not what is there
        return outcome.USAGE
    return outcome.LOCKED if isinstance(error, Locked) else outcome.FAILED


def _unknown(command: str) -> Misuse:
    from difflib import get_close_matches  # noqa: PLC0415 (only for who mistyped)

    near = get_close_matches(command, COMMANDS, 1)
    hint = f"did you mean `holdall {near[0]}`?" if near else "`holdall --help` names the commands"
    return Misuse(f"there is no command {command}", hint=hint)


def module_of(name: str) -> ModuleType:
    return importlib.import_module(f"holdall.cli.commands.{_SHARED.get(name, name).replace('-', '_')}")


if __name__ == "__main__":
    sys.exit(main())
