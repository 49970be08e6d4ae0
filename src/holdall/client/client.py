"""The way in: a daemon, by its socket or by its URL."""

from collections.abc import Iterable
from pathlib import Path

from holdall.api.client import Client as Wire
from holdall.client.contexts import ContextService
from holdall.client.results import DeleteResult, SessionResult
from holdall.client.session import TIMEOUT_S, Session, Sync


class Client:
    """Asks nothing yet: where no daemon answers, each call says so.

    url     of a daemon that listens on TCP, `http://HOST:PORT`, with its `token`
    socket  of one on this machine; where neither is said, it is looked for where the commands look
    """

    def __init__(
        self, url: str | None = None, socket: str | Path | None = None, token: str | None = None
    ) -> None:
        self._wire = Wire(None if socket is None else Path(socket), url=url, token=token)
        self.context = ContextService(self._wire)

    def create(
        self,
        context_syncs: Iterable[Sync] = (),
        *,
        wait_for_completion: bool = True,
        timeout_s: float | None = TIMEOUT_S,
    ) -> SessionResult:
        """A session with these contexts at their directories, once what the store has of them is there.

        A context that cannot be mounted is an error, and the others are released again. One that is mounted and not whole in time
        is an error too, and the session is there: it goes on, or is deleted.
        """
        session = Session(self._wire)
        syncs = list(context_syncs)
        if not syncs:
            return SessionResult(success=True, session=session)
        bound = session.context.bind(*syncs, wait_for_completion=wait_for_completion, timeout_s=timeout_s)
        there = session if bound.success or session.context.is_bound else None
        return SessionResult(bound.request_id, bound.success, bound.error_message, there)

    def delete(
        self, session: Session, sync_context: bool = False, *, timeout_s: float | None = TIMEOUT_S
    ) -> DeleteResult:
        """As the session's own."""
        return session.delete(sync_context, timeout_s=timeout_s)
