"""Where things lie below a context.

context.json             id, format, origin
lease.json               who may write, where the store ignores conditions
files/<key>              a file's bytes under its own name, readable by any S3 tool
packs/<id>.tar.zst       many files in one object
log/<16-digit seq>       a commit; the number is the lock and is never freed
checkpoints/<seq>        the whole tree at seq; head.json is a hint to the newest
pruned.json              when that was done last
trash/<uid>/<key>        bytes kept after they were superseded
probe/                   for moments: what the store does with conditions
"""

import re
from typing import Final
from urllib.parse import quote

CONTEXT = "context.json"
HEAD = "head.json"
LEASE = "lease.json"
FILES = "files/"
PACKS = "packs/"
LOG = "log/"
CHECKPOINTS = "checkpoints/"
PRUNED = "pruned.json"
TRASH = "trash/"
PROBE = "probe/"

_PACK_NAME: Final = re.compile(r"packs/([0-9A-Za-z]{1,64})\.tar\.zst")
_NUMBER: Final = re.compile(r"[0-9]{16}")


def prefix_of(context: str) -> str:
    """The context's part of the store. Escaped so that no context can lie inside another."""
    escaped = quote(context, safe=" ()+,=@_!~-.")
    if escaped.startswith("."):
        escaped = "%2E" + escaped[1:]
    return escaped + "/"


def file_key(key: str) -> str:
    return FILES + key


def pack_key(pack: str) -> str:
    return f"{PACKS}{pack}.tar.zst"


def pack_of(key: str) -> str | None:
    """The id of a pack. None for a key that is none's."""
    found = _PACK_NAME.fullmatch(key)
    return None if found is None else found[1]


def log_key(seq: int) -> str:
    return f"{LOG}{seq:016d}"


def checkpoint_key(seq: int) -> str:
    return f"{CHECKPOINTS}{seq:016d}"


def number_of(key: str) -> int | None:
    """The number of a commit or a checkpoint. None for a key that is neither's."""
    name = key.rpartition("/")[2]
    return int(name) if _NUMBER.fullmatch(name) else None


def trash_key(uid: str, key: str) -> str:
    return f"{TRASH}{uid}/{key}"
