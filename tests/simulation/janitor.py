"""A process that prunes, beside the machines and as unlucky as they are."""

from unittest.mock import patch

from greenlet import greenlet
from tests.simulation.faults import Gate, Killed, Wire

from holdall.errors import Unavailable
from holdall.log import history
from holdall.log.commits import CommitLog
from holdall.log.pruning import prune


def in_turn(act, items, *, at_once):
    """For `ahead`: greenlets know nothing of its threads."""
    return map(act, items)


class Janitor:
    awake = True

    def __init__(self, world, keep_s):
        self.world = world
        self.name = "janitor"
        self.traps = []
        self.tasks = [greenlet(lambda: self._prune(keep_s), world.scheduler)]

    def runnable(self):
        return self.tasks

    def _prune(self, keep_s):
        log = CommitLog(Wire(self.world.store, Gate(self.world, self), self.world))
        try:
            with patch.object(history, "ahead", in_turn):
                self.world.trace(f"janitor: {prune(log, self.world.now, keep_s)}")
        except (Unavailable, Killed):
            self.world.trace("janitor: gives up")
