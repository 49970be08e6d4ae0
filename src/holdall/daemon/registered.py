"""What a daemon's registry holds, for commands that only look: nothing is made, moved, mended or written."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from holdall.daemon.registry import Reading, Registered
from holdall.daemon.settings import StoreSettings
from holdall.engine import state_file
from holdall.errors import LocalError


class Known(NamedTuple):
    """`store`: the one that `up --store` named last."""

    mounts: tuple[Registered, ...] = ()
    store: StoreSettings | None = None


def registered(file: Path) -> Known:
    """Nothing where there is no such file. LocalError for one that cannot be read."""
    try:
        if not file.stat().st_size:
            return Known()  # a daemon is just making it
        with closing(Reading(_connected(file))) as reading:
            return Known(tuple(reading.mounts()), reading.store())
    except FileNotFoundError:
        return Known()
    except OSError as exc:
        raise LocalError(f"{file} cannot be read: {exc.strerror}", hint="is the file ours?") from exc
    except sqlite3.Error as exc:
        raise state_file.failure(exc, file) from exc


def _connected(file: Path) -> sqlite3.Connection:
    file.open("rb").close()  # SQLite does not say why it cannot
    # Without a log beside it nobody writes, and SQLite would make one to read with.
    whole = not file.with_name(f"{file.name}-wal").exists()
    uri = f"file:{quote(str(file))}?mode=ro{'&immutable=1' if whole else ''}"
    return sqlite3.connect(uri, uri=True, isolation_level=None)
