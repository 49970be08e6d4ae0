"""What commands print: one JSON document, or lines that no file name can disturb."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from holdall.cli import streams
from holdall.daemon.context_name import escaped
from holdall.model import Entry, Kind

_BROKEN_PIPE: Final = 141
"""As a shell tells of a command that SIGPIPE ended."""


def line(text: str = "") -> None:
    """On stdout. A reader that went away (`| head`) ends the command without a word, as it ends others."""
    _out(text + "\n")


def document(fields: Mapping[str, Any]) -> None:
    _out(json.dumps(fields, ensure_ascii=False) + "\n")


def streamed(fields: Mapping[str, Any], name: str, items: Iterable[Mapping[str, Any]]) -> None:
    """The same, with the array `name` last: it is not held in memory.

    The first item is made before anything is printed, so what is wrong from the start leaves no half document.
    """
    rest = iter(items)
    first = next(rest, None)
    _out(f"{json.dumps(fields, ensure_ascii=False)[:-1]}{', ' if fields else ''}{json.dumps(name)}: [")
    if first is not None:
        _out(f"\n{json.dumps(first, ensure_ascii=False)}")
    for item in rest:
        _out(f",\n{json.dumps(item, ensure_ascii=False)}")
    _out("]}\n")


def note(text: str) -> None:
    """For people, on stderr, beside a document or a stream on stdout."""
    sys.stderr.write(text + "\n")


def safe(path: str) -> str:
    """A path on one line of a terminal: control characters and marks that turn text around are shown as escapes."""
    return escaped(path)


def when(at_ms: int | None) -> str:
    """Local time, to the second."""
    if at_ms is None:
        return "?"
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def iso(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry(path: str, one: Entry) -> dict[str, Any]:
    """An entry as a document. `commit` is the one that brought the bytes in."""
    found: dict[str, Any] = {
        "path": path,
        "kind": one.kind.value,
        "commit": one.vid,
        "mode": f"{one.access:04o}",
    }
    if one.kind is Kind.FILE:
        found |= {"size": one.size, "digest": one.digest, "modified_at": iso(one.mtime_ns // 1_000_000)}
    if one.kind is Kind.SYMLINK:
        found["target"] = one.target
    if one.flag:
        found["flag"] = one.flag
    return found


def mode(one: Entry) -> str:
    """`-rw-r--r--`, as ls shows it."""
    if one.kind is Kind.SYMLINK:
        return "lrwxrwxrwx"
    bits = "".join(
        letter if one.access >> (8 - place) & 1 else "-" for place, letter in enumerate("rwxrwxrwx")
    )
    return ("d" if one.kind is Kind.DIR else "-") + bits


def _out(text: str) -> None:
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        streams.drop()
        raise SystemExit(_BROKEN_PIPE) from None
    except OSError as exc:
        raise streams.lost(exc) from exc
