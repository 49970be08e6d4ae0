"""The TCP address beside the socket: where it is, who may be meant by its name, and what has to be shown there."""

import os
import socket
import stat
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from holdall.errors import ConfigError

_TOKEN_CHARACTERS_MIN: Final = 16
_TOKEN_BYTES_MAX: Final = 4096


class Listening(NamedTuple):
    """hosts  names that the address is asked for by, beside the one it listens at"""

    host: str
    port: int
    token_file: Path
    hosts: tuple[str, ...] = ()


class Tcp(NamedTuple):
    """An open address. `hosts`: all names that it answers to, in lower case."""

    listener: socket.socket
    hosts: frozenset[str]
    token: str


def listen_fault(address: str) -> str | None:
    """What is wrong with `HOST:PORT`; None when nothing is."""
    try:
        found = urlsplit(f"//{address}")
        fine = found.hostname and found.port is not None and found.netloc == address and "@" not in address
    except ValueError:
        fine = False
    return None if fine else f"is {address!r}, which is not HOST:PORT"


def parsed(address: str) -> tuple[str, int]:
    """Of an address without a fault."""
    found = urlsplit(f"//{address}")
    return found.hostname or "", found.port or 0


def opened(wanted: Listening) -> Tcp:
    """ConfigError where there is no token to be had, or the address is not to be had."""
    token = _token(wanted.token_file)
    try:
        family = socket.getaddrinfo(wanted.host, wanted.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((wanted.host, wanted.port), family=family, backlog=128)
    except OSError as exc:
        raise ConfigError(
            f"{wanted.host}:{wanted.port} cannot be listened at: {exc.strerror or exc}",
            hint="api.listen names another address",
        ) from exc
    local = {"localhost"} if wanted.host in {"127.0.0.1", "::1", "localhost"} else set()
    hosts = {wanted.host, *local, *wanted.hosts}
    return Tcp(listener, frozenset(one.lower() for one in hosts), token)


def _token(file: Path) -> str:
    try:
        with file.open("rb") as found:
            if os.fstat(found.fileno()).st_mode & stat.S_IRWXO:
                raise ConfigError(f"everybody may read the token in {file}", hint=f"`chmod 600 {file}`")
            token = found.read(_TOKEN_BYTES_MAX).decode().strip()
    except OSError as exc:
        raise ConfigError(
            f"the token in {file} cannot be read: {(exc.strerror or str(exc)).lower()}"
        ) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"the token in {file} is no text") from exc
    if len(token) < _TOKEN_CHARACTERS_MIN:
        raise ConfigError(
            f"the token in {file} has fewer than {_TOKEN_CHARACTERS_MIN} characters",
            hint=f"`openssl rand -hex 32 >{file}` makes one",
        )
    return token
