"""`holdall restore`: a path as it was, back in its place or elsewhere."""

import argparse
from pathlib import Path

from holdall.cli import context, moment, show
from holdall.cli.absent import absent
from holdall.cli.arguments import said
from holdall.cli.progress import Tally
from holdall.cli.restoring import Bringing, Brought
from holdall.daemon import outcome, standing
from holdall.daemon.sizes import files, human
from holdall.errors import ConfigError
from holdall.local.base import Disk
from holdall.local.target import target_of
from holdall.log.history import Tree
from holdall.model import Kind
from holdall.rules.local_names import POSIX

_EXAMPLE = """examples:
  holdall restore notes.md                   as the newest commit has it
  holdall restore --at 2d src                all below src as it was two days ago
  holdall restore --at 12 --to /tmp/old .    the whole tree of commit 12, below /tmp/old

What is in the way is never lost: a version that the log has not is kept as a conflict copy. Files that are there and that the
commit does not name stay. In a mounted directory the restored state is the newest version: the daemon commits it.

exit code: 0 all of it, 1 there was no such commit or path, 7 some paths are not restored, each named
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "path",
        metavar="PATH",
        type=said,
        help="a file, or a directory with all that is below; . is where you are, and outside the whole tree",
    )
    parser.add_argument("--at", metavar="WHEN", help=moment.HELP)
    parser.add_argument(
        "--to",
        metavar="DIR",
        type=said,
        help="write below this directory (made where missing), under the path it has in the context",
    )
    context.arguments(parser)


def run(args: argparse.Namespace) -> int:
    with context.opened(args, args.path) as found:
        path = found.place.path(args.path)
        seq = moment.made_at(found.history, args.at, found.store.now())
        target = _target(args.to, found.place)
        count = size = entries = 0
        for _, entry in found.history.tree(seq, path):
            entries += 1
            count += entry.kind is Kind.FILE
            size += entry.size
        if not entries and path:
            raise absent(found.place, found.history, seq, path)
        disk = found.place.disk() if args.to is None else _elsewhere(target)
        bringing = Bringing(disk, found.store, found.history)
        with Tally("restored", count, size) as told:
            brought = bringing.bring(_on(disk, found.history.tree(seq, path)), told)
        if args.json:
            show.document(_document(found.place.context, seq, target, brought))
        else:
            _print(seq, target, brought)
    return outcome.NOT_RESTORED if brought.left else outcome.DONE


def _target(given: str | None, place: context.Place) -> Path:
    if given is None:
        return place.need_root()
    target = Path(given).absolute()
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(
            f"cannot be made: {exc.strerror}", path=given, hint="name a directory of yours"
        ) from exc
    return target


def _on(disk: Disk, tree: Tree) -> Tree:
    """Without the directories that lead to what the disk has of the context."""
    return ((path, entry) for path, entry in tree if not f"{disk.within}/".startswith(f"{path}/"))


def _elsewhere(target: Path) -> Disk:
    """Its file system may not hold all names either."""
    return standing.disk_of(target, standing.PLAIN._replace(target=target_of(target) or POSIX))


def _document(name: str, seq: int, target: Path, brought: Brought) -> dict[str, object]:
    return {
        "context": name,
        "commit": seq,
        "to": str(target),
        "restored_files": brought.files,
        "restored_bytes": brought.bytes,
        "unchanged_files": brought.unchanged,
        "kept": [{"path": path, "kept_as": kept} for path, kept in brought.kept],
        "left": [{"path": path, "reason": reason} for path, reason in brought.left],
    }


def _print(seq: int, target: Path, brought: Brought) -> None:
    for path, kept in brought.kept:
        show.line(f"kept  {show.safe(kept)}: it was at {show.safe(path)}, and no commit has it")
    for path, reason in brought.left:
        show.line(f"left  {show.safe(path)}: {reason}")
    unchanged = f", {brought.unchanged} were so already" if brought.unchanged else ""
    show.line(
        f"commit {seq} in {target}: {files(brought.files)} restored ({human(brought.bytes)}){unchanged}"
    )
