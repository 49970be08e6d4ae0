"""Whole engines over a store that ignores every condition: one writes at a time, and nothing is lost on the way."""

import pytest
from tests.engine.by_clock import BLIND, World

from holdall.engine.words import Until
from holdall.errors import Unavailable
from holdall.log.commits import DELETE, CommitLog
from holdall.log.lease import TERM_S
from holdall.store.base import Capabilities
from holdall.store.counted import Counted
from holdall.store.passing import Passing

MINUTE = 60.0


@pytest.fixture
def world():
    return World()


def test_the_store_says_what_it_is(world):
    one = world.machine("one")
    one.disk.write("a", b"a")
    assert one.flush().outcome == "complete"
    assert CommitLog(world.store).info().ignores == ("put", "delete", "copy")
    assert world.keys() == {"a"}


def test_a_second_one_waits_and_goes_on_by_itself(world):
    one, two = world.machine("one"), world.machine("two")
    one.disk.write("a", b"a")
    two.disk.write("b", b"b")
    world.pass_time(10 * MINUTE)
    assert (one.problems, two.problems) == (set(), {"busy-elsewhere"})
    assert world.keys() == {"a"}
    one.leave()
    world.pass_time(2 * MINUTE)
    assert two.problems == set()
    assert two.disk.files() == {"a": b"a", "b": b"b"}
    assert world.keys() == {"a", "b"}


def test_of_one_that_was_killed_the_next_has_it_in_two_minutes(world):
    one = world.machine("one")
    one.disk.write("a", b"a")
    one.flush()
    one.kill()
    two = world.machine("two")
    world.pass_time(TERM_S / 2)
    assert two.problems == {"busy-elsewhere"}
    world.pass_time(2 * MINUTE)
    assert two.disk.files() == {"a": b"a"}


def test_a_restart_goes_on_at_once(world):
    one = world.machine("one")
    one.disk.write("a", b"a")
    one.flush()
    one.kill()
    one.disk.write("b", b"b")
    one.boot()
    assert one.flush(within_s=5.0).outcome == "complete"
    assert world.keys() == {"a", "b"}


def test_a_sleeper_reads_the_head_before_it_commits(world):
    """What it had read and uploaded before it slept meets what another has committed meanwhile: both are kept."""
    one = world.machine("one")
    one.disk.write("a", b"a")
    one.flush()
    one.asleep = True
    two = world.machine("two")
    world.pass_time(3 * MINUTE)
    two.disk.write("a", b"of two")
    two.disk.write("b", b"b")
    two.flush()
    commits = two.mount.commit
    two.leave()

    one.disk.write("a", b"of one")
    one.asleep = False
    one.flush(Until.SYNCED, within_s=MINUTE)
    assert one.mount.commit > commits
    files = one.disk.files()
    assert files["a"] == b"of two"
    assert files["b"] == b"b"
    assert b"of one" in files.values()


def test_a_sleeper_finds_it_taken_and_writes_nothing(world):
    one = world.machine("one")
    one.disk.write("a", b"a")
    one.flush()
    one.asleep = True
    two = world.machine("two")
    world.pass_time(3 * MINUTE)
    one.asleep = False
    one.disk.write("a", b"of one")
    one.disk.write("late", b"late")
    world.pass_time(3 * MINUTE)
    assert (one.problems, two.problems) == ({"busy-elsewhere"}, set())
    assert world.keys() == {"a"}
    assert world.store.get("files/a") == b"a"
    two.leave()
    world.pass_time(2 * MINUTE)
    assert world.keys() == {"a", "late"}
    assert world.store.get("files/a") == b"of one"


class Asleep(Passing):
    """The machine sleeps for a while just before a request is sent."""

    before = ""

    def put(self, key, data, **how):
        if self.before and key.startswith(self.before):
            self.before = ""
            self.sleep()
        return self.inner.put(key, data, **how)

    def head(self, key):
        if self.before and key.startswith(self.before):
            self.before = ""
            self.sleep()
        return self.inner.head(key)


