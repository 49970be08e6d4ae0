"""A world that a test drives by hand: nothing happens by chance, and each machine goes on only when it is told to."""

from tests.simulation.chronicle import contents
from tests.simulation.world import World

from holdall.engine.events import Lost
from holdall.engine.words import Outcome, Until
from holdall.rules.conflict import is_copy, original_of
from holdall.rules.packing import Packing


class ByHand(World):
    """Machines that have `first` (path -> bytes) already, and agree on it."""

    def __init__(self, machines, first=None, **how):
        super().__init__("by hand", machines=machines, **how)
        self.pick = lambda choices: choices[0]
        self.boots_by_itself = False
        for path, content in (first or {}).items():
            self.chronicle.write(self.machines[0], path, content)
        self.sync(*self.machines)

    def sync(self, *machines):
        """Each in turn looks everywhere, in the store as well, until all is in order; the last one's receipt."""
        receipt = None
        for machine in machines:
            for _ in range(4):
                machine.inbox.append(Lost(""))
                promise = machine.ask(Until.SYNCED, timeout_s=120, thorough=True)
                self.run(until=lambda promise=promise: promise.receipt is not None, only=[machine])
                receipt = promise.receipt
                if receipt.outcome is Outcome.COMPLETE:
                    break
            else:
                self.fail(f"{machine.name} does not get through", receipt)
        return receipt

    def hears(self, machine):
        """It takes what the log says, and does not look into the store."""
        promise = machine.ask(Until.SYNCED, timeout_s=120)
        self.run(until=lambda: promise.receipt is not None, only=[machine])
        assert promise.receipt.outcome is Outcome.COMPLETE

    def goes_on(self, machine, trap):
        """The machine works on what there is until it steps into the trap, and not a step further."""
        machine.inbox.append(Lost(""))
        machine.ask(Until.SYNCED, thorough=True)
        self.run(until=lambda: trap.sprung, only=[machine])
        assert trap.sprung

    def dies(self, machine):
        machine.crash(boot_in_s=0)

    def restarts(self, machine):
        if machine.up:
            self.dies(machine)
        machine.boot()

    def newcomer(self):
        machine = self.add_machine()
        self.sync(machine)
        return machine

    def settled(self):
        """What everyone holds in the end; the oracle's laws hold as well."""
        for machine in self.machines:
            if not machine.up:
                machine.boot()
        self.settle()
        self.check()
        return contents(self.machines[0].disk)


def packs(machine, *, for_good):
    """From its next start on, what goes up from it travels in packs: `for_good` by its policy, else until it is laid out."""
    machine.packing = Packing(archive=for_good)
    machine.burst_files = 1


def copies_of(path, tree):
    return sorted(content for one, content in tree.items() if is_copy(one) and original_of(one) == path)
