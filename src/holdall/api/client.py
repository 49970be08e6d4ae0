"""Calls to a daemon over its socket, for the commands. Errors come back as what the daemon raised, hints included."""

import http.client
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from holdall import errors
from holdall.daemon import places

_SHORT_S: Final = 30.0
_CONNECT_S: Final = 5.0


class Client:
    """Raises NoDaemon where none answers. A connection a call; safe from several threads.

    path   of its socket; None: looked for at each call, unless there is a URL
    url    of one that listens on TCP, with its token
    """

    def __init__(self, path: Path | None = None, *, url: str | None = None, token: str | None = None) -> None:
        self._path = path
        self._url = url
        self._token = token

    @property
    def path(self) -> Path:
        """Of its socket. NoDaemon where none is to be found."""
        return self._path or _found(os.environ)

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> "Client":
        """Of the daemon that answers at one of the known places."""
        return cls(_found(environ))

    def get(self, path: str) -> dict[str, Any]:
        return self._call("GET", path, None, _SHORT_S)

    def post(self, path: str, body: dict[str, Any] | None = None, *, waits: bool = False) -> dict[str, Any]:
        """`waits`: the answer comes when a barrier is through, however long that takes."""
        return self._call("POST", path, body or {}, None if waits else _SHORT_S)

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, request_id: str = ""
    ) -> dict[str, Any]:
        """Whatever is asked, for as long as it takes. `request_id`: by which the daemon's log speaks of it."""
        return self._call(method, path, body, None, request_id)

    def mounts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/v1/mounts")["mounts"]
        return found

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        timeout_s: float | None,
        request_id: str = "",
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body)
        connection, name = self._connection(timeout_s)
        headers = {"content-type": "application/json"} if data else {}
        if request_id:
            headers["x-request-id"] = request_id
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, path, data, headers)
            reply = connection.getresponse()
            raw = reply.read()
        except (OSError, http.client.HTTPException) as exc:
            raise errors.NoDaemon(
                f"the daemon at {name} went away before it answered: {exc or type(exc).__name__}",
                hint=_last_words(),
            ) from exc
        finally:
            connection.close()
        try:
            found: dict[str, Any] = json.loads(raw)
        except ValueError as exc:
            raise errors.HoldallError(f"{name} answered with something that is no JSON") from exc
        if reply.status >= 400:
            raise _raised(found)
        return found

    def _connection(self, timeout_s: float | None) -> tuple[http.client.HTTPConnection, str]:
        """And what it leads to, for people."""
        if self._url is None:
            path = self.path
            return _Connection(path, timeout_s), str(path)
        found = urlsplit(self._url)
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}.get(found.scheme)
        if kind is None or not found.hostname:
            raise errors.ConfigError(f"{self._url!r} is no address of a daemon", hint="http://HOST:PORT")
        return kind(found.netloc, timeout=timeout_s), self._url


def _found(environ: Mapping[str, str]) -> Path:
    tried = places.known_sockets(environ)
    denied: Path | None = None
    for path in tried:
        try:
            _connected(path, _CONNECT_S).close()
        except PermissionError:
            denied = path
        except OSError:
            continue
        else:
            return path
    if denied is not None:
        raise errors.NoDaemon(f"the daemon at {denied} is another user's", hint="ask as that user")
    raise errors.NoDaemon(
        "no daemon is running", hint="`holdall up PATH` starts one for you, `holdall run` here"
    )


def _last_words() -> str:
    log = f", or in {places.log_file()}" if places.known_state_dir() else ""
    return f"its last words are in the journal{log}"


def of_mount(context: str, verb: str = "") -> str:
    """The address of a mount, or of something that is asked of it."""
    return f"/api/v1/mounts/{quote(context, safe='')}{f'/{verb}' if verb else ''}"


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float | None) -> None:
        super().__init__("localhost")
        self._path = path
        self._timeout_s = timeout_s

    def connect(self) -> None:
        self.sock = _connected(self._path, _CONNECT_S)
        self.sock.settimeout(self._timeout_s)


def _connected(path: Path, timeout_s: float) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    found.settimeout(timeout_s)
    try:
        found.connect(str(path))
    except BaseException:
        found.close()
        raise
    return found


def _raised(body: dict[str, Any]) -> errors.HoldallError:
    """The error that the daemon raised, by its code."""
    said = body.get("error", {})
    kind = _kinds().get(said.get("code", ""), errors.HoldallError)
    return kind(said.get("message", "the daemon refused"), path=said.get("path"), hint=said.get("hint"))


def _kinds() -> dict[str, type[errors.HoldallError]]:
    found: dict[str, type[errors.HoldallError]] = {}
    pending: list[type[errors.HoldallError]] = [errors.HoldallError]
    while pending:
        kind = pending.pop()
        found.setdefault(kind.code, kind)  # a subclass with the same code says no more across a process
        pending += kind.__subclasses__()
    return found
