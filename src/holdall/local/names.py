"""What is odd about a name on the disk: it then takes no part, and people are told why."""

from holdall.keys import KEY_BYTES_MAX, STAGED_PREFIX, key_of

_SURELY_SHORT = KEY_BYTES_MAX // (3 * 4)  # a character has at most 4 bytes, an escaped byte has 3


def oddity(path: str) -> str:
    """Why the store cannot hold this path, "" when it can. `path` may carry surrogate escapes."""
    if path.isascii() and len(path) <= _SURELY_SHORT:
        return ""
    try:
        size = len(key_of(path).encode())
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    if "\ufffe" in path or "\uffff" in path:
        return "the name holds U+FFFE or U+FFFF, which XML and so S3 listings cannot carry"
    if size > KEY_BYTES_MAX:
        return f"the name takes {size} bytes as a key, more than {KEY_BYTES_MAX}"
    return ""


def printable(path: str) -> str:
    """An odd path as text that can be encoded and shown; not a path to open.

    Another file may really have this name: what is ODD_NAME is for people, not for lookups.
    """
    return repr(path)[1:-1]


def is_staged(path: str) -> bool:
    return path.rpartition("/")[2].startswith(STAGED_PREFIX)


def is_in_staged(path: str) -> bool:
    """Whether it lies in something that has a staged file's name."""
    return STAGED_PREFIX in path and any(part.startswith(STAGED_PREFIX) for part in path.split("/")[:-1])
