"""The digest of an open file."""

import os

from blake3 import blake3

_CHUNK_BYTES = 8 * 1024 * 1024
_THREADS_PAY_BYTES = 1024 * 1024


def digest_of(fd: int) -> str:
    """Of its bytes from the start to where they end, 64 hex digits.

    Reads, not a mapping: a user's file that shrinks under a mapping ends the process with SIGBUS.
    """
    chunk = os.pread(fd, _CHUNK_BYTES, 0)
    hasher = blake3(max_threads=blake3.AUTO if len(chunk) >= _THREADS_PAY_BYTES else 1)
    offset = 0
    while chunk:
        hasher.update(chunk)
        offset += len(chunk)
        chunk = os.pread(fd, _CHUNK_BYTES, offset)
    return hasher.hexdigest()
