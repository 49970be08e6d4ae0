"""`holdall export`: the whole tree as one plain archive, for those who have no holdall."""

import argparse
import errno
import os
import shlex
from contextlib import suppress
from pathlib import Path

from holdall.cli import context, moment, show
from holdall.cli.archive import Written, write_archive
from holdall.cli.arguments import said
from holdall.cli.progress import Tally
from holdall.daemon import outcome
from holdall.daemon.sizes import files, human
from holdall.errors import ConfigError, DiskFull, LocalError
from holdall.log.history import History
from holdall.model import Kind

_EXAMPLE = """examples:
  holdall export project.tar.zst
  holdall export --at 2026-11-01 november.tar.zst
  tar --zstd -xf project.tar.zst   opens it; so does any other tar with zstd

exit code: 0 complete, 3 some files could not be read from the store and are not in it, each named
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EXAMPLE
    parser.add_argument(
        "file", metavar="FILE.tar.zst", type=said, help="where to write it; must not exist yet"
    )
    parser.add_argument("--at", metavar="WHEN", help=moment.HELP)
    context.arguments(parser)


def run(args: argparse.Namespace) -> int:
    file = Path(args.file)
    with context.opened(args) as found:
        seq = moment.made_at(found.history, args.at, found.store.now())
        sizes = [entry.size for _, entry in found.history.tree(seq) if entry.kind is Kind.FILE]
        with Tally("wrote", len(sizes), sum(sizes)) as told:
            written = _export(found.history, seq, file, told)
        if args.json:
            show.document(_document(found.place.context, seq, file, written))
        else:
            for path, reason in written.left:
                show.line(f"left out   {show.safe(path)}: {reason}")
            size = file.stat().st_size
            show.line(
                f"{file}: commit {seq}, {files(written.files)}, {human(written.bytes)} in {human(size)}"
            )
    return outcome.PARTIAL if written.left else outcome.DONE


def _export(history: History, seq: int, file: Path, told: Tally) -> Written:
    """Under another name until it is whole, so that a cut-off archive is never taken for one."""
    if os.path.lexists(file):
        raise ConfigError(
            "exists already", path=str(file), hint="name another file, or remove this one first"
        )
    part = file.with_name(f"{file.name}.part")
    try:
        try:
            with part.open("wb") as out:
                written = write_archive(history, seq, out, told.add)
                out.flush()
                os.fsync(out.fileno())
            part.rename(file)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
    except OSError as exc:
        raise _unwritten(file, exc) from exc
    return written


def _unwritten(file: Path, exc: OSError) -> LocalError:
    message = f"cannot be written: {os.strerror(exc.errno or 0).lower()}"
    if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(message, path=str(file), hint="name a file on another disk")
    if exc.errno == errno.ENOENT:
        return LocalError(
            message, path=str(file), hint=f"`mkdir -p {shlex.quote(str(file.parent))}` makes the directory"
        )
    return LocalError(message, path=str(file), hint="name a file in a directory of yours")


def _document(name: str, seq: int, file: Path, written: Written) -> dict[str, object]:
    return {
        "context": name,
        "commit": seq,
        "file": str(file),
        "files": written.files,
        "bytes": written.bytes,
        "archive_bytes": file.stat().st_size,
        "left": [{"path": path, "reason": reason} for path, reason in written.left],
    }
