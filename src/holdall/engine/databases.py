"""What of an SQLite database never travels."""

from holdall.local.base import Disk, look_at
from holdall.model import SeenAs
from holdall.rules.bundles import SQLITE_MAGIC, shared_memory_of


def is_shared_memory(disk: Disk, path: str) -> bool:
    """Whether the path is that of a database's `-shm`. Costs nothing for any other name; LocalError where what it would belong to
    cannot be read.
    """
    database = shared_memory_of(path)
    if database is None or look_at(disk, database).what is not SeenAs.FILE:
        return False
    reader = disk.open(database)
    try:
        return reader.read(0, len(SQLITE_MAGIC)) == SQLITE_MAGIC
    finally:
        reader.close()
