"""Machines go on with a copy of their store: what is in it is theirs, under other ETags and perhaps without labels."""

import pytest

from holdall.engine import audit
from holdall.engine.events import Ask
from holdall.engine.words import Outcome, Until
from holdall.store.passing import Passing

FILES = {f"f{number}": b"bytes %d" % number for number in range(20)}


class Heads(Passing):
    """Counts what is looked at under `files/`."""

    def __init__(self, store):
        super().__init__(store)
        self.seen = 0

    def head(self, key):
        self.seen += key.startswith("files/")
        return super().head(key)


@pytest.fixture
def one(world):
    found = world.machine("one", Heads)
    for path, data in FILES.items():
        found.disk.write(path, data)
    found.flush()
    return found


@pytest.fixture(params=[True, False], ids=["with labels", "without labels"])
def labels(request):
    return request.param


def copy_all(world, *, labels):
    for info in list(world.store.list("files/")):
        copy(world, info.key, labels=labels)


def copy(world, key, data=None, *, labels):
    meta = world.store.head(key).meta if labels else None
    data = world.store.get(key) if data is None else data
    world.store.upload(key, [lambda: data[:1], lambda: data[1:]], meta=meta)


def look_everywhere(machine):
    return machine.flush(Until.SYNCED, thorough=True)


def is_as_listed(machine, path):
    return machine.ledger.remote(path).where.etag == machine.world.store.head(f"files/{path}").etag


def changed():
    return {path: data for path, data in {**FILES, "f0": b"edited"}.items() if path != "f1"}


class TestACopiedStore:
    def test_restores_everything(self, world, one, labels):
        copy_all(world, labels=labels)
        two = world.machine("two")
        assert two.flush(Until.RESTORED).outcome is Outcome.COMPLETE
        assert two.disk.files() == FILES

    def test_is_written_down_once(self, world, one, labels):
        copy_all(world, labels=labels)
        before = one.mount.commit
        versions = {path: one.ledger.remote(path).vid for path in FILES}
        assert look_everywhere(one).outcome is Outcome.COMPLETE
        assert one.mount.commit == before + 1
        assert all(is_as_listed(one, path) for path in FILES)
        assert {path: one.ledger.remote(path).vid for path in FILES} == versions
        assert not world.keys("trash/")
        one.store.seen = 0
        look_everywhere(one)
        assert (one.mount.commit, one.store.seen) == (before + 1, 0)

    def test_by_two_machines_at_once_too(self, world, one, labels):
        two = world.machine("two")
        two.flush(Until.SYNCED)
        copy_all(world, labels=labels)
        before = one.mount.commit
        for machine in (one, two):
            machine.inbox.append(Ask(1000, Until.SYNCED, world.now + 30, thorough=True))
        world.pass_time(120)
        assert all(machine.receipts[1000].outcome is Outcome.COMPLETE for machine in (one, two))
        assert one.mount.commit == two.mount.commit == before + 1
        assert one.disk.files() == two.disk.files() == FILES

    def test_takes_edits_and_deletions_before_it_is_listed(self, world, one, labels):
        copy_all(world, labels=labels)
        world.pass_time(60)
        one.disk.write("f0", b"edited")
        one.disk.delete("f1")
        one.flush()
        look_everywhere(one)
        two = world.machine("two")
        two.flush(Until.RESTORED)
        assert two.disk.files() == one.disk.files() == changed()

    def test_takes_edits_and_deletions_after_it_was(self, world, one, labels):
        copy_all(world, labels=labels)
        look_everywhere(one)
        one.disk.write("f0", b"edited")
        one.disk.delete("f1")
        one.flush()
        look_everywhere(one)
        assert one.disk.files() == changed()
        assert world.keys() == set(changed())


def test_only_a_few_are_looked_at_at_a_time(one, world, monkeypatch):
    monkeypatch.setattr(audit, "_BUNCH", 7)
    copy_all(world, labels=True)
    assert len(one.hands.auditor.audit().adopted) == len(FILES)


def test_the_same_bytes_put_there_after_a_deletion_are_a_file_again(world, one):
    copy_all(world, labels=False)
    one.disk.delete("f1")
    one.flush()
    world.pass_time(60)
    copy(world, "files/f1", labels=False)
    look_everywhere(one)
    assert one.disk.files() == FILES


def test_other_bytes_under_the_versions_own_label_are_another_tools(world, one):
    copy(world, "files/f0", b"edited by hand", labels=True)
    look_everywhere(one)
    assert one.disk.files() == {**FILES, "f0": b"edited by hand"}
