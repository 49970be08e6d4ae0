"""The command line: one table, each command's module loaded only when it runs.

A command is a module `holdall.cli.<name>` (dashes as underscores) with `arguments(parser)` and `run(args) -> int`; where several
differ in their name alone, one module is all of them.
"""

import argparse
import importlib
import json
import sys
from types import ModuleType
from typing import Final

from holdall import __version__
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
    "sync": "queue a task and follow it",
    "status": "one line per mount, then each problem with its fix",
    "pause": "hold a mount",
    "resume": "go on with a held or parked mount",
    "approve": "let the deletions that the guard holds back pass",
    "ls": "the context's tree, now or at an earlier commit",
    "diff": "what differs between two commits, or between a commit and now",
    "history": "the commits of a context, or of one path",
    "restore": "bring a path back as it was",
    "conflicts": "conflict copies, side by side with what won",
    "check-ignore": "which rule leaves a path out",
    "config": "check a configuration file",
    "doctor": "probe the store, the watch limits and this machine",
    "verify": "compare store and log; with --data read everything again",
    "export": "one plain archive of the tree",
    "demo": "a ten-second tour on the embedded store",
}
_SHARED: Final = {"pause": "word", "resume": "word", "approve": "word"}
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_LOCKED: Final = 5


def main(argv: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    chosen = next((one for one in arguments if not one.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        return _unknown(chosen)
    parser = argparse.ArgumentParser(
        prog="holdall", description="Keeps working directories safe in S3-compatible storage."
    )
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
    try:
        return int(module_of(args.command).run(args))
    except HoldallError as exc:
        _tell(exc, as_json=getattr(args, "json", False))
        return _code(exc)
    except KeyboardInterrupt:
        return 130


def _code(error: HoldallError) -> int:
    if isinstance(error, ConfigError | NoBucket | Denied):  # what is configured is not what is there
        return EXIT_USAGE
    return EXIT_LOCKED if isinstance(error, Locked) else EXIT_FAILED


def _tell(error: HoldallError, *, as_json: bool) -> None:
    """What happened, and what to do. A script that asked for JSON gets it where it reads."""
    if as_json:
        found = {"code": error.code, "message": error.message, "path": error.path, "hint": error.hint}
        sys.stdout.write(json.dumps({"error": found}, ensure_ascii=False) + "\n")
    sys.stderr.write(f"holdall: {error}\n")
    if error.hint:
        sys.stderr.write(f"  {error.hint}\n")


def _unknown(command: str) -> int:
    from difflib import get_close_matches  # noqa: PLC0415 (only for who mistyped)

    near = get_close_matches(command, COMMANDS, 1)
    hint = f"did you mean `holdall {near[0]}`?" if near else "`holdall --help` names the commands"
    sys.stderr.write(f"holdall: there is no command {command}\n  {hint}\n")
    return EXIT_USAGE


def module_of(name: str) -> ModuleType:
    return importlib.import_module(f"holdall.cli.{_SHARED.get(name, name).replace('-', '_')}")


if __name__ == "__main__":
    sys.exit(main())
