"""A process that prunes, beside the machines and as unlucky as they are."""

from greenlet import greenlet
from tests.simulation.faults import Gate, Killed, Wire

from holdall.errors import NotThere, Unavailable
from holdall.log.commits import CommitLog


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
            self.world.trace(f"janitor: {self.world.prune_with(log, self.world.now, keep_s)}")
        except (Unavailable, NotThere, Killed):  # NotThere: a machine prunes at the same time
            self.world.trace("janitor: gives up")
