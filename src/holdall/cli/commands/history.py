"""`holdall history`: the commits of a context, or the versions of one path."""

import argparse
from collections.abc import Iterator
from itertools import islice
from typing import Any

from holdall.cli import context, show
from holdall.cli.arguments import counting, said
from holdall.daemon.sizes import human
from holdall.log.codec import Commit, Deleted
from holdall.log.history import Version
from holdall.model import Entry, Kind, Tombstone

_EXAMPLE = """example:
  holdall history -n 5             the newest five commits
  holdall history notes.md         every version of notes.md that can still be had
  holdall restore --at 12 notes.md     and one of them back
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        type=said,
        help="a file, link or directory (default: all commits)",
    )
    parser.add_argument("-n", "--newest", type=counting, default=None, metavar="N", help="only the newest N")
    context.arguments(parser)


def run(args: argparse.Namespace) -> int:
    with context.opened(args, args.path or ".") as found:
        if args.path is not None and (path := found.place.path(args.path)):
            versions = _some(islice(found.history.versions(path), args.newest), path, found.place)
            if args.json:
                fields = {"context": found.place.context, "path": path}
                show.streamed(fields, "versions", map(_version_document, versions))
                return 0
            for version in versions:
                _print_version(version)
            return 0
        commits = islice(found.history.commits(), args.newest)
        if args.json:
            show.streamed({"context": found.place.context}, "commits", map(_commit_document, commits))
            return 0
        for commit in commits:
            _print_commit(commit)
    return 0


def _some(versions: Iterator[Version], path: str, place: context.Place) -> Iterator[Version]:
    first = next(versions, None)
    if first is None:
        raise place.missing(
            path,
            f"no commit of {place.context} that is kept speaks of it",
            "`holdall ls -r` lists what is there",
        )
    yield first
    yield from versions


def _commit_document(commit: Commit) -> dict[str, Any]:
    changed = [one.now for one in commit.changes if isinstance(one.now, Entry)]
    expired = sum(isinstance(one.now, Tombstone) and one.now.expired for one in commit.changes)
    return {
        "commit": commit.seq,
        "at": show.iso(commit.at_ms),
        "by": commit.by,
        "changed": len(changed),
        "deleted": sum(isinstance(one.now, Tombstone | Deleted) for one in commit.changes) - expired,
        "expired": expired,
        "bytes": sum(one.size for one in changed if one.vid == commit.seq and one.kind is Kind.FILE),
        "approved": commit.approved,
    }


def _version_document(version: Version) -> dict[str, Any]:
    found: dict[str, Any] = {"commit": version.seq, "at": show.iso(version.at_ms), "by": version.by}
    if isinstance(version.now, Tombstone):
        return {
            **found,
            "state": "expired" if version.now.expired else "deleted",
            "digest": version.now.digest,
        }
    entry = version.now
    found |= {"state": entry.kind.value, "mode": f"{entry.access:04o}"}
    if entry.kind is Kind.FILE:
        found |= {
            "size": entry.size,
            "digest": entry.digest,
            "modified_at": show.iso(entry.mtime_ns // 1_000_000),
        }
    return found


def _print_commit(commit: Commit) -> None:
    found = _commit_document(commit)
    parts = [f"{found['changed']} changed ({human(found['bytes'])})"] if found["changed"] else []
    parts += [f"{found[what]} {what}" for what in ("deleted", "expired") if found[what]]
    text = ", ".join(parts) or "upkeep"
    approved = ", deletions approved" if commit.approved else ""
    show.line(f"{commit.seq:>6}  {show.when(commit.at_ms)}  {show.safe(commit.by):16} {text}{approved}")


def _print_version(version: Version) -> None:
    if isinstance(version.now, Tombstone):
        what = "expired" if version.now.expired else "deleted"
    elif version.now.kind is Kind.FILE:
        what = f"{human(version.now.size):>9}  {show.mode(version.now)}  {version.now.digest[:16]}"
    else:
        what = version.now.kind.value + (f" -> {show.safe(version.now.target)}" if version.now.target else "")
    show.line(f"{version.seq:>6}  {show.when(version.at_ms):19}  {show.safe(version.by):16} {what}")
