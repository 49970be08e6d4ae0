"""`holdall check-ignore`: whether a path takes part, and which rule says so."""

import argparse
from pathlib import Path
from typing import NamedTuple

from holdall.cli import context, show
from holdall.cli.arguments import context_name
from holdall.local.disk import RealDisk
from holdall.model import SeenAs
from holdall.rules.bundles import is_git_lock
from holdall.rules.ignore import LIST_SOURCE, RULES_NAME, Ignore, Verdict, lines_of
from holdall.rules.reconcile import parents

_EXAMPLE = """example:
  holdall check-ignore build/out.o src/main.c
"""


class _Answer(NamedTuple):
    """reason  of what is left out without a rule"""

    path: str
    verdict: Verdict
    reason: str = ""

    @property
    def ignored(self) -> bool:
        return self.verdict.ignored or bool(self.reason)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="it need not exist; a slash at the end makes it a directory"
    )
    parser.add_argument(
        "--context",
        metavar="ID",
        type=context_name,
        help="the context (default: the mount you are in, else the directory)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(store=None)


def run(args: argparse.Namespace) -> int:
    place = context.find(args)
    root = place.need_root()
    answers = [_answer(place, root, given) for given in args.paths]
    if args.json:
        show.document({"context": place.context, "paths": [_document(one) for one in answers]})
        return 0
    for one in answers:
        show.line(f"{show.safe(one.path or '.')}: {_text(one)}")
    return 0


def _answer(place: context.Place, root: Path, given: str) -> _Answer:
    path = place.path(given)
    if not path:
        return _Answer(path, Verdict())
    disk = RealDisk(root)
    seen = next(iter(disk.look((path,))))
    is_dir = seen.what is SeenAs.DIR or given.endswith("/")
    files = {}
    for above in ["", *parents(path)]:
        rules = f"{above}/{RULES_NAME}" if above else RULES_NAME
        if next(iter(disk.look((rules,)))).what is SeenAs.FILE:
            reader = disk.open(rules)
            try:
                files[above] = lines_of(reader.read(0, reader.stamp.size))
            finally:
                reader.close()
    verdict = Ignore(place.ignore, files).explain(path, is_dir=is_dir)
    if verdict.ignored:
        return _Answer(path, verdict)
    if is_git_lock(path):
        return _Answer(path, verdict, "git's lock files are never carried")
    if seen.what in {SeenAs.SPECIAL, SeenAs.ODD_NAME, SeenAs.LEFTOVER, SeenAs.UNREADABLE}:
        return _Answer(path, verdict, seen.reason or seen.what.value)
    return _Answer(path, verdict)


def _document(one: _Answer) -> dict[str, object]:
    rule = one.verdict
    found = {"pattern": rule.pattern, "source": rule.source, "line": rule.line} if rule.pattern else None
    return {"path": one.path, "ignored": one.ignored, "rule": found, "reason": one.reason or None}


def _text(one: _Answer) -> str:
    rule = one.verdict
    if one.reason:
        return f"left out: {one.reason}"
    if not rule.pattern:
        return "takes part: no rule speaks of it"
    where = (
        "the mount's ignore list, entry" if rule.source == LIST_SOURCE else f"{show.safe(rule.source)}, line"
    )
    return (
        f"{'left out' if rule.ignored else 'takes part'} by {show.safe(rule.pattern)!r} ({where} {rule.line})"
    )
