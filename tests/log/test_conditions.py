"""A store that ignores conditions: nothing is begun there but under a lease, and a commit looks twice."""

from collections import Counter

import pytest
from tests.store.test_probe import NONE

from holdall.errors import BusyElsewhere, Lapsed, Unconditional
from holdall.log.codec import Commit
from holdall.log.commits import COPY, DELETE, PUT, CommitLog, ContextInfo, NumberTaken
from holdall.log.lease import TERM_S, Lease
from holdall.store.base import Capabilities
from holdall.store.counted import Counted
from holdall.store.looking import Looking
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing

INFO = ContextInfo("id", "name", "/there", "posix")
OTHER = ContextInfo("other", "name", "/elsewhere", "posix")


class Site:
    """Machines over one store, and its clock."""

    def __init__(self, capabilities=NONE):
        self.now = 1_700_000_000.0
        self.store = MemoryStore(clock=lambda: self.now, capabilities=capabilities)

    def sleep(self, seconds):
        self.now += seconds

    def lease(self, host, over=None):
        return Lease(
            over or self.store, "work", host, needed=False, sleep=self.sleep, steady=lambda: self.now
        )

    def log(self, host="one", over=None):
        lease = self.lease(host, over)
        return CommitLog(Looking(over or self.store, lease.permit), lease)


@pytest.fixture
def site():
    return Site()


def commit(seq, name="mine"):
    return Commit(name, seq, 0, "one", ())


def test_without_a_lease_no_context_is_begun_where_conditions_are_ignored(site):
    with pytest.raises(Unconditional, match="ignores conditions"):
        CommitLog(site.store).create(INFO)
    assert CommitLog(site.store).info() is None


def test_where_they_hold_it_is_begun_as_ever():
    site = Site(Capabilities())
    counted = Counted(site.store)
    log = site.log(over=counted)
    assert log.begin(INFO) == INFO
    log.append(commit(1))
    assert CommitLog(site.store).info() == INFO
    tried = {"put": 3, "copy": 4, "delete": 6}  # what happens on DELETE and on a copy
    assert counted.requests - Counter(tried) == {"get": 1, "put": 4}  # two of which are refused
    assert [info.key for info in site.store.list("probe/")] == []


@pytest.mark.parametrize(
    ("lacking", "ignores"), [("delete_when", (DELETE,)), ("copy_when", (COPY,)), ("complete_when", ())]
)
def test_what_it_ignores_beside_that_is_said(lacking, ignores):
    site = Site(Capabilities(**{lacking: False}))
    assert site.log().begin(INFO).ignores == ignores
    assert site.store.head("lease.json") is None


@pytest.mark.parametrize("ignored", [{"put_when": False}, {"put_when": False, "delete_when": False}])
def test_with_one_it_is_and_says_what_is_ignored(ignored):
    site = Site(Capabilities(**ignored))
    assert site.log().begin(INFO).ignores == (PUT, DELETE, COPY)
    assert CommitLog(site.store).info().ignores == (PUT, DELETE, COPY)
    assert site.store.head("lease.json") is not None


@pytest.mark.parametrize("refused", ["", "0" * 32])
def test_of_two_conditions_each_counts(refused):
    """A gateway that knows If-None-Match and not If-Match, or the other way round."""

    class Half(Passing):
        def put(self, key, data, *, meta=None, when=None):
            return self.inner.put(key, data, when=when if when == refused else None)

    site = Site(Capabilities())
    assert site.log(over=Half(site.store)).begin(INFO).ignores == (PUT, DELETE, COPY)
    assert CommitLog(site.store).info().ignores == (PUT, DELETE, COPY)


def test_without_a_lease_nobody_writes_what_another_began_under_one(site):
    site.log().begin(INFO)
    with pytest.raises(Unconditional):
        CommitLog(site.store).begin(OTHER)


def test_a_second_machine_finds_it_taken_before_it_has_read_anything_else(site):
    site.log("one").begin(INFO)
    with pytest.raises(BusyElsewhere, match="one writes work"):
        site.log("two").begin(OTHER)


def test_made_by_two_at_the_same_moment_it_is_the_last_ones(site):
    class Late(Passing):
        """The other's write arrives when this one has written the context, and before it has the lease."""

        def get(self, key, **how):
            if key == "lease.json":
                site.log("two").create(OTHER)
            return self.inner.get(key, **how)

    assert site.log("one", Late(site.store)).begin(INFO).id == "other"


def test_a_number_is_looked_at_before_it_is_taken(site):
    log = site.log()
    log.begin(INFO)
    log.append(commit(1))
    with pytest.raises(NumberTaken):
        log.append(commit(1, "another"))
    assert log.owner(1) == "mine"
    log.append(commit(1))


def test_and_read_back_afterwards(site):
    class Met(Passing):
        """Somebody else's commit arrives right behind ours."""

        def put(self, key, data, **how):
            written = self.inner.put(key, data, **how)
            if key.startswith("log/"):
                CommitLog(self.inner).append(commit(1, "theirs"))
            return written

    log = site.log(over=Met(site.store))
    log.begin(INFO)
    with pytest.raises(NumberTaken):
        log.append(commit(1))


def test_who_slept_commits_nothing(site):
    log = site.log()
    log.begin(INFO)
    site.now += TERM_S
    with pytest.raises(Lapsed):
        log.append(commit(1))
    assert log.read(1) is None


def test_nor_who_lost_it_without_noticing(site):
    log = site.log()
    log.begin(INFO)
    site.store.delete("lease.json")
    with pytest.raises(Lapsed):
        log.append(commit(1))
    assert log.read(1) is None


def test_a_server_without_conditions(rclone):
    from holdall.store.s3 import S3Settings, S3Store

    settings = S3Settings(
        rclone.make_bucket(), "contexts", rclone.url, "us-east-1", None, rclone.access_key, rclone.secret_key
    )
    store = S3Store(settings)
    with pytest.raises(Unconditional):
        CommitLog(store).create(INFO)
    lease = Lease(store, "work", "one", needed=False)
    log = CommitLog(Looking(store, lease.permit), lease)
    assert log.begin(INFO).ignores == (PUT, DELETE, COPY)
    log.append(commit(1))
    with pytest.raises(NumberTaken):
        log.append(commit(1, "another"))
    lease.give_back()
    assert {one.key for one in store.list("")} == {"context.json", "log/0000000000000001"}
    store.close()
