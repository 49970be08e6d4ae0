"""The files of a context, for programs: with a mount of it and without one."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import PurePath
from typing import IO, Any, Final, NamedTuple

from holdall.daemon import file_pages
from holdall.daemon.moments import iso
from holdall.daemon.shelf import Opened, Shelf
from holdall.engine.ledger import Ledger
from holdall.errors import ConditionFailed, ConfigError, HoldallError, InUse, NotThere, Unavailable
from holdall.keys import KEY_BYTES_MAX, key_of, takes_part
from holdall.log import layout
from holdall.log.objects import is_own
from holdall.log.reading import pieces
from holdall.model import Entry, Kind
from holdall.rules.reconcile import parents
from holdall.store.base import ABSENT

LINK_S: Final = 3600
"""How long a URL may be used."""

_ATTEMPTS: Final = 4
_PART_BYTES: Final = 8 * 1024 * 1024
_SHOWN: Final = 80


class Download(NamedTuple):
    """A file's bytes. The last piece comes when all of them were found to be what they should be."""

    size: int
    pieces: Iterator[bytes]


class Files:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._supervisor = shelf.supervisor

    def page(
        self, context: str, parent: str, *, most: int, token: str | None, recursive: bool
    ) -> dict[str, Any]:
        """What is in a folder ("" is the top); see `file_pages.page`. NotThere where there is no such folder."""
        under = self._folder(context, parent)
        with self._shelf.opened(context) as found:
            if under and not _is_folder(found.ledger, under):
                raise NotThere("there is no such folder in the context", path=under)
            most = min(most, file_pages.MOST)
            page = file_pages.page(found.ledger, under, most=most, token=token, recursive=recursive)
            commit = found.ledger.seq
        entries = [_shown(path, entry) for path, entry in page.files]
        return {"context": context, "commit": commit, "entries": entries, "next_token": page.token}

    def delete(self, context: str, path: str) -> dict[str, Any]:
        """A file, a symlink or an empty folder, in a commit of its own. NotThere; InUse for a folder that is not empty."""
        path = self._path(context, path)
        with self._shelf.opened(context) as found:
            if found.ledger.live_below(path):
                raise InUse(
                    "it is a folder with files in it", path=path, hint="delete those, or clear the context"
                )
            commit = found.replica.delete(found.hands, [path])
        if commit is None:
            raise NotThere("there is no such file in the context", path=path)
        return {"context": context, "path": path, "commit": commit}

    def link_to_read(self, context: str, path: str) -> tuple[str, str | None]:
        """The file's path, and a URL of the store's own. None where the daemon has to hand the bytes out. NotThere."""
        path = self._path(context, path)
        with self._shelf.opened(context) as found:
            entry = _file(found.ledger, path)
            where = entry.plain
            standing = None if where is None else found.hands.objects.standing(where.key)
            if (
                where is None
                or standing is None
                or (not is_own(standing, entry) and standing.info.etag != where.etag)
            ):
                return path, None  # it lies in a pack, or is kept elsewhere
            return path, found.hands.bench.store.link("GET", layout.file_key(where.key), LINK_S)

    def link_to_write(self, context: str, path: str) -> tuple[str, str | None]:
        """The same for a PUT of the whole file. It becomes part of the context as soon as somebody asks for that.

        What stands there is kept first: whoever has the URL overwrites it unseen. InUse where no file can be.
        """
        path = self._path(context, path)
        with self._shelf.opened(context) as found:
            _make_room(found, path)
            store = found.hands.bench.store
            url = store.link("PUT", layout.file_key(key_of(path)), LINK_S)
            if url is not None:
                found.replica.expect(path, store.now() + LINK_S)
        return path, url

    def read(self, context: str, path: str) -> Download:
        """The file as it is now, wherever its bytes lie. NotThere."""
        with self._shelf.opened(context) as found:
            entry = _file(found.ledger, path)
            store = found.hands.bench.line or found.hands.bench.store
        return Download(entry.size, _verified(pieces(store, path, entry)))

    def write(self, context: str, path: str, file: IO[bytes], size: int) -> dict[str, Any]:
        """Put a whole file of this disk there and commit it. InUse where no file can be; what stood there is kept."""
        with self._shelf.opened(context) as found:
            store = found.hands.bench.line or found.hands.bench.store
            for _ in range(_ATTEMPTS):
                etag = _make_room(found, path)
                with suppress(ConditionFailed):
                    store.upload(layout.file_key(key_of(path)), _parts(file, size), when=etag)
                    break
            else:
                raise Unavailable("somebody changes it all the time", path=path, hint="try it again")
            commit = found.replica.adopt(found.hands, [path])
        return {"context": context, "path": path, "size": size, "commit": commit}

    def collect(self, context: str) -> None:
        """Take in what came by the URLs that were given out, before somebody waits for all that is in the context."""
        if self._shelf.is_open(context):
            with self._shelf.opened(context):
                pass

    def _path(self, context: str, said: str) -> str:
        """As the log has it. ConfigError for what no file of a context can be called."""
        path = self._relative(context, said)
        if not path or not takes_part(path):
            raise ConfigError("it cannot be the path of a file in a context", path=said[:_SHOWN])
        if len(key_of(path).encode()) > KEY_BYTES_MAX:
            raise ConfigError("it is too long for a key in the store", path=said[:_SHOWN])
        return path

    def _folder(self, context: str, said: str) -> str:
        path = self._relative(context, said).rstrip("/")
        return self._path(context, path) if path else ""

    def _relative(self, context: str, said: str) -> str:
        """To the mount, as what is absolute and below it is too; a leading slash is the mount's own."""
        if said.startswith("/"):
            with suppress(HoldallError):  # it is not mounted here, or nothing is known of it at present
                if PurePath(said).is_relative_to(self._supervisor.root(context)):
                    return self._supervisor.path_in(context, said) or ""
        return said.lstrip("/")


