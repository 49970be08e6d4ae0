"""The replicas that a daemon keeps open, and how a mount of the same context hears of what they commit."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final, NamedTuple

from holdall.daemon.context_name import name_fault
from holdall.daemon.replica import Replica
from holdall.daemon.supervisor import Supervisor
from holdall.engine.hands import Hands
from holdall.engine.ledger import Ledger
from holdall.errors import ConfigError

_OPEN_MAX: Final = 16


class Opened(NamedTuple):
    """A replica at the head, and what to work with."""

    replica: Replica
    hands: Hands

    @property
    def ledger(self) -> Ledger:
        return self.hands.bench.ledger


class Shelf:
    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self._lock = Lock()
        self._open: OrderedDict[str, Replica] = OrderedDict()

    @contextmanager
    def opened(self, context: str) -> Iterator[Opened]:
        """At the head, with what others put where something is expected. Whoever has it mounted here looks at once when it moved.

        ConfigError for what is no id; NotThere; BusyElsewhere.
        """
        replica = self._replica(context)
        with replica.at_head() as hands:
            opened = Opened(replica, hands)
            before = opened.ledger.seq
            try:
                replica.adopt(hands)
                yield opened
            finally:
                if opened.ledger.seq != before:
                    self.supervisor.nudge(context)

    def is_open(self, context: str) -> bool:
        with self._lock:
            return context in self._open

    def forget(self, context: str) -> None:
        """It was deleted."""
        self._replica(context).forget()

    def _replica(self, context: str) -> Replica:
        if fault := name_fault(context):
            raise ConfigError(f"the context's id {fault}")
        with self._lock:
            found = self._open.get(context)
            if found is None:
                found = Replica(context, self.supervisor.shop, lambda: self.supervisor.lease(context))
                self._open[context] = found
            self._open.move_to_end(context)
            for other in list(self._open)[:-_OPEN_MAX]:
                if self._open[other].close_idle():
                    del self._open[other]
        return found
