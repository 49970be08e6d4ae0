"""A file of a context by a URL that carries its own permission: GET reads it, PUT writes it whole."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from typing import IO, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from holdall.api.loopback import LINKS
from holdall.api.patience import patiently
from holdall.api.stock import Stocked
from holdall.api.supervised import Supervised
from holdall.daemon.files import Download
from holdall.daemon.links import Link
from holdall.errors import ConfigError, DiskFull, Forbidden, HoldallError

_FILE_BYTES_MAX: Final = 5 * 1024**3
"""As S3 takes in one PUT."""

router = APIRouter(prefix=LINKS.rstrip("/"))


@router.get("/{token}")
async def read(token: str, stock: Stocked, request: Request) -> StreamingResponse:
    link = _permitted(stock.links.read(token, time.time()), "GET")
    found = await patiently(request, lambda _: stock.files.read(link.context, link.path))
    headers = {"content-length": str(found.size), "cache-control": "no-store"}
    return StreamingResponse(_sent(found), media_type="application/octet-stream", headers=headers)


@router.put("/{token}")
async def write(token: str, stock: Stocked, supervisor: Supervised, request: Request) -> dict[str, Any]:
    """Answered when it is committed."""
    link = _permitted(stock.links.read(token, time.time()), "PUT")
    with tempfile.TemporaryFile(dir=supervisor.shop.state) as file:
        size = await _received(request, file)
        return await patiently(request, lambda _: stock.files.write(link.context, link.path, file, size))


def _permitted(link: Link, method: str) -> Link:
    if link.method != method:
        raise Forbidden(f"this address was given out for {link.method}", hint="ask for another one")
    return link


async def _received(request: Request, file: IO[bytes]) -> int:
    """Its size. A body that breaks off raises: it is no file."""
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > _FILE_BYTES_MAX:
                raise ConfigError(
                    "a file of more than 5 GiB does not go up by a URL", hint="mount the context"
                )
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(file.flush)
    except OSError as exc:
        raise DiskFull(
            f"there is no room for it: {exc.strerror}", hint="free space where the daemon runs"
        ) from exc
    return size


async def _sent(found: Download) -> AsyncIterator[bytes]:
    while True:
        try:
            piece = await asyncio.to_thread(next, found.pieces, None)
        except HoldallError as exc:
            # The head is out: a body that is shorter than it says is all that can still tell.
            raise ConnectionAbortedError(exc.message) from exc
        if piece is None:
            return
        yield piece
