"""Object metadata as headers: any text goes in, only printable ASCII travels.

S3 keeps 2 KB of names and values with an object. A value in other scripts is percent-escaped, or base64 where that is shorter
(a path of 1,024 bytes takes 1,368 then). A foreign tool's value comes back as it is, unless it holds `%XX`.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

_PREFIX: Final = "x-amz-meta-"
_SAFE: Final = "!#$&'()*+,-./:;=@_~"
_BASE64: Final = "%%"  # escaped text never holds it
_HEX: Final = re.compile("[0-9a-f]*")


def to_headers(meta: Mapping[str, str]) -> dict[str, str]:
    """Names are lower-case ASCII words."""
    return {f"{_PREFIX}{name}": _encode(value) for name, value in meta.items()}


def to_attributes(meta: Mapping[str, str]) -> dict[str, str]:
    """The same for a library that puts the prefix before the names itself."""
    return {name: _encode(value) for name, value in meta.items()}


def from_headers(headers: Mapping[str, str]) -> dict[str, str]:
    start = len(_PREFIX)
    return {name[start:]: _decode(value) for name, value in headers.items() if name.startswith(_PREFIX)}


def _encode(value: str) -> str:
    if _HEX.fullmatch(value):  # most of ours
        return value
    escaped = quote(value, safe=_SAFE)
    shorter = len(value) * 4 // 3 < len(escaped)
    packed = _BASE64 + urlsafe_b64encode(value.encode()).decode() if shorter else escaped
    return min(escaped, packed, key=len)


def _decode(value: str) -> str:
    if not value.startswith(_BASE64):
        return unquote(value)
    try:
        return urlsafe_b64decode(value[len(_BASE64) :]).decode()
    except ValueError:  # not ours
        return value
