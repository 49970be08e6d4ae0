"""`holdall demo`: a tour of ten seconds on an embedded store of its own, with the commands that a user would give."""

import argparse
import shutil
import tempfile
from pathlib import Path

from holdall.cli import show
from holdall.cli.sample import alike, change, make
from holdall.cli.stage import Stage
from holdall.daemon.sizes import human

_EXAMPLE = """example:
  holdall demo
  holdall demo --keep              and look at the directory and the store afterwards

It touches nothing outside a temporary directory. exit code: 0 what came back is what was saved, 1 it is not
"""
_CONTEXT = "demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "--keep", action="store_true", help="leave the temporary directory, and say where it is"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document in place of the tour")


def run(args: argparse.Namespace) -> int:
    base = Path(tempfile.mkdtemp(prefix="holdall-demo-"))
    try:
        with Stage(base, quiet=args.json) as stage:
            same = _tour(stage, base)
        if args.json:
            show.document({"ok": same, "directory": str(base) if args.keep else None, "steps": stage.steps})
        elif args.keep:
            show.line(f"\nall of it is in {base}")
    finally:
        if not args.keep:
            shutil.rmtree(base)
    return 0 if same else 1


def _tour(stage: Stage, base: Path) -> bool:
    project, elsewhere = base / "project", base / "elsewhere"
    files, size = make(project)
    stage.say(
        f"A project of {files} files, {human(size)}: code, a link, a script, an empty directory, odd names."
    )
    stage.holdall("up", "project", "--context", _CONTEXT)
    stage.holdall("flush", _CONTEXT)
    change(project)
    stage.say("A day's work: files edited, made, renamed, deleted.")
    stage.holdall("flush", _CONTEXT)
    stage.holdall("status")
    stage.say("The worst moment: no warning, no goodbye. Then the directory goes as well.")
    stage.kill_daemon()
    kept = base / "as-it-was"
    project.rename(kept)
    stage.say("Another machine, with nothing but the store:")
    stage.holdall("restore", "--context", _CONTEXT, "--to", "elsewhere", ".")
    stage.holdall("verify", "--context", _CONTEXT, "--data")
    stage.holdall("history", "--context", _CONTEXT)
    stage.holdall("restore", "--context", _CONTEXT, "--at", "1", "--to", "yesterday", "notes.md")
    differences = alike(kept, elsewhere)
    for one in differences:
        stage.say(f"DIFFERENT: {show.safe(one)}")
    if not differences:
        stage.say("Every byte, mode, time and link of `elsewhere` is what `project` had.")
    return not differences
