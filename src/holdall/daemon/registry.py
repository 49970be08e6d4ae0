"""Mounts that were made by `up` and `mount`, and the store they were made on. Those of the configuration are not here."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from holdall.daemon import registry_upgrade
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.engine import state_file
from holdall.errors import BadFormat, BadPolicy
from holdall.policies.effective import Effective
from holdall.policies.sync_policy import SyncPolicy
from holdall.rules.directions import SyncType

_SCHEMA_VERSION: Final = 2
_PAUSED: Final = "paused"
_UNMET: Final = "unmet"
_SCHEMA: Final = """
CREATE TABLE mounts (
    context TEXT PRIMARY KEY, path TEXT NOT NULL, sync TEXT NOT NULL, policy TEXT NOT NULL, ignore TEXT NOT NULL,
    store TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Registered(NamedTuple):
    """store  URL of the store that the mount was made on
    fault  why its policy cannot be read any more; `spec` has the default in its place, which nobody asked for
    """

    spec: Spec
    store: str
    fault: BadPolicy | None = None


class Reading:
    """What a registry holds, over a connection to it. Safe from several threads."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._lock = threading.Lock()

    def mounts(self) -> list[Registered]:
        with self._lock:
            rows = self._db.execute("SELECT * FROM mounts ORDER BY context")
            names = [column[0] for column in rows.description]
            return [_registered(dict(zip(names, row, strict=True))) for row in rows]

    def store(self) -> StoreSettings | None:
        """The store that `up --store` named last."""
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE name = 'store'").fetchone()
        return None if row is None else StoreSettings(**json.loads(row[0]))

    def paused(self) -> frozenset[str]:
        """Contexts that a person holds."""
        return self._marked(_PAUSED)

    def unmet(self) -> frozenset[str]:
        """Contexts that nobody named, and of which the store has not been asked where they are from."""
        return self._marked(_UNMET)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _marked(self, mark: str) -> frozenset[str]:
        with self._lock:
            rows = self._db.execute("SELECT name FROM meta WHERE name GLOB ?", (f"{mark}:*",)).fetchall()
        return frozenset(name.removeprefix(f"{mark}:") for (name,) in rows)


class Registry(Reading):
    """One file. What cannot be read is put aside: its mounts have to be made again, and no file is harmed. BadFormat for
    one that a newer holdall wrote.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        super().__init__(state_file.opened(file, _opened, costs="Mounts made by `up` have to be made again"))

    def add(self, spec: Spec, store: str) -> None:
        row = (
            spec.context,
            str(spec.path),
            spec.sync.value,
            json.dumps(SyncPolicy.of(spec.policy).to_dict()),
            json.dumps(spec.ignore),
        )
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO mounts VALUES (?, ?, ?, ?, ?, ?)", (*row, store))

    def remove(self, context: str) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM mounts WHERE context = ?", (context,))
            db.execute(
                "DELETE FROM meta WHERE name IN (?, ?)", (f"{_PAUSED}:{context}", f"{_UNMET}:{context}")
            )

    def set_store(self, store: StoreSettings) -> None:
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('store', ?)", (json.dumps(store._asdict()),))

    def set_paused(self, context: str, *, paused: bool) -> None:
        self._mark(_PAUSED, context, on=paused)

    def set_unmet(self, context: str, *, unmet: bool) -> None:
        self._mark(_UNMET, context, on=unmet)

    def _mark(self, mark: str, context: str, *, on: bool) -> None:
        with self._transaction() as db:
            if on:
                db.execute("INSERT OR REPLACE INTO meta VALUES (?, '')", (f"{mark}:{context}",))
            else:
                db.execute("DELETE FROM meta WHERE name = ?", (f"{mark}:{context}",))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._db as db:
                db.execute("BEGIN IMMEDIATE")
                yield db
        except sqlite3.Error as exc:
            raise state_file.failure(exc, self._file) from exc


def _opened(file: Path) -> sqlite3.Connection:
    # SQLite gives its -wal and -shm the mode of the file itself.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
    try:
        _prepare(db, file)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, file: Path) -> None:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > _SCHEMA_VERSION:
        raise BadFormat(
            f"the state in {file} has format {version}, this holdall knows {_SCHEMA_VERSION}",
            hint="upgrade holdall here",
        )
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    if version == 0:
        db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_SCHEMA_VERSION}; COMMIT;")
    elif version == 1:
        registry_upgrade.upgrade(db, file)


def _registered(row: dict[str, str]) -> Registered:
    # Whoever only looks does not upgrade it.
    said = row["policy"] if "policy" in row else registry_upgrade.policy_of(row["flags"])
    policy, fault = Effective(), None
    try:
        policy = SyncPolicy.from_dict(said).effective()
    except BadPolicy as exc:  # a newer Python refuses an expression that the one before took
        hint = f"`holdall unmount {row['context']}`, then `holdall up` with a policy that fits"
        fault = BadPolicy(f"the policy of this mount cannot be read: {exc}", hint=hint)
    spec = Spec(
        row["context"], Path(row["path"]), SyncType(row["sync"]), policy, tuple(json.loads(row["ignore"]))
    )
    return Registered(spec, row["store"], fault)
