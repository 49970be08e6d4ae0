"""History and pruning on what whole engines wrote, under faults: they read the log as the ledger does, and harm nothing.

Runs in which pruning happens beside the engines are the simulator's (`tests/simulation`).
"""

import itertools

import pytest
from blake3 import blake3
from tests.simulation.schedules import Schedule

from holdall.engine.ledger import Ledger
from holdall.log.codec import Checkpoint, Commit
from holdall.log.commits import CommitLog
from holdall.log.history import History
from holdall.log.objects import Objects
from holdall.log.pruning import KEEP_S, prune
from holdall.log.verify import verify
from holdall.model import Kind
from holdall.rules.directions import SyncType


def mirrors_only(seed):
    """An archive keeps what others deleted, so its files outlive the retention."""
    return all(machine.sync is SyncType.AUTO for machine in Schedule(seed).world.machines)


@pytest.fixture(params=itertools.islice(filter(mirrors_only, itertools.count()), 16))
def world(request):
    schedule = Schedule(request.param)
    schedule.foreign = schedule.ages = schedule.roots = False
    schedule.run(12)
    return schedule.world


def test_history_reads_the_log_as_the_ledger_does(world):
    log = CommitLog(world.store)
    history = History(log)
    oldest = history.oldest(history.head())
    ledger = Ledger(":memory:")
    if oldest > 1:
        ledger.replace(log.checkpoint(oldest))
    for seq in range(oldest if oldest == 1 else oldest + 1, history.head() + 1):
        ledger.apply(log.read(seq))
        assert dict(history.rows(seq)) == dict(ledger.tree())
        if seq % 5 == 0:
            log.write_checkpoint(Checkpoint(seq, ledger.tree()))


def test_what_engines_left_is_intact_before_and_after_pruning(world):
    log = CommitLog(world.store)
    history = History(log)
    assert verify(log, data=True).intact
    middle = (history.oldest(history.head()) + history.head()) // 2
    log.write_checkpoint(Checkpoint(middle, history.rows(middle)))
    now_s = world.now + 2 * KEEP_S
    report = prune(log, now_s)
    head = history.head()
    commits = [one for seq in range(1, head + 1) if isinstance(one := log.read(seq), Commit)]
    begin = max(one.seq for one in commits if one.at_ms <= (now_s - KEEP_S) * 1000)
    assert report.oldest >= middle
    for seq in range(begin, head + 1):
        for path, entry in history.tree(seq):
            if entry.kind is Kind.FILE:
                assert len(Objects(world.store).fetch(path, entry)) == entry.size
    assert verify(log, data=True).intact
    newcomer = world.add_machine()
    world.settle()
    now = {path: entry.digest for path, entry in history.tree(history.head()) if entry.kind is Kind.FILE}
    assert {path: blake3(data).hexdigest() for path, data in newcomer.disk.files().items()} == now