@pytest.mark.parametrize("before", ["files/", "log/"])
def test_a_sleep_in_the_middle_of_a_write(world, before):
    """From the look at what is there to the write an hour passes, in which another machine is at work."""
    one = world.machine("one", Asleep)
    one.disk.write("a", b"a")
    one.flush()

    def hour():
        one.asleep = True
        two = world.machine("two")
        world.pass_time(3 * MINUTE)
        two.disk.write("a", b"of two")
        two.flush()
        two.leave()
        one.asleep = False

    one.store.sleep = hour
    one.disk.write("a", b"of one")
    one.store.before = before
    world.pass_time(5 * MINUTE)
    one.flush(Until.SYNCED, within_s=MINUTE)
    assert sorted(one.disk.files().values()) == [b"of one", b"of two"]
    assert {commit.by for commit in CommitLog(world.store).since(0)} == {"one", "two"}


def test_without_an_answer_for_a_minute_it_is_taken_anew(world):
    class Away(Passing):
        gone = False

        def get(self, key, **how):
            if self.gone:
                raise Unavailable("no answer")
            return self.inner.get(key, **how)

    one = world.machine("one", Away)
    one.flush()
    one.store.gone = True
    one.disk.write("a", b"a")
    world.pass_time(2 * MINUTE)
    assert not world.keys("log/")
    one.store.gone = False
    world.pass_time(2 * MINUTE)
    assert one.problems == set()
    assert world.keys() == {"a"}


def test_a_lease_that_was_lost_is_taken_anew_as_soon_as_there_is_something_to_write(world):
    one = world.machine("one")
    one.flush()
    world.pass_time(10 * MINUTE)  # looks at the head are rare by now
    world.store.delete("lease.json")
    world.pass_time(30)
    one.disk.write("a", b"a")
    world.pass_time(10)
    assert world.keys() == {"a"}


# -- a late removal


def test_a_deleted_path_made_anew_waits_and_goes_up_by_itself(world):
    one = world.machine("one")
    one.disk.write("a", b"first")
    one.disk.write("b", b"b")
    one.flush()
    one.disk.delete("a")
    assert one.flush().outcome == "complete"
    assert world.keys() == {"b"}
    one.disk.write("a", b"anew")
    one.disk.write("c", b"c")
    receipt = one.flush()
    assert receipt.outcome == "partial"
    ((path, reason, *_),) = receipt.left
    assert path == "a"
    assert reason.startswith("its old object may still be deleted by a late request; goes up at ")
    assert world.keys() == {"b", "c"}
    world.pass_time(18 * MINUTE)
    assert world.keys() == {"b", "c"}
    assert one.mount.findings.left.keys() == {"a"}
    world.pass_time(2 * MINUTE)
    assert world.store.get("files/a") == b"anew"
    assert not one.mount.findings.left
    assert one.flush().outcome == "complete"


def test_it_waits_after_a_restart_too_and_on_another_machine(world):
    one = world.machine("one")
    one.disk.write("a", b"first")
    one.flush()
    one.disk.delete("a")
    one.disk.write("b", b"b")
    one.flush()
    one.kill()
    one.disk.write("a", b"anew")
    one.boot()
    world.pass_time(MINUTE)
    assert world.keys() == {"b"}
    one.leave()
    two = world.machine("two")
    two.disk.write("a", b"of two")
    world.pass_time(MINUTE)
    assert two.disk.files().keys() == {"a", "b"}
    assert world.keys() == {"b"}
    world.pass_time(20 * MINUTE)
    assert world.keys() == {"a", "b"}


def test_killed_before_the_removal_was_seen(world):
    """The tombstone stands without it: the removal is done first, and the path waits for that as well."""

    class Clinging(Passing):
        def delete(self, key, **how):
            if key.startswith("files/"):
                raise Unavailable("no answer")
            self.inner.delete(key, **how)

    one = world.machine("one", Clinging)
    one.disk.write("a", b"first")
    one.flush()
    one.disk.delete("a")
    world.pass_time(MINUTE)
    one.kill()
    assert world.keys() == {"a"}
    one.disk.write("a", b"anew")
    one.boot()
    world.pass_time(25 * MINUTE)
    assert world.store.get("files/a") == b"first"
    assert "not gone yet" in one.mount.findings.left["a"].reason
    one.store.delete = one.store.inner.delete
    world.pass_time(5 * MINUTE)
    assert world.store.get("files/a") == b"anew"


