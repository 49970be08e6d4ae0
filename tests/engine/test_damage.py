"""Objects that are lost, or hold other bytes than the log says."""

import pytest
from blake3 import blake3

from holdall.engine import reads
from holdall.engine.effects import Mend
from holdall.engine.events import Ask
from holdall.engine.words import Outcome, Until


@pytest.fixture(params=[reads.BLOCK_BYTES, 8], ids=["sent whole", "sent in parts"])
def machine(world, monkeypatch, request):
    """It has `a` in commit 1, and the store has lost the object since."""
    monkeypatch.setattr(reads, "BLOCK_BYTES", request.param)
    found = world.machine("one")
    found.disk.write("a", b"all of these bytes")
    found.flush()
    world.store.delete("files/a")
    return found


def look_everywhere(machine):
    machine.inbox.append(Ask(1000, Until.SYNCED, machine.world.now + 30, thorough=True))
    machine.world.pass_time(31)
    return machine.receipts[1000]


class TestALostObject:
    def test_is_put_back_by_whoever_has_its_bytes(self, machine):
        assert look_everywhere(machine).outcome is Outcome.COMPLETE
        assert machine.world.store.get("files/a") == b"all of these bytes"
        assert not machine.mount.damaged

    def test_is_there_for_others_again(self, machine):
        look_everywhere(machine)
        two = machine.world.machine("two")
        two.flush(Until.RESTORED)
        assert two.disk.files() == {"a": b"all of these bytes"}

    def test_leaves_no_file_open(self, machine, monkeypatch):
        still_open = set()
        real = machine.disk.open

        def opened(path):
            reader = real(path)
            still_open.add(reader)
            reader.close = lambda: still_open.discard(reader)
            return reader

        monkeypatch.setattr(machine.disk, "open", opened)
        look_everywhere(machine)
        assert not still_open

    @pytest.mark.parametrize("data", [b"other bytes, as it", b"shorter"], ids=["as long", "shorter"])
    def test_is_not_put_back_with_other_bytes(self, machine, data):
        machine.disk.on_event = None
        machine.disk.write("a", data)
        outcome = machine.hands.upkeep.mend(Mend(("a",)))
        assert [path for path, _ in outcome.damaged] == ["a"]
        assert machine.world.keys() == set()

    def test_nor_with_bytes_that_are_written_while_they_are_sent(self, machine, monkeypatch):
        store = machine.world.store
        real = {"put": store.put, "upload": store.upload}

        def after_a_save(name):
            def request(key, body, **how):
                if key == "files/a":
                    machine.disk.write("a", b"saved meanwhile, so")
                return real[name](key, body, **how)

            return request

        for name in real:
            monkeypatch.setattr(store, name, after_a_save(name))
        machine.hands.upkeep.mend(Mend(("a",)))
        labels = {one.key: store.head(one.key).meta["holdall-digest"] for one in store.list("files/")}
        assert labels == {key: blake3(store.get(key)).hexdigest() for key in labels}


def test_other_bytes_under_the_right_etag_are_never_published(world):
    one = world.machine("one")
    one.disk.write("a", b"1111")
    one.flush()
    objects = world.store._objects
    objects["files/a"] = objects["files/a"]._replace(data=b"2222")
    two = world.machine("two")
    receipt = two.flush(Until.RESTORED)
    assert {one.path: one.reason for one in receipt.left} == {
        "a": "the store holds other bytes than the log says"
    }
    assert two.disk.files() == {}
    assert not [path for path in two.disk.tree.nodes if path.startswith(".~holdall-")]
