"""`holdall verify`: log and store compared; with --data every byte is read again."""

import argparse

from holdall.cli import context, show
from holdall.cli.progress import Tally
from holdall.daemon.sizes import files, human
from holdall.log.findings import Finding, Found
from holdall.log.verify import Report, verify
from holdall.model import Kind

_EXAMPLE = """examples:
  holdall verify                   every file's object is there, with the size and ETag that the log names
  holdall verify --data            the same, and every byte read again and compared with its digest

exit code: 0 everything is there, 1 something is damaged or missing
"""
_FIXES = {
    Found.MISSING: "a machine that still has the file puts it back at its next rescan; else `holdall history PATH` and "
    "`holdall restore` bring an earlier version",
    Found.DAMAGED: "copy the file over itself where it is intact, so that it is uploaded anew; else restore an earlier version",
    Found.LOG: "restore this object from a backup or an older version of the bucket",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument("--data", action="store_true", help="read every byte again and compare digests")
    context.arguments(parser)


def run(args: argparse.Namespace) -> int:
    with context.opened(args) as found:
        if args.data:
            tree = found.history.tree(found.history.head())
            sizes = [entry.size for _, entry in tree if entry.kind is Kind.FILE]
            with Tally("read", len(sizes), sum(sizes)) as told:
                report = verify(found.log, data=True, seen=told.at)
        else:
            report = verify(found.log)
        if args.json:
            show.document(_document(found.place.context, report))
        else:
            _print(found.place.context, report)
    return 0 if report.intact else 1


def _document(name: str, report: Report) -> dict[str, object]:
    return {
        "context": name,
        "commit": report.commit,
        "intact": report.intact,
        "files": report.files,
        "bytes": report.bytes,
        "read_bytes": report.read_bytes,
        "findings": [
            {"found": one.found.value, "damage": one.found.is_damage, "path": one.path, "detail": one.detail}
            for one in report.findings
        ],
    }


def _print(name: str, report: Report) -> None:
    for one in sorted(report.findings, key=_worst_first):
        show.line(f"{one.found.value:10} {show.safe(one.path)}: {one.detail}")
    for kind in sorted({one.found for one in report.findings} & _FIXES.keys()):
        show.line(f"{kind.value}: {_FIXES[kind]}")
    read = f", {human(report.read_bytes)} read and compared" if report.read_bytes else ""
    verdict = "everything is there" if report.intact else "NOT intact"
    show.line(
        f"{name}: commit {report.commit}, {files(report.files)}, {human(report.bytes)}{read}: {verdict}"
    )


def _worst_first(one: Finding) -> tuple[bool, str, str]:
    return not one.found.is_damage, one.found.value, one.path