def _make_room(found: Opened, path: str) -> str:
    """Keep what stands at the path's key: it may be overwritten then. Its ETag; ABSENT for nothing."""
    found.replica.adopt(found.hands, [path])
    for above, row in found.ledger.rows(parents(path)).items():
        if isinstance(row.remote, Entry) and row.remote.kind is not Kind.DIR:
            raise InUse(f"{above} is a {row.remote.kind.value}: nothing can be below it", path=path)
    now = found.ledger.remote(path)
    if found.ledger.live_below(path) or (isinstance(now, Entry) and now.kind is not Kind.FILE):
        raise InUse("there is a folder or a symlink of that name", path=path, hint="delete it first")
    standing = found.hands.objects.standing(key_of(path))
    if standing is None:
        return ABSENT
    # Of what lies in a pack, an earlier upload may stand at the key: it has its own name.
    uid = standing.label.uid or (now.uid if isinstance(now, Entry) else "")
    if uid:
        found.hands.objects.retain(key_of(path), uid, standing.info.etag)
    return standing.info.etag


def _file(ledger: Ledger, path: str) -> Entry:
    found = ledger.remote(path)
    if not isinstance(found, Entry) or found.kind is not Kind.FILE:
        raise NotThere("there is no such file in the context", path=path)
    return found


def _is_folder(ledger: Ledger, path: str) -> bool:
    now = ledger.remote(path)
    return (isinstance(now, Entry) and now.kind is Kind.DIR) or ledger.live_below(path)


def _shown(path: str, entry: Entry) -> dict[str, Any]:
    """Null: the mtime of a folder, and what has no bytes was never uploaded."""
    is_dir = entry.kind is Kind.DIR
    return {
        "path": path,
        "name": path.rpartition("/")[2],
        "kind": "folder" if is_dir else entry.kind.value,
        "size": entry.size,
        "mtime": None if is_dir else iso(entry.mtime_ns / 1e9),
        "uploaded_at": iso(entry.uploaded_at / 1000) if entry.uploaded_at else None,
        "digest": entry.digest or None,
        "commit": entry.vid or None,
    }


def _verified(source: Iterator[bytes]) -> Iterator[bytes]:
    held = next(source, b"")
    for piece in source:
        yield held
        held = piece
    yield held


def _parts(file: IO[bytes], size: int) -> list[Callable[[], bytes]]:
    def read(offset: int) -> bytes:
        return os.pread(file.fileno(), min(_PART_BYTES, size - offset), offset)

    return [partial(read, offset) for offset in range(0, size, _PART_BYTES)]
