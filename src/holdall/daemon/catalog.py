"""The contexts of a daemon's store: which there are, and how they begin and end."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

from holdall.daemon import whereabouts
from holdall.daemon.attachment import file_at, lease_on
from holdall.daemon.context_name import name_fault
from holdall.daemon.locks import held_beside
from holdall.daemon.moments import iso
from holdall.daemon.shelf import Shelf
from holdall.engine.ledger import Ledger
from holdall.errors import BadFormat, ConfigError, InUse, NotThere
from holdall.log import contexts, layout
from holdall.log.ahead import ahead
from holdall.log.codec import Commit
from holdall.log.commits import CommitLog, ContextInfo
from holdall.log.contexts import Card
from holdall.log.lease import Lease
from holdall.model import Entry
from holdall.store.base import Store
from holdall.store.open import part_of

_ID_BYTES_MAX: Final = 128
"""Of a context that is made here, as it stands in the store: the rest of a key's 1,024 bytes is its files'."""

_AT_ONCE: Final = 8


class Contexts(NamedTuple):
    """A page. `total`: of all that there may be; `token` asks for the next page."""

    contexts: list[dict[str, Any]]
    token: str | None
    total: int


class Catalog:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._supervisor = shelf.supervisor
        self._store = shelf.supervisor.shop.store

    def page(self, *, most: int, token: str | None) -> Contexts:
        """In the order of their ids. Costs a listing of what is at the top of the store, and two requests a context shown."""
        ids = contexts.ids(self._store)
        after = [one for one in ids if token is None or one > token]
        shown: list[dict[str, Any]] = []
        with closing(ahead(self._card, after, at_once=_AT_ONCE)) as cards:
            for card in cards:
                if card is None:
                    continue
                if len(shown) == most:
                    return Contexts(shown, shown[-1]["id"], len(ids))
                shown.append(self._document(card))
        return Contexts(shown, None, len(ids))

    def get(self, context: str) -> dict[str, Any]:
        """By its id, with the time of its newest commit. NotThere."""
        with _about(context):
            card = contexts.card(context, self._part(context))
            if card is None:
                raise NotThere("")
        with self._shelf.opened(context) as found:
            newest = found.hands.log.read(found.ledger.seq) if found.ledger.seq > 0 else None
        used_at = iso(newest.at_ms / 1000) if isinstance(newest, Commit) else None
        return self._document(card) | {"last_used_at": used_at}

    def find(self, context: str | None, name: str | None) -> list[dict[str, Any]]:
        """The one that has this id, and this name, where they are said; else nothing."""
        found = self.named(name) if context is None and name is not None else context
        try:
            one = [] if found is None else [self.get(found)]
        except NotThere:
            return []
        return [row for row in one if name is None or row["name"] == name]

    def named(self, name: str) -> str | None:
        """The id of the context that people call so. Where that is another one, costs two requests a context. InUse for two."""
        found = self._card(name)
        if found is not None and found.info.name == name:
            return found.id
        others = [one for one in contexts.ids(self._store) if one != name]
        so_called = [
            card.id
            for card in ahead(self._card, others, at_once=_AT_ONCE)
            if card is not None and card.info.name == name
        ]
        if len(so_called) > 1:
            raise InUse(
                f"several contexts are called {name}", hint=f"take one by its id: {', '.join(so_called)}"
            )
        return next(iter(so_called), None)

    def create(self, name: str) -> tuple[dict[str, Any], bool]:
        """The context of that name, and whether it was made just now. ConfigError for what cannot be a name."""
        _check_name(name)
        known = self.named(name)
        if known is not None:
            return self.get(known), False
        # One that was called so once keeps it as its id.
        context = name if self._card(name) is None else f"{name}-{secrets.token_hex(3)}"
        origin = ContextInfo(secrets.token_hex(8), name, "", "")
        with closing(Ledger(":memory:")) as ledger:
            lease = lease_on(self._store, context, ledger)
            made = CommitLog(self._part(context, lease), lease).create(origin)
        return self.get(context), made.id == origin.id

    def rename(self, context: str, name: str) -> dict[str, Any]:
        """The id stays, and with it all mounts. InUse where another context is called so."""
        _check_name(name)
        other = self.named(name)
        if other not in {None, context}:
            raise InUse(f"another context is called {name}: {other}", hint="take another name")
        with _about(context):
            contexts.rename(self._part(context), name)
        return self.get(context)

    def clear(self, context: str) -> dict[str, Any]:
        """Delete every file in one commit. Until the retention ends, `restore --at` the commit before it brings them back.

        Where it is mounted, on any machine, they go there as well, but for what was changed there and is not in the store yet.
        """
        with self._shelf.opened(context) as found:
            before = found.ledger.seq
            held = {row.path: now.kind for row in found.ledger.walk() if isinstance(now := row.remote, Entry)}
            commit = found.replica.delete(found.hands, held)
        files = sum(kind != "dir" for kind in held.values())
        return {"context": context, "commit": commit, "before": before, "deleted_files": files}

    def delete(self, context: str) -> dict[str, Any]:
        """With all its files, commits and kept versions, for good. InUse while it is mounted here."""
        if context in self._supervisor.contexts():
            raise InUse(
                f"{context} is mounted here", hint=f"`holdall release {context}` first; its directory stays"
            )
        folder = self._supervisor.shop.state / "mounts"
        for held in held_beside(folder / "new.db"):
            if held.context == context:
                raise InUse(
                    f"another process of this machine has {context} at a directory",
                    hint="try it again after that",
                )
        with _about(context), closing(Ledger(":memory:")) as ledger:
            lease = lease_on(self._store, context, ledger)
            part = self._part(context, lease)
            if (info := self._readable(part)) is not None:
                CommitLog(part, lease).enter(info)  # who writes to it now keeps it
            objects = contexts.erase(part)
        self._shelf.forget(context)
        whereabouts.forget_all(folder, partial(file_at, folder, self._store.url, context))
        return {"context": context, "deleted_objects": objects}

    def _readable(self, part: Store) -> ContextInfo | None:
        """None for what is damaged, or on its way out already: that may go as it is."""
        try:
            return CommitLog(part).info()
        except BadFormat:
            return None

    def _card(self, context: str) -> Card | None:
        """None as well for one that nobody can read, or that is on its way out: `get` says so."""
        try:
            return contexts.card(context, self._part(context))
        except BadFormat:
            return None

    def _part(self, context: str, lease: Lease | None = None) -> Store:
        permit = (lambda: False) if lease is None else lease.permit
        return part_of(self._store, layout.prefix_of(context), permit)

    def _document(self, card: Card) -> dict[str, Any]:
        return {
            "id": card.id,
            "name": card.info.name,
            "created_at": iso(card.created_at),
            "last_used_at": None,
            "mounted": card.id in self._supervisor.contexts(),
        }


@contextmanager
def _about(context: str) -> Iterator[None]:
    """Names the context that there is not."""
    if fault := name_fault(context):
        raise ConfigError(f"the context's id {fault}")
    try:
        yield
    except NotThere as exc:
        raise NotThere(f"there is no context {context}") from exc


def _check_name(name: str) -> None:
    if fault := name_fault(name):
        raise ConfigError(f"the context's name {fault}")
    if len(layout.prefix_of(name)) > _ID_BYTES_MAX:
        raise ConfigError("the context's name is too long", hint=f"as escaped, {_ID_BYTES_MAX} bytes at most")