def test_what_was_not_removed_is_removed_meanwhile(world):
    one = world.machine("one")
    one.disk.write("a", b"first")
    one.flush()
    one.disk.delete("a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.store, "delete", lambda *_, **__: one.kill())
        world.pass_time(MINUTE)
    assert world.keys() == {"a"}
    one.disk.write("a", b"anew")
    one.boot()
    world.pass_time(MINUTE)
    assert world.keys() == set()
    world.pass_time(20 * MINUTE)
    assert world.store.get("files/a") == b"anew"


def test_what_belongs_together_waits_together(world):
    one = world.machine("one")
    one.disk.write("r/.git/HEAD", b"ref: refs/heads/main")
    one.disk.write("r/.git/MERGE_HEAD", b"1")
    one.flush()
    one.disk.delete("r/.git/MERGE_HEAD")
    one.flush()
    one.disk.write("r/.git/MERGE_HEAD", b"2")
    one.disk.write("r/.git/HEAD", b"ref: refs/heads/other")
    left = {path: reason for path, reason, *_ in one.flush().left}
    assert left.keys() == {"r/.git/HEAD", "r/.git/MERGE_HEAD"}
    assert left["r/.git/HEAD"].startswith("what it travels with waits")
    assert world.store.get("files/r/.git/HEAD") == b"ref: refs/heads/main"
    world.pass_time(21 * MINUTE)
    assert world.store.get("files/r/.git/HEAD") == b"ref: refs/heads/other"


def test_a_directory_or_a_symlink_has_nothing_to_wait_for(world):
    one = world.machine("one")
    one.disk.write("a", b"first")
    one.disk.mkdir("d")
    one.flush()
    one.disk.delete("a")
    one.disk.delete("d")
    one.flush()
    one.disk.symlink("a", "d")
    one.disk.mkdir("d")
    assert one.flush().outcome == "complete"


# -- where conditions are honoured


@pytest.mark.parametrize("capabilities", [Capabilities(), BLIND])
def test_what_a_change_asks_of_the_store(capabilities):
    world = World(capabilities)
    one = world.machine("one", Counted)
    one.disk.write("a", b"a")
    one.flush()
    one.store.reset()
    one.disk.write("b", b"b")
    world.pass_time(3)
    asked = dict(one.store.requests)
    if capabilities.put_when:
        assert asked == {"put": 2}
        assert world.store.head("lease.json") is None
        assert not one.lease.needed
    else:
        assert asked == {
            "put": 2,
            "head": 2,
            "get": 2,
        }  # each look first; the lease, and the commit read back


def test_conditions_on_delete_are_a_matter_of_their_own():
    """Many may write where PUT is honest. What a late removal may meet waits all the same."""
    world = World(Capabilities(delete_when=False))
    one, two = world.machine("one"), world.machine("two")
    one.disk.write("a", b"first")
    one.flush()
    one.disk.delete("a")
    one.flush()
    two.disk.write("a", b"anew")
    two.disk.write("b", b"b")
    two.flush()
    assert CommitLog(world.store).info().ignores == (DELETE,)
    assert (world.keys(), world.store.head("lease.json")) == ({"b"}, None)
    world.pass_time(20 * MINUTE)
    assert world.keys() == {"a", "b"}


def test_where_a_copy_would_overwrite_anything_the_bytes_go_the_long_way():
    copied = []

    class Copying(Passing):
        def copy(self, source, target, **how):
            copied.append(target)
            return self.inner.copy(source, target, **how)

    world = World(Capabilities(copy_when=False))
    one = world.machine("one", Copying)
    one.disk.write("a", b"first")
    one.flush()
    one.disk.rename("a", "b")
    assert one.flush().outcome == "complete"
    assert world.store.get("files/b") == b"first"
    assert [target for target in copied if target.startswith("files/")] == []


def test_a_path_made_anew_does_not_wait_there():
    world = World(Capabilities())
    one = world.machine("one")
    one.disk.write("a", b"first")
    one.flush()
    one.disk.delete("a")
    one.flush()
    one.disk.write("a", b"anew")
    assert one.flush().outcome == "complete"
    assert world.store.get("files/a") == b"anew"
