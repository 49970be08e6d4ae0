"""What a URL of this daemon's own lets anybody do, for a while: one method on one file.

Signed with a key that ends with the process.
"""

import base64
import binascii
import hmac
import json
import secrets
from typing import Final, NamedTuple

from holdall.errors import Forbidden

_SIGNATURE_BYTES: Final = 16


class Link(NamedTuple):
    """`until`: unix seconds."""

    method: str
    context: str
    path: str
    until: int


class Links:
    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def token(self, link: Link) -> str:
        body = json.dumps(link, ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_text(body)}.{_text(self._signature(body))}"

    def read(self, token: str, now: float) -> Link:
        """Forbidden for one that nobody was given, and for one that is over."""
        first, _, last = token.partition(".")
        try:
            body, signature = _bytes(first), _bytes(last)
        except (ValueError, binascii.Error):
            body = signature = b""
        if not hmac.compare_digest(signature, self._signature(body)):
            raise Forbidden("this address was not given out by this daemon", hint="ask for another one")
        found = Link(*json.loads(body))
        if now >= found.until:
            raise Forbidden("this address may not be used any more", hint="ask for another one")
        return found

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
