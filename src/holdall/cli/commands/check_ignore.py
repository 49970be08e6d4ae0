"""`holdall check-ignore`: whether a path takes part, and which rule says so."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from holdall.cli import context, paths, show
from holdall.cli.arguments import context_name, said
from holdall.local.base import look_at
from holdall.local.disk import RealDisk
from holdall.model import SeenAs
from holdall.rules.bundles import is_git_lock
from holdall.rules.ignore import LIST_SOURCE, Ignore, Verdict, lines_of, rules_file
from holdall.rules.reconcile import parents
from holdall.rules.whitelist import Part, WhiteList

_EXAMPLE = """example:
  holdall check-ignore build/out.o src/main.c
"""


class _Answer(NamedTuple):
    """context  None: the path is in no mount
    root     of the mount, or of what would be one; None: the path is not below it
    white    what the white list says; None where there is none
    reason   of what is left out without a rule
    """

    path: str
    context: str | None
    root: Path | None
    verdict: Verdict = Verdict()
    white: "_White | None" = None
    reason: str = ""

    @property
    def is_outside(self) -> bool:
        return self.white is not None and self.white.part is not Part.INSIDE

    @property
    def ignored(self) -> bool | None:
        """None: nobody can tell, for a mount has a list of its own."""
        if self.context is None:
            return None
        return self.is_outside or self.verdict.ignored or bool(self.reason)


class _White(NamedTuple):
    """said, source  what the entry says that decides, and its place in the policy; "" where none speaks of the path"""

    part: Part
    said: str = ""
    source: str = ""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        type=said,
        help="it need not exist; a slash at the end makes it a directory",
    )
    parser.add_argument(
        "--context",
        metavar="ID",
        type=context_name,
        help="the context (default: the mount that PATH is in)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(store=None)


def run(args: argparse.Namespace) -> int:
    mounts = context.known(args)
    named = None if args.context is None else context.find(args)
    answers = [_answer(named or mounts.holding(given), given) for given in args.paths]
    if args.json:
        show.document({"paths": [_document(one) for one in answers]})
        return 0
    for one in answers:
        show.line(f"{show.safe(one.path or '.')}: {_text(one)}")
    return 0


def _answer(place: context.Place | None, given: str) -> _Answer:
    if place is not None:
        found = _Answer(place.path(given), place.context, place.need_root())
        return _in_mount(found, given, place.ignore, place.whites)
    here = Path.cwd()
    path = paths.below(here, given)
    if path is None:
        return _Answer(given, None, None)
    return _in_mount(_Answer(path, None, here), given, (), WhiteList())


def _in_mount(found: _Answer, given: str, ignore: Sequence[str], whites: WhiteList) -> _Answer:
    """`given` ends with a slash where it is a directory that is not there."""
    path, root = found.path, found.root
    if not path or root is None:
        return found
    disk = RealDisk(root)
    seen = look_at(disk, path)
    is_dir = seen.what is SeenAs.DIR or given.endswith("/")
    verdict = Ignore(ignore, _rules_above(disk, path)).explain(path, is_dir=is_dir)
    found = found._replace(verdict=verdict, white=_white(whites, path, is_dir=is_dir))
    if verdict.ignored or found.is_outside:
        return found
    link = paths.link_above(root, path)
    if link is not None:
        return found._replace(reason=f"it lies behind the symlink {link}, which is kept as a symlink")
    if is_git_lock(path):
        return found._replace(reason="git's lock files are never carried")
    if seen.what in {SeenAs.SPECIAL, SeenAs.ODD_NAME, SeenAs.LEFTOVER, SeenAs.UNREADABLE}:
        return found._replace(reason=seen.reason or seen.what.value)
    return found


def _white(whites: WhiteList, path: str, *, is_dir: bool) -> _White | None:
    if whites.is_everything:
        return None
    part, entry, exclude = whites.explain(path, is_dir=is_dir)
    if entry is None:
        return _White(part)
    place = f"bwList.whiteLists[{entry}]"
    if exclude:
        return _White(part, exclude, f"{place}.excludePaths")
    return _White(part, whites.listed[entry].path, f"{place}.path")


def _rules_above(disk: RealDisk, path: str) -> dict[str, list[str]]:
    found = {}
    for above in ["", *parents(path)]:
        rules = rules_file(above)
        if look_at(disk, rules).what is SeenAs.FILE:
            reader = disk.open(rules)
            try:
                found[above] = lines_of(reader.read(0, reader.stamp.size))
            finally:
                reader.close()
    return found


def _document(one: _Answer) -> dict[str, object]:
    """`line` is null for what stands in the white list."""
    rule, white = one.verdict, one.white
    found: dict[str, object] | None = None
    if rule.pattern and not one.is_outside:
        found = {"pattern": rule.pattern, "source": rule.source, "line": rule.line}
    elif white is not None and white.source:
        found = {"pattern": white.said, "source": white.source, "line": None}
    return {
        "path": one.path,
        "context": one.context,
        "ignored": one.ignored,
        "rule": found,
        "reason": one.reason or (_unnamed(white) if one.is_outside and found is None else None),
    }


def _text(one: _Answer) -> str:
    if one.root is None:
        return "is in no mount"
    if one.context is None:
        return f"is in no mount; if {show.safe(str(one.root))} were one: {_verdict(one)}"
    return _verdict(one)


def _verdict(one: _Answer) -> str:
    rule, white = one.verdict, one.white
    if one.reason:
        return f"left out: {show.safe(one.reason)}"
    if white is not None and white.source and (one.is_outside or not rule.pattern):
        way = "left out" if one.is_outside else "takes part"
        return f"{way} by {show.safe(white.said)!r} ({white.source})"
    if one.is_outside:
        return f"left out: {_unnamed(white)}"
    if not rule.pattern:
        return "takes part: no rule speaks of it"
    where = (
        "the mount's ignore list, entry" if rule.source == LIST_SOURCE else f"{show.safe(rule.source)}, line"
    )
    return (
        f"{'left out' if rule.ignored else 'takes part'} by {show.safe(rule.pattern)!r} ({where} {rule.line})"
    )


def _unnamed(white: _White | None) -> str:
    entered = white is not None and white.part is Part.ON_THE_WAY
    return "the white list names only what is in it" if entered else "the white list does not name it"
