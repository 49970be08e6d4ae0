"""Registries that an earlier holdall wrote. Format 1 had three flags where there is a policy now."""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any


def policy_of(flags: str) -> dict[str, Any]:
    """The wire form of what a mount's flags said."""
    said = json.loads(flags)
    return {
        "uploadPolicy": {"autoUpload": said["auto_upload"]},
        "downloadPolicy": {"autoDownload": said["auto_download"]},
        "deletePolicy": {"syncLocalFile": said["sync_local_file"]},
    }


def upgrade(db: sqlite3.Connection, file: Path) -> None:
    """From format 1, after a copy. Killed at any time, it is of one format or the other, whole."""
    copy = file.with_name(f"{file.name}.format-1")
    copy.unlink(missing_ok=True)  # of an upgrade that came to nothing
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    db.execute("VACUUM INTO ?", (str(copy),))
    with db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("ALTER TABLE mounts RENAME COLUMN flags TO policy")
        rows = db.execute("SELECT context, policy FROM mounts").fetchall()
        policies = [(json.dumps(policy_of(flags)), context) for context, flags in rows]
        db.executemany("UPDATE mounts SET policy = ? WHERE context = ?", policies)
        db.execute("PRAGMA user_version=2")
