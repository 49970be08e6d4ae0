"""Paths as object keys, and back.

A key is the path with control bytes, DEL, backslash and the `%` of each `%XX` percent-escaped: listings travel as XML, which
has no control characters, and some servers read a backslash as a slash. All else stays as it is, so that other S3 tools show
the names that users gave.
"""

import re
from typing import Final

STAGED_PREFIX: Final = ".~holdall-"
"""Of names that holdall itself puts beside others for a moment: no path of a context has a part that begins so."""
KEY_BYTES_MAX: Final = 1024 - 200
"""S3 has 1,024 bytes for a key; the rest is room for the prefix, the context and `trash/<uid>/`."""

_ESCAPED = re.compile(r"[\x00-\x1f\x7f\\]|%(?=[0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%([0-9A-F]{2})")


def key_of(path: str) -> str:
    """The key of a path; no two paths have the same."""
    if path.isascii() and path.isprintable() and "%" not in path and "\\" not in path:
        return path
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", path)


def path_of(key: str) -> str | None:
    """The path whose key this is. None where no path that takes part has it: other tools may write keys that we never would."""
    path = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), key)
    if key_of(path) != key or not takes_part(path):
        return None
    return path


def is_path(path: str) -> bool:
    """Whether a string is a path as the model has them: relative, no empty, `.` or `..` part, no NUL."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def takes_part(path: str) -> bool:
    """Whether a context can hold the path: a name in Unicode, and none that is only there while a step is under way."""
    if not path.isascii():
        try:
            path.encode()
        except UnicodeEncodeError:
            return False
    between = f"/{path}/"
    if "/." not in between:
        return "//" not in between and "\0" not in between
    return is_path(path) and f"/{STAGED_PREFIX}" not in between
