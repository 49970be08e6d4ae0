"""The contexts of a store, by their context.json: which there are, what they are called, and their end.

A context lies under its id, which stays. Its name is what people call it, and may change.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from holdall.errors import ConditionFailed, NotThere, Unavailable
from holdall.log import layout
from holdall.log.ahead import ahead
from holdall.log.commits import DELETING, ContextInfo, info_of, origin_of
from holdall.log.fields import line_of, row_of
from holdall.log.lifecycle import with_recycling
from holdall.model import Recycling
from holdall.store.base import Store

_CREATED: Final = "created_ms"
_ATTEMPTS: Final = 4
_AT_ONCE: Final = 16


class Card(NamedTuple):
    """What a store says of a context. `created_at`: unix seconds, by the store's clock."""

    id: str
    info: ContextInfo
    created_at: float


def ids(store: Store) -> list[str]:
    """Those that there may be, in order: of another tool's folders only `card` tells. One listing of what is at the top."""
    return sorted(one for folder in store.folders("") if (one := _id_of(folder)) is not None)


def card(context: str, part: Store) -> Card | None:
    """None where there is no such context. Two requests. BadFormat."""
    found = _read(part)
    if found is None:
        return None
    raw, _, modified_at = found
    info = info_of(raw)
    created_ms = row_of(raw).get(_CREATED)
    return Card(context, info, created_ms / 1000 if isinstance(created_ms, int) else modified_at)


def rename(part: Store, name: str) -> None:
    """NotThere; BadFormat."""

    def renamed(raw: bytes) -> dict[str, Any]:
        info_of(raw)
        return row_of(raw) | {"name": name}

    _change(part, renamed)


def originate(part: Store, origin: ContextInfo) -> None:
    """Where a program made the context, and this is its first mount: from here on it is from there. NotThere; BadFormat."""

    def originated(raw: bytes) -> dict[str, Any]:
        return row_of(raw) if info_of(raw).origin else row_of(raw) | origin_of(origin)

    _change(part, originated)


def set_recycling(part: Store, recycling: Recycling) -> None:
    """What expires from now on: the last setting counts, whoever makes it. NotThere; BadFormat; ValueError for what cannot be."""

    def said(raw: bytes) -> dict[str, Any]:
        info_of(raw)
        return with_recycling(row_of(raw), recycling)

    _change(part, said)


def erase(part: Store) -> int:
    """Every object of the context, for good: commits and kept versions too. How many there were.

    context.json goes last, and says until then that the context is being deleted: whoever has it mounted stops, nobody joins
    it, and after a crash the same call goes on. NotThere where there is no such context.
    """
    _change(part, _ending)
    count = 0
    while found := [info.key for info in part.list("") if info.key != layout.CONTEXT]:
        # A machine that has not noticed may put something there meanwhile.
        for _ in ahead(part.delete, found, at_once=_AT_ONCE):
            count += 1
    part.delete(layout.CONTEXT)
    return count + 1


def _ending(raw: bytes) -> dict[str, Any]:
    """Also of what nobody can read."""
    try:
        return row_of(raw) | {DELETING: True}
    except ValueError:
        return {DELETING: True}


def _change(part: Store, changed: Callable[[bytes], dict[str, Any]]) -> None:
    """Keys that this holdall does not know stay as they are."""
    for _ in range(_ATTEMPTS):
        found = _read(part)
        if found is None:
            raise NotThere("there is no such context")
        raw, etag, modified_at = found
        wanted = line_of({_CREATED: int(modified_at * 1000)} | changed(raw))
        if wanted == raw:
            return
        with suppress(
            ConditionFailed
        ):  # somebody else was first, or our own reply was lost: what stands there tells
            part.put(layout.CONTEXT, wanted, when=etag)
            return
    raise _restless()


def _read(part: Store) -> tuple[bytes, str, float] | None:
    """context.json, its ETag, and when it was put there."""
    for _ in range(_ATTEMPTS):
        found = part.head(layout.CONTEXT)
        if found is None:
            return None
        with suppress(ConditionFailed, NotThere):
            return part.get(layout.CONTEXT, when=found.etag), found.etag, found.modified_at
    raise _restless()


def _restless() -> Unavailable:
    return Unavailable("somebody changes the context all the time", hint="try it again")


def _id_of(folder: str) -> str | None:
    """The context whose part of the store this is."""
    context = unquote(folder.removesuffix("/"), errors="surrogateescape")
    try:
        return context if layout.prefix_of(context) == folder else None
    except UnicodeEncodeError:
        return None
