"""`holdall exec`: mount, run a command, release. No daemon."""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from holdall.cli import mounting, show, waiting
from holdall.cli.arguments import POLICY_HELP, STORE_HELP, duration, new_context_name, said
from holdall.cli.child import Child
from holdall.cli.leave import leave
from holdall.daemon import config, outcome, places
from holdall.daemon.collector import unhurried
from holdall.daemon.session import Restoring, Session
from holdall.daemon.spec import Spec
from holdall.errors import BusyElsewhere, ConfigError

_DEADLINE_S: Final = 25.0
"""Kubernetes kills after 30."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--context", metavar="ID", required=True, type=new_context_name, help="the context's name"
    )
    parser.add_argument(
        "--path",
        metavar="DIR",
        required=True,
        type=said,
        help="where to mount it; made where it is not there",
    )
    parser.add_argument("--store", metavar="URL", help=f"{STORE_HELP}; where none is configured")
    parser.add_argument(
        "--deadline",
        metavar="T",
        type=duration,
        default=_DEADLINE_S,
        help="from the command's end on (default: 25s)",
    )
    parser.add_argument("--policy", metavar="FILE", help=POLICY_HELP)
    parser.add_argument("--receipt", metavar="FILE", help="write the receipt there, not to stderr")
    parser.add_argument(
        "--allow-mass-delete",
        action="store_true",
        help="mirror the command's deletions however many they are",
    )
    parser.add_argument(
        "command_line", metavar="-- CMD", nargs=argparse.REMAINDER, help="the command and its arguments"
    )
    parser.add_argument(
        "--json", action="store_true", help="nothing of ours on stderr but the receipt (JSON anyway)"
    )
    parser.usage = "holdall exec --context ID --path DIR [options] -- CMD …"
    parser.epilog = """the command runs where you are, as without holdall: `cd DIR` first, or `-- sh -c 'cd DIR && CMD'`,
for one that writes into its working directory; what it writes outside of DIR is not kept

example:
  holdall exec --context my-project --path /work --deadline 60s -- make -C /work train"""


def run(args: argparse.Namespace) -> int:
    """The command's own code; 3, 4 or 6 where something was left, 7 where the restore failed and it never ran."""
    command = args.command_line[1:] if args.command_line[:1] == ["--"] else args.command_line
    if not command:
        raise ConfigError(
            "there is no command to run", hint="`holdall exec --context ID --path DIR -- CMD …`"
        )
    # No warnings: the terminal is the command's, and the receipt says what was wrong.
    logging.basicConfig(format="holdall: %(message)s", level=logging.ERROR)
    say = (lambda _: None) if args.json else show.note
    child = Child(say)
    unhurried()
    session = _session(args, say)
    if session.emptied:
        say(
            f"holdall: {args.path} holds nothing of what was synced with it: taken as new, so {args.context} is restored into it"
        )
    try:
        restoring = _restored(session, args, child)
    except BusyElsewhere:
        session.close()
        raise
    if restoring.outcome is Restoring.Outcome.INTERRUPTED:
        session.close()
        leave(128 + (child.ended_by or 0))
    if restoring.outcome is Restoring.Outcome.FAILED:
        say(f"holdall: {args.context} could not be restored, so the command was not run: {restoring.reason}")
        if hint := _hint(restoring.receipt):
            say(f"  {hint}")
        _tell(restoring.receipt, args.receipt)
        session.close()
        leave(outcome.NOT_RESTORED)
    if restoring.outcome is Restoring.Outcome.OFFLINE:
        say(f"holdall: starting with what is here: {restoring.reason}")
    code = child.run(command)
    receipt = _released(session, args, child)
    _tell(receipt, args.receipt)
    session.close(patiently=not receipt["deadline_hit"])
    leave(_code(receipt) or code)


def _session(args: argparse.Namespace, say: Callable[[str], None]) -> Session:
    path = Path(os.path.abspath(args.path))  # noqa: PTH100 (the path as it was said, symlinks and all)
    settings = config.load(store=args.store)
    said = mounting.policy(args.policy)
    store = settings.store
    if store is None:
        say(f"holdall: no store is configured: kept in {places.embedded_store()}, durable on this disk only")
    state = places.made_state_dir()
    try:
        # What was agreed on about a directory that is not there any more says nothing of the one that is made now.
        anew = not path.exists()
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be made: {exc.strerror}") from exc
    spec = next((one for one in settings.mounts if one.context == args.context and one.path == path), None)
    spec = spec or Spec(args.context, path)
    if said is not None:
        spec = replace(spec, policy=said.policy.effective())
    return Session(spec, store, state, settings.limits, anew=anew)


def _restored(session: Session, args: argparse.Namespace, child: Child) -> Restoring:
    with waiting.shown(session, f"restoring {args.context}", quiet=args.json) as look:

        def interrupted() -> bool:
            look()
            return child.ended_by is not None

        return session.restore(args.deadline, interrupted)


def _released(session: Session, args: argparse.Namespace, child: Child) -> dict[str, Any]:
    with waiting.shown(session, f"saving {args.context}", quiet=args.json) as look:

        def hurried() -> bool:
            look()
            return child.hurried > 1

        return session.release(
            args.deadline, time.monotonic(), allow_mass_delete=args.allow_mass_delete, hurried=hurried
        )


def _code(receipt: dict[str, Any]) -> int:
    """0 where nothing was left. A failure that could name nothing is still something left behind."""
    code = outcome.exit_code(receipt)
    return outcome.PARTIAL if code == outcome.FAILED else code


def _hint(receipt: dict[str, Any]) -> str | None:
    """What to do about its first problem, which is the one that is told."""
    return next((problem["hint"] for problem in receipt["problems"]), None)


def _write(target: Path, text: str) -> None:
    """Whole or not at all; into a pipe or a device as it comes, never in its place."""
    if target.exists() and not target.is_file():
        target.write_text(text)
        return
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    staged.write_text(text)
    staged.replace(target)


def _tell(receipt: dict[str, Any], file: str | None) -> None:
    text = json.dumps(receipt, ensure_ascii=False) + "\n"
    if file is not None:
        try:
            _write(Path(os.path.realpath(file)), text)
        except OSError as exc:
            show.note(f"holdall: the receipt cannot be written to {file}: {exc.strerror}")
        else:
            return
    sys.stderr.write(text)
