"""`holdall diff`: what differs between two commits, or between a commit and now."""

import argparse
from typing import Any

from holdall.cli import context, moment, show
from holdall.cli.arguments import said
from holdall.daemon.sizes import human
from holdall.log.history import Difference, History, Kind, diff
from holdall.model import Entry, Kind as EntryKind

_EXAMPLE = """example:
  holdall diff                     what the newest commit changed
  holdall diff 12                  what changed since commit 12
  holdall diff 2d 1d --path src    what changed below src between two and one days ago
"""
_LETTERS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "M", Kind.META: "m"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "before", nargs="?", metavar="FROM", help=f"{moment.HELP} (default: the commit before the newest)"
    )
    parser.add_argument("after", nargs="?", metavar="TO", help="the same (default: the newest commit)")
    parser.add_argument(
        "--path", metavar="PATH", type=said, help="only this file, or what is below this directory"
    )
    context.arguments(parser)


def run(args: argparse.Namespace) -> int:
    with context.opened(args, args.path or ".") as found:
        history = found.history
        path = "" if args.path is None else found.place.path(args.path)
        now_s = found.store.now()
        after = _newest(history) if args.before is None else moment.commit_at(history, args.after, now_s)
        before = max(0, after - 1) if args.before is None else moment.commit_at(history, args.before, now_s)
        differences = diff(history.tree(before, path), history.tree(after, path))
        if args.json:
            fields = {"context": found.place.context, "from": before, "to": after}
            show.streamed(fields, "differences", map(_document, differences))
            return 0
        show.note(f"{found.place.context}: commit {before} to {after}")
        for one in differences:
            show.line(f"{_LETTERS[one.kind]} {show.safe(one.path)}{_detail(one)}")
    return 0


def _newest(history: History) -> int:
    """The newest commit that a user would see anything of: those that only tidy up are passed over."""
    return next((commit.seq for commit in history.commits() if any(one.now for one in commit.changes)), 0)


def _document(one: Difference) -> dict[str, Any]:
    return {
        "path": one.path,
        "change": one.kind.value,
        "before": None if one.before is None else show.entry(one.path, one.before),
        "after": None if one.after is None else show.entry(one.path, one.after),
    }


def _detail(one: Difference) -> str:
    before, after = one.before, one.after
    if one.kind is Kind.META and before is not None and after is not None:
        return (
            f"  {show.mode(before)} -> {show.mode(after)}"
            if before.access != after.access
            else "  (only its time)"
        )
    parts = [_what(entry) for entry in (before, after) if entry is not None]
    return f"  {' -> '.join(parts)}"


def _what(entry: Entry) -> str:
    return human(entry.size) if entry.kind is EntryKind.FILE else entry.kind.value
