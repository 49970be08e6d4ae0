"""What a URL of this daemon's own lets anybody do, for a while: one method on one file.

Signed with a key that ends with the process.
"""

import base64
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
        text = _text(json.dumps(link, ensure_ascii=False, separators=(",", ":")).encode())
        return (text + b"." + self._signature(text)).decode()

    def read(self, token: str, now: float) -> Link:
        """Forbidden for one that nobody was given, and for one that is over."""
        text, _, signature = token.encode(errors="replace").partition(b".")
        # Compared as text: one signature has one.
        if not hmac.compare_digest(signature, self._signature(text)):
            raise Forbidden("this address was not given out by this daemon", hint="ask for another one")
        body = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
        found = Link(*json.loads(body))
        if now >= found.until:
            raise Forbidden("this address may not be used any more", hint="ask for another one")
        return found

    def _signature(self, text: bytes) -> bytes:
        return _text(hmac.digest(self._key, text, "sha256")[:_SIGNATURE_BYTES])


def _text(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
