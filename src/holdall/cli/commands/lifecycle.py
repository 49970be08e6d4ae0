"""`holdall lifecycle`: what expires in a context, and when."""

import argparse
import socket
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from holdall.cli import bucket_rules, context, expiry, show
from holdall.cli.arguments import said
from holdall.daemon.sizes import counted, files, human
from holdall.errors import ConfigError, Unconditional
from holdall.log import recycling as recycling_log
from holdall.log.commits import COPY, DELETE, PUT
from holdall.log.contexts import set_recycling
from holdall.log.history import Rows
from holdall.log.objects import Objects
from holdall.model import Entry, Recycling
from holdall.rules.recycle import due

_EXAMPLE = """examples:
  holdall lifecycle                            what expires here, and what has
  holdall lifecycle set 30 cache build/tmp     both go 30 days after their last upload
  holdall lifecycle set forever                nothing expires any more
  holdall lifecycle sweep --dry-run            what would go now; without --dry-run it goes
  holdall lifecycle export --apply             bucket rules, for a bucket that no daemon visits

What has expired goes from the store. Copies in mounted directories stay, and are not sent again until they are changed; a new
mount does not get them. For seven more days `holdall restore --at` has them.
"""
_NAMED_MAX: Final = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    context.arguments(parser)

    def verb(name: str, summary: str) -> argparse.ArgumentParser:
        # What was said before the verb stands.
        one: argparse.ArgumentParser = verbs.add_parser(
            name, help=summary, description=summary, argument_default=argparse.SUPPRESS
        )
        context.arguments(one)
        return one

    verb("show", "what expires, and what has (the default)")
    setting = verb("set", "let data expire; the last setting counts, whoever makes it")
    setting.add_argument(
        "days",
        metavar="DAYS",
        type=expiry.days,
        help=f"{expiry.CHOICES} days after the last upload, or forever",
    )
    setting.add_argument(
        "paths",
        nargs="*",
        default=[],
        metavar="PATH",
        type=said,
        help="exact paths, with all below (default: everything)",
    )
    sweeping = verb("sweep", "take away what has expired, now and without a daemon")
    sweeping.add_argument("--dry-run", action="store_true", default=False, help="only say what would go")
    exporting = verb("export", "the same as lifecycle rules of the bucket, in JSON")
    exporting.add_argument(
        "--apply", action="store_true", default=False, help="put them there; rules of others stay as they are"
    )


def run(args: argparse.Namespace) -> int:
    with context.opened(args) as found:
        return _VERBS[args.verb or "show"](args, found)


def _show(args: argparse.Namespace, found: context.Opened) -> int:
    recycling, _ = _in_force(found)
    report = expiry.report(found.history, recycling, found.store.now())
    if args.json:
        show.document({"context": found.place.context, **_said(recycling), **report.document()})
        return 0
    show.line(f"{found.place.context}: {expiry.sentence(recycling)}")
    for line in report.lines():
        show.line(f"  {line}")
    return 0


def _set(args: argparse.Namespace, found: context.Opened) -> int:
    recycling = Recycling(args.days, expiry.relative(found.place, args.paths))
    set_recycling(found.store, recycling)
    if args.json:
        show.document({"context": found.place.context, **_said(recycling)})
    else:
        show.line(f"{found.place.context}: {expiry.sentence(recycling)}")
        if recycling.days is not None:
            show.line(
                "  mounted daemons hear of it within the hour; `holdall lifecycle sweep --dry-run` says what would go now"
            )
    return 0


def _sweep(args: argparse.Namespace, found: context.Opened) -> int:
    recycling, ignores = _in_force(found)
    now_s = expiry.time_of(found.store)

    def past(rows: Callable[[], Rows]) -> Iterator[tuple[str, Entry]]:
        return due(recycling, rows, now_s)

    if args.dry_run:
        gone = recycling_log.would_go(found.history, past)
    else:
        gone = recycling_log.sweep(found.log, _objects(found, ignores), past, socket.gethostname())
    if args.json:
        fields = {"context": found.place.context, **_said(recycling), "dry_run": args.dry_run}
        show.streamed(fields, "expired", (expiry.row(path, entry) for path, entry, _ in gone))
        return 0
    count = size = waiting = 0
    for path, entry, removed in gone:
        count, size, waiting = count + 1, size + entry.size, waiting + (not removed)
        show.line(f"{show.when(entry.uploaded_at)}  {human(entry.size):>9}  {show.safe(path)}")
    show.line(_total(count, size, waiting, dry_run=args.dry_run))
    return 0


def _objects(found: context.Opened, ignores: tuple[str, ...]) -> Objects:
    if PUT in ignores:
        raise Unconditional(
            f"{found.whole.url} takes one writer at a time",
            hint="the daemon that has the context mounted does it by itself",
        )
    objects = Objects(found.store)
    objects.copies, objects.deletes = COPY not in ignores, DELETE not in ignores
    return objects


def _total(count: int, size: int, waiting: int, *, dry_run: bool) -> str:
    if not count:
        return "nothing has expired"
    if dry_run:
        return f"{files(count)} would go, {human(size)}"
    later = f"; {counted(waiting, 'object')} of them go with the next daemon" if waiting else ""
    return f"{files(count)} expired, {human(size)}{later}"


def _export(args: argparse.Namespace, found: context.Opened) -> int:
    recycling, _ = _in_force(found)
    made = bucket_rules.of(found, recycling, apply=args.apply)
    if args.json or not args.apply:
        show.document({"Rules": [one.document() for one in made.rules]})
    for path in islice(made.files, _NAMED_MAX):
        show.note(
            f"{show.safe(path)} is a file, and has no rule: one for it would take all whose names begin with its own"
        )
    if made.others is not None:
        ours = counted(len(made.rules), "rule")
        show.note(
            f"{made.bucket}: {ours} of {found.place.context}, beside {counted(made.others, 'rule')} of others"
        )
    return 0


def _in_force(found: context.Opened) -> tuple[Recycling, tuple[str, ...]]:
    """The context's lifecycle, and what its store ignores."""
    info = found.log.info()
    if info is None:
        raise ConfigError("the context is gone", hint="somebody deleted it in this moment")
    return info.recycling or Recycling(), info.ignores


def _said(recycling: Recycling) -> dict[str, Any]:
    return {"days": recycling.days, "paths": list(recycling.paths)}


_VERBS: Final[dict[str, Callable[[argparse.Namespace, context.Opened], int]]] = {
    "show": _show,
    "set": _set,
    "sweep": _sweep,
    "export": _export,
}
