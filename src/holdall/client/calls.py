"""One call of a program: all that it asks of the daemon goes under one id, and what goes wrong becomes part of its answer."""

import secrets
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from holdall.api.client import Client as Wire
from holdall.client.results import ApiResponse
from holdall.errors import HoldallError

R = TypeVar("R", bound=ApiResponse)

CONTEXTS: Final = "/api/v1/contexts"
MOUNTS: Final = "/api/v1/mounts"
TRANSFERS: Final = "/api/v1/transfers"


class Call:
    def __init__(self, wire: Wire) -> None:
        self.id = secrets.token_hex(16)
        self._wire = wire

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What is None is not asked."""
        said = urlencode({name: one for name, one in query.items() if one is not None})
        return self._ask("GET", f"{path}?{said}" if said else path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._ask("POST", path, body or {})

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("PATCH", path, body)

    def delete(self, path: str) -> dict[str, Any]:
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._wire.call(method, path, body, request_id=self.id)


def answered(wire: Wire, kind: type[R], ask: Callable[[Call], R]) -> R:
    """What `ask` answers; where it could not be done, an answer of that kind that says why."""
    call = Call(wire)
    try:
        found = ask(call)
    except HoldallError as exc:
        return kind(request_id=call.id, success=False, error_message=said(exc))
    found.request_id = call.id
    return found


def failed(kind: type[R], message: str) -> R:
    """Nobody was asked."""
    return kind(success=False, error_message=message)


def said(error: HoldallError) -> str:
    """What happened, and what to do."""
    return f"{error}; {error.hint}" if error.hint else str(error)


def of_context(context: str, verb: str = "") -> str:
    """The address of a context, or of something that is asked of it."""
    return f"{CONTEXTS}/{quote(context, safe='')}{f'/{verb}' if verb else ''}"
