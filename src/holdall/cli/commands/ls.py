"""`holdall ls`: the context's tree, now or then."""

import argparse
from collections.abc import Iterator

from holdall.cli import context, moment, show
from holdall.cli.absent import absent
from holdall.cli.arguments import said
from holdall.daemon.sizes import human
from holdall.log.history import Tree
from holdall.model import Entry, Kind

_EXAMPLE = """example:
  holdall ls                       what is at the top of the context
  holdall ls -r src --at 2d        all below src, as it was two days ago
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "path",
        nargs="?",
        default=".",
        metavar="PATH",
        type=said,
        help="a file or directory (default: where you are)",
    )
    parser.add_argument("-r", "--recursive", action="store_true", help="with all that is below")
    parser.add_argument("--at", metavar="WHEN", help=moment.HELP)
    context.arguments(parser)


def run(args: argparse.Namespace) -> int:
    with context.opened(args, args.path) as found:
        path = found.place.path(args.path)
        seq = moment.commit_at(found.history, args.at, found.store.now())
        tree = _first(found, path, seq)
        if not args.recursive:
            tree = _one_level(tree, path)
        if args.json:
            fields = {"context": found.place.context, "commit": seq}
            show.streamed(fields, "entries", (show.entry(one, entry) for one, entry in tree))
            return 0
        for one, entry in tree:
            _print(one, entry)
    return 0


def _first(found: context.Opened, path: str, seq: int) -> Tree:
    """The tree, once it is known that there is something."""
    tree = found.history.tree(seq, path)
    first = next(tree, None)
    if first is None and path:
        raise absent(found.place, found.history, seq, path)
    if first is not None:
        yield first
    yield from tree


def _one_level(tree: Tree, path: str) -> Iterator[tuple[str, Entry]]:
    """Directories that no entry speaks of (another tool's files lie in them) are shown all the same."""
    shown = ""
    start = f"{path}/" if path else ""
    for one, entry in tree:
        if one == path:
            if entry.kind is not Kind.DIR:
                yield one, entry
            continue
        name, slash, _ = one.removeprefix(start).partition("/")
        if slash and start + name != shown:
            yield start + name, Entry(Kind.DIR, mode=0o755)
        elif not slash:
            yield one, entry
        shown = start + name


def _print(path: str, entry: Entry) -> None:
    size = human(entry.size) if entry.kind is Kind.FILE else ""
    time = "" if entry.kind is Kind.DIR else show.when(entry.mtime_ns // 1_000_000)
    target = f" -> {show.safe(entry.target)}" if entry.kind is Kind.SYMLINK else ""
    slash = "/" if entry.kind is Kind.DIR else ""
    show.line(f"{show.mode(entry)} {size:>9} {time:19} {show.safe(path)}{slash}{target}")
