"""`holdall conflicts`: conflict copies, each with what won beside it, and how to end them."""

import argparse
from typing import Any, NamedTuple

from holdall.cli import context, show
from holdall.cli.arguments import said
from holdall.cli.resolving import Keep, committed, resolve
from holdall.daemon.sizes import human
from holdall.errors import ConfigError, HoldallError
from holdall.log.history import History
from holdall.model import Entry, Kind
from holdall.rules.conflict import is_copy, originals

_EXAMPLE = """examples:
  holdall conflicts
  holdall conflicts resolve 'notes (conflict 2026-11-22 14-03-22 laptop).md' --keep original
  holdall conflicts resolve 'notes (conflict 2026-11-22 14-03-22 laptop).md' --keep copy

Run `resolve` in the mounted directory. It waits until the store has it, where a daemon runs. The version that is not kept
stays in the history until the retention ends.
"""


class _Conflict(NamedTuple):
    path: str
    copy: Entry
    original: str
    winner: Entry | None


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "action", nargs="?", choices=["list", "resolve"], default="list", help="(default: list)"
    )
    parser.add_argument("copy", nargs="?", metavar="COPY", type=said, help="the copy to resolve")
    parser.add_argument(
        "--keep",
        choices=[one.value for one in Keep],
        help="which of the two stays, under the original's name",
    )
    context.arguments(parser)


def run(args: argparse.Namespace) -> int:
    if args.action == "resolve":
        return _resolve(args)
    if args.copy is not None or args.keep is not None:
        raise ConfigError(
            "COPY and --keep belong to resolve", hint="holdall conflicts resolve COPY --keep copy|original"
        )
    with context.opened(args) as found:
        conflicts = _conflicts(found.history)
        if args.json:
            show.document(
                {"context": found.place.context, "conflicts": [_document(one) for one in conflicts]}
            )
            return 0
        for one in conflicts:
            _print(one)
        if not conflicts:
            show.line("no conflicts")
    return 0


def _resolve(args: argparse.Namespace) -> int:
    if args.copy is None or args.keep is None:
        raise ConfigError(
            "resolve needs a copy, and which version to keep",
            hint="holdall conflicts resolve COPY --keep copy|original",
        )
    with context.opened(args, args.copy) as found:
        copy = found.place.path(args.copy)
        known = {one.path: one.original for one in _conflicts(found.history)}
        if copy not in known:
            raise ConfigError(
                "is no conflict copy of this context", path=copy, hint="`holdall conflicts` lists them"
            )
        disk = found.place.disk()
        kept_as = resolve(disk, found.store, found.history, copy, Keep(args.keep))
        original = known[copy]
        changed = [copy] if args.keep == Keep.ORIGINAL else [original, *([kept_as] if kept_as else []), copy]
        try:
            commit = committed(found.place, changed)
        except HoldallError as exc:
            commit = None
            show.note(f"it is done here, and in no commit yet: {show.safe(str(exc))}")
            show.note(f"  {exc.hint or 'the daemon commits it'}")
        if args.json:
            show.document(
                {
                    "context": found.place.context,
                    "copy": copy,
                    "original": original,
                    "kept": args.keep,
                    "kept_as": kept_as,
                    "commit": commit,
                }
            )
            return 0
        show.line(f"{show.safe(original)} is the {args.keep} now; the other version stays in the history")
        if kept_as is not None:
            show.line(f"kept  {show.safe(kept_as)}: it was at {show.safe(original)}, and no commit has it")
    return 0


def _conflicts(history: History) -> list[_Conflict]:
    head = history.head()
    copies = {path: entry for path, entry in history.tree(head) if entry.flag == "conflict" or is_copy(path)}
    whose = originals(copies, (path for path, _ in history.tree(head)))
    wanted = set(whose.values())
    winners = {path: entry for path, entry in history.tree(head) if path in wanted} if copies else {}
    return [
        _Conflict(path, entry, whose[path], winners.get(whose[path]))
        for path, entry in sorted(copies.items())
    ]


def _document(one: _Conflict) -> dict[str, Any]:
    return {
        "copy": show.entry(one.path, one.copy),
        "original": one.original,
        "winner": None if one.winner is None else show.entry(one.original, one.winner),
    }


def _print(one: _Conflict) -> None:
    show.line(f"{show.safe(one.original)}")
    show.line(f"  original  {'deleted since' if one.winner is None else _what(one.winner)}")
    show.line(f"  copy      {_what(one.copy)}  {show.safe(one.path)}")


def _what(entry: Entry) -> str:
    if entry.kind is not Kind.FILE:
        return entry.kind.value
    return f"{human(entry.size):>9}  {show.when(entry.mtime_ns // 1_000_000)}  commit {entry.vid}"
