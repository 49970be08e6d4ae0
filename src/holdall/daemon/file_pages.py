"""A context's files in pages, by the path that the page before ended with: no file twice, and none left out, whatever changes."""

import base64
import json
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from holdall.engine.ledger import Ledger
from holdall.errors import ConfigError
from holdall.model import Entry, Kind

MOST: Final = 1000
"""Of a page."""

_FAR: Final = 500
_LAST: Final = "\U0010ffff"


class Page(NamedTuple):
    """token  asks for the next page; None on the last"""

    files: list[tuple[str, Entry]]
    token: str | None


def page(ledger: Ledger, parent: str, *, most: int, token: str | None, recursive: bool) -> Page:
    """What is in a folder ("" is the top), its folders included; with `recursive` all files below, and no folders.

    Costs by the page, and by what lies in the folders that are passed over: a query for each.
    """
    after = _after(token, parent, recursive=recursive) if token else ""
    found = list(islice((_files if recursive else _level)(ledger, parent, after), most + 1))
    files = [(one.path, one.entry) for one in found[:most]]
    if len(found) <= most:
        return Page(files, None)
    return Page(files, _token(found[most - 1].ends, parent, recursive=recursive))


class _Shown(NamedTuple):
    """ends  a path behind which the ledger goes on with what comes next"""

    path: str
    entry: Entry
    ends: str


def _files(ledger: Ledger, parent: str, after: str) -> Iterator[_Shown]:
    for row in ledger.walk(parent, after):
        now = row.remote
        if isinstance(now, Entry) and now.kind is not Kind.DIR:
            yield _Shown(row.path, now, row.path)


def _level(ledger: Ledger, parent: str, after: str) -> Iterator[_Shown]:
    """One level. A folder that no entry speaks of (another tool's files lie in it) is shown all the same."""
    start = f"{parent}/" if parent else ""
    inside, passed = "", 0
    rows = ledger.walk(parent, after)
    while (row := next(rows, None)) is not None:
        now = row.remote
        if not isinstance(now, Entry):
            continue
        name, slash, _ = row.path.removeprefix(start).partition("/")
        path = start + name
        if not slash:
            yield _Shown(path, now, path)
        elif path != inside:
            inside, passed = path, 0
            if not isinstance(ledger.remote(path), Entry):
                yield _Shown(path, Entry(Kind.DIR), f"{path}/{_LAST}")
        else:
            passed += 1
            if passed > _FAR:
                rows, passed = ledger.walk(parent, f"{path}/{_LAST}"), 0


def _token(ends: str, parent: str, *, recursive: bool) -> str:
    text = json.dumps([parent, recursive, ends], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _after(token: str, parent: str, *, recursive: bool) -> str:
    """ConfigError for a token of another listing, or one that nobody gave out."""
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        its_parent, its_recursive, ends = found
    except (ValueError, TypeError):
        its_parent = its_recursive = ends = None
    if not isinstance(ends, str) or (its_parent, its_recursive) != (parent, recursive):
        raise ConfigError("the next_token is not one of this listing", hint="begin it anew, without a token")
    return ends
