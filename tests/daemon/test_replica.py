"""A context without a directory beside others that commit to it, and on a store that fails."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import pytest

from holdall.daemon.files import _parts
from holdall.daemon.mounted import Workshop
from holdall.daemon.replica import Replica
from holdall.engine.pace import Pace
from holdall.errors import BusyElsewhere, NotThere, Unavailable
from holdall.log import layout
from holdall.log.commits import CommitLog, ContextInfo
from holdall.model import Entry
from holdall.store.base import Capabilities
from holdall.store.limited import Line
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing
from holdall.store.scoped import Scoped
from holdall.store.silence import Silence

INFO = ContextInfo("1", "notes", "", "")


class Hook(Passing):
    """`before`: called once before a request whose name and key it takes."""

    def __init__(self, store):
        super().__init__(store)
        self.before = None

    def put(self, key, data, **options):
        self._ask("put", key)
        return self.inner.put(key, data, **options)

    def delete(self, key, *, when=None):
        self._ask("delete", key)
        self.inner.delete(key, when=when)

    def _ask(self, name, key):
        before = self.before
        if before is not None and key.startswith(f"notes/{before[0]}") and name == before[1]:
            self.before = None
            before[2]()


@pytest.fixture
def whole():
    return MemoryStore()


@pytest.fixture
def site(whole, tmp_path):
    """Makes machines: each a replica with a state of its own, and a store of which requests can be met."""
    with ThreadPoolExecutor(4) as pool:

        def machine(name):
            store = Hook(whole)
            state = tmp_path / name
            state.mkdir()
            shop = Workshop(store, Silence(), "memory://", state, pool, Pace(), Line(), (), None)
            replica = Replica("notes", shop, lambda: None)
            return SimpleNamespace(store=store, replica=replica)

        yield machine


@pytest.fixture
def one(site, whole):
    CommitLog(Scoped(whole, "notes/")).create(INFO)
    return site("one")


def put(machine, whole, path, data=b"1"):
    whole.put(f"notes/files/{path}", data)
    with machine.replica.at_head() as hands:
        return machine.replica.adopt(hands, [path])


def delete(machine, *paths):
    with machine.replica.at_head() as hands:
        return machine.replica.delete(hands, paths)


def held(machine):
    with machine.replica.at_head() as hands:
        return [path for path, now in hands.bench.ledger.tree() if isinstance(now, Entry)]


def test_who_lost_the_number_plans_anew(site, one, whole):
    two = site("two")
    for path in "abc":
        put(one, whole, path)
    one.store.before = ("log/", "put", lambda: delete(two, "a", "b"))
    delete(one, "b", "c")
    assert held(one) == held(two) == []
    assert [info.key for info in whole.list("notes/files/")] == []


def test_who_comes_too_late_deletes_nothing(site, one, whole):
    two = site("two")
    put(one, whole, "a", b"old")

    def replaced():
        delete(two, "a")
        put(two, whole, "a", b"new")

    one.store.before = ("log/", "put", replaced)
    delete(one, "a")
    with one.replica.at_head() as hands:
        now = hands.bench.ledger.remote("a")
    # A person who deletes a path means the path: it goes as it is by then, and every version of it is kept.
    assert not isinstance(now, Entry)
    kept = {whole.get(info.key) for info in whole.list("notes/trash/")}
    assert kept == {b"old", b"new"}


def test_an_object_that_could_not_be_removed_is_no_file_and_is_written_over(one, whole):
    put(one, whole, "a", b"old")

    def refused():
        raise Unavailable("no answer")

    one.store.before = ("files/", "delete", refused)
    delete(one, "a")
    assert held(one) == []
    assert whole.get("notes/files/a") == b"old"
    assert put(one, whole, "a", b"new") is not None
    assert held(one) == ["a"]


def test_a_commit_whose_reply_was_lost_is_made_once(one, whole):
    put(one, whole, "a")

    def lost():
        raise Unavailable("no answer")

    one.store.before = ("log/", "put", lost)
    with pytest.raises(Unavailable):
        delete(one, "a")
    delete(one, "a")
    assert held(one) == []


def test_a_log_that_was_put_back_is_read_anew(one, whole):
    put(one, whole, "a")
    before = {info.key: whole.get(info.key) for info in whole.list("notes/")}
    put(one, whole, "b")
    for info in list(whole.list("notes/")):
        whole.delete(info.key)
    for key, data in before.items():
        whole.put(key, data)
    assert held(one) == ["a"]


def test_a_context_made_anew_is_another_one(one, whole):
    put(one, whole, "a")
    for info in list(whole.list("notes/")):
        whole.delete(info.key)
    with pytest.raises(NotThere, match="there is no context notes"):
        held(one)
    CommitLog(Scoped(whole, "notes/")).create(ContextInfo("2", "notes", "", ""))
    assert held(one) == []


def test_what_is_expected_outlives_the_process(site, one, whole):
    with one.replica.at_head():
        one.replica.expect("a", whole.now() + 100)
    one.replica.close()
    whole.put("notes/files/a", b"1")
    with one.replica.at_head() as hands:
        assert one.replica.adopt(hands) == 1
        assert one.replica.adopt(hands) is None
    assert held(one) == ["a"]


def test_parts_of_a_file(tmp_path):
    (tmp_path / "f").write_bytes(b"x" * 20_000_000)
    with (tmp_path / "f").open("rb") as file:
        assert [len(part()) for part in _parts(file, 20_000_000)] == [
            8 << 20,
            8 << 20,
            20_000_000 - (16 << 20),
        ]
    assert _parts(io.BytesIO(), 0) == []


def test_one_writer_at_a_time_where_the_store_takes_no_conditions(tmp_path):
    whole = MemoryStore(capabilities=Capabilities(put_when=False))
    with ThreadPoolExecutor(2) as pool:
        shops = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            shops.append(
                Workshop(whole, Silence(), "memory://", tmp_path / name, pool, Pace(), Line(), (), None)
            )
        part = Scoped(whole, "notes/")
        part.put(
            layout.CONTEXT, b'{"format":1,"id":"1","name":"n","origin":{"path":"","os":""},"ignores":["put"]}'
        )
        first, second = (Replica("notes", shop, lambda: None) for shop in shops)
        with closing(first), closing(second):
            with first.at_head(), pytest.raises(BusyElsewhere), second.at_head():
                pytest.fail("two write at once")
            with second.at_head():  # given back as soon as the first was through
                pass
