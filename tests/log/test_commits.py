"""The numbered commits: who takes a number, and who knows it."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from holdall.errors import BadFormat, Unavailable
from holdall.log import layout
from holdall.log.codec import FORMAT, Checkpoint, Commit, Pruned, encode_pruned
from holdall.log.commits import CommitLog, ContextInfo, NumberTaken
from holdall.model import Entry, Kind
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing

NO_HINTS = [b"", b"{}", b"[]", b"no JSON", b"\xff", b"[" * 100_000]
NO_NUMBERS = [b"999", b"-1", b'"4"', b"true", b"1e999", b"1" * 300]
MACHINES = 8
NUMBERS = 20


def commit(seq, by="here"):
    return Commit(f"{by}-{seq}", seq, 0, by, ())


class Unanswered(Passing):
    """Each put of something that lasts raises; whether it happened before or not at all is told beforehand."""

    def __init__(self, store, *, happens):
        super().__init__(store)
        self.happens = happens

    def put(self, key, data, *, meta=None, when=None):
        if key.startswith(layout.PROBE):
            return self.inner.put(key, data, meta=meta, when=when)
        if self.happens:
            self.inner.put(key, data, meta=meta, when=when)
        raise Unavailable("no answer")


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def log(store):
    return CommitLog(store)


class TestAppend:
    def test_takes_the_number(self, log):
        log.append(commit(1))
        assert log.read(1) == commit(1)

    def test_a_number_has_one_owner(self, log):
        log.append(commit(1, by="there"))
        with pytest.raises(NumberTaken):
            log.append(commit(1))
        assert log.owner(1) == "there-1"

    def test_a_lost_answer_to_our_own_commit_is_success(self, store):
        CommitLog(Unanswered(store, happens=True)).append(commit(1))
        assert CommitLog(store).read(1) == commit(1)

    def test_sent_again_it_is_success_as_well(self, log):
        log.append(commit(1))
        log.append(commit(1))
        assert (log.read(1), log.read(2)) == (commit(1), None)

    def test_without_an_answer_and_without_a_trace_nothing_is_known(self, store):
        with pytest.raises(Unavailable):
            CommitLog(Unanswered(store, happens=False)).append(commit(1))

    def test_without_an_answer_the_number_may_be_someone_elses(self, store, log):
        log.append(commit(1, by="there"))
        with pytest.raises(NumberTaken):
            CommitLog(Unanswered(store, happens=False)).append(commit(1))

    def test_a_pruned_number_is_taken(self, store, log):
        store.put(layout.log_key(1), encode_pruned(Pruned(1, 5)))
        with pytest.raises(NumberTaken):
            log.append(commit(1))

    def test_of_many_at_once_one_wins_each_number(self, log):
        begin = Barrier(MACHINES)

        def race(machine):
            won = []
            for seq in range(1, NUMBERS + 1):
                begin.wait()
                try:
                    log.append(commit(seq, by=str(machine)))
                except NumberTaken:
                    continue
                won.append(seq)
            return won

        with ThreadPoolExecutor(MACHINES) as pool:
            won = list(pool.map(race, range(MACHINES)))
        assert sorted(seq for one in won for seq in one) == list(range(1, NUMBERS + 1))
        for machine, numbers in enumerate(won):
            assert all(log.owner(seq) == f"{machine}-{seq}" for seq in numbers)


class TestRead:
    def test_a_number_that_is_not_taken(self, log):
        assert log.read(1) is None
        assert log.owner(1) is None

    def test_a_pruned_number_has_no_owner_any_more(self, store, log):
        store.put(layout.log_key(1), encode_pruned(Pruned(1, 5)))
        assert log.read(1) == Pruned(1, 5)
        assert log.owner(1) == ""

    def test_what_came_since_in_order(self, log):
        for seq in (1, 2, 3):
            log.append(commit(seq))
        assert [one.seq for one in log.since(1)] == [2, 3]
        assert list(log.since(3)) == []

    def test_a_damaged_commit_is_not_the_head(self, store, log):
        store.put(layout.log_key(1), b"rubbish")
        with pytest.raises(BadFormat):
            log.read(1)


class TestCheckpoints:
    ROWS = (("a", Entry(Kind.DIR, mode=0o755, vid=1)),)

    def test_comes_back(self, log):
        log.write_checkpoint(Checkpoint(4, self.ROWS))
        assert list(log.checkpoint(4).rows) == list(self.ROWS)
        assert log.newest_checkpoint() == 4

    def test_without_one(self, log):
        assert log.newest_checkpoint() is None
        assert log.listed_checkpoint() is None

    def test_a_lost_hint_is_made_up_for_by_a_listing(self, store, log):
        for seq in (4, 12, 9):
            log.write_checkpoint(Checkpoint(seq, self.ROWS))
        store.delete(layout.HEAD)
        assert log.newest_checkpoint() == 12

    @pytest.mark.parametrize("hint", [*NO_HINTS, *(b'{"checkpoint": %s}' % one for one in NO_NUMBERS)])
    def test_a_hint_that_leads_nowhere_is_none(self, store, log, hint):
        store.put(layout.HEAD, hint)
        assert log.newest_checkpoint() is None
        log.write_checkpoint(Checkpoint(4, self.ROWS))
        store.put(layout.HEAD, hint)
        assert log.newest_checkpoint() == 4

    @pytest.mark.parametrize("name", ["5", "\u00b2", "\u0665" * 16, "0000000000000005.bak"])
    def test_a_name_that_is_no_number_is_no_checkpoint(self, store, log, name):
        log.write_checkpoint(Checkpoint(4, self.ROWS))
        store.put(layout.CHECKPOINTS + name, b"")
        assert log.checkpoints() == [4]

    def test_being_second_is_success(self, log):
        assert log.write_checkpoint(Checkpoint(4, self.ROWS)) == log.write_checkpoint(
            Checkpoint(4, self.ROWS)
        )


class TestContext:
    INFO = ContextInfo("id 1", "work", "/home/me/work", "posix", "pc")

    def test_there_is_none(self, log):
        assert log.info() is None

    def test_made_and_read_again(self, log):
        assert log.create(self.INFO) == self.INFO
        assert log.info() == self.INFO

    def test_whoever_is_second_takes_part_in_the_firsts(self, log):
        log.create(self.INFO)
        other = ContextInfo("id 2", "work", "/srv/work", "posix")
        assert log.create(other) == self.INFO

    def test_a_lost_answer_is_made_up_for_by_a_look(self, store):
        assert CommitLog(Unanswered(store, happens=True)).create(self.INFO) == self.INFO

    def test_without_a_trace_it_is_not_made(self, store):
        with pytest.raises(Unavailable):
            CommitLog(Unanswered(store, happens=False)).create(self.INFO)

    @pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"format": 1}', b"\xff"])
    def test_a_damaged_one(self, store, log, body):
        store.put(layout.CONTEXT, body)
        with pytest.raises(BadFormat):
            log.info()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id": 5},
            {"id": ["x"]},
            {"name": 1},
            {"id": "\ud800"},
            {"origin": []},
            {"origin": {"path": 1, "os": "posix"}},
            {"ignores": "put"},
            {"ignores": [1]},
        ],
    )
    def test_a_field_of_another_kind_is_damage(self, store, log, wrong):
        whole = {"format": 1, "id": "x", "name": "n", "origin": {"path": "", "os": "posix"}}
        store.put(layout.CONTEXT, json.dumps(whole).encode())
        assert log.info().id == "x"
        store.put(layout.CONTEXT, json.dumps(whole | wrong).encode())
        with pytest.raises(BadFormat, match="damaged"):
            log.info()

    def test_a_newer_one_is_refused(self, store, log):
        store.put(layout.CONTEXT, json.dumps({"format": FORMAT + 1, "id": "x"}).encode())
        with pytest.raises(BadFormat, match=f"format {FORMAT + 1}"):
            log.info()
