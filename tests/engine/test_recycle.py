"""What is past its lifecycle goes from the store, and nothing else does."""

import pytest
from tests.engine.by_clock import Machine, World
from tests.local.extract.making import zipped

from holdall.engine import recycler
from holdall.engine.pace import Pace
from holdall.engine.words import Outcome, Until
from holdall.log.commits import CommitLog
from holdall.log.contexts import set_recycling
from holdall.log.history import History
from holdall.model import Entry, Recycling, Tombstone
from holdall.policies.effective import Extract
from holdall.rules.packing import Packing
from holdall.store.base import Capabilities
from holdall.store.passing import Passing

DAY_S = 86_400.0
HOUR_S = 3600.0
TEN_DAYS = Recycling(10)


@pytest.fixture
def world():
    return World(Capabilities(), Pace(poll_most_s=HOUR_S / 2))


@pytest.fixture
def one(world):
    """It has `f`, which expires after ten days."""
    found = world.machine("one", recycling=TEN_DAYS)
    found.disk.write("f", b"first")
    found.flush()
    return found


def head(machine, path="f"):
    return machine.ledger.remote(path)


def has_expired(machine, path="f"):
    found = head(machine, path)
    return isinstance(found, Tombstone) and found.expired


def everything_rests(world):
    world.pass_time(2 * HOUR_S)


class TestWhatIsPastItsLifecycle:
    def test_goes_from_the_store_and_stays_here(self, world, one):
        world.pass_time(9.9 * DAY_S)
        assert world.keys() == {"f"}
        world.pass_time(0.3 * DAY_S)
        assert has_expired(one)
        assert world.keys() == set()
        assert one.disk.read("f") == b"first"

    def test_is_kept_for_as_long_as_it_can_be_restored(self, world, one):
        world.pass_time(10.1 * DAY_S)
        assert [world.store.get(key) for key in (f"trash/{one}" for one in world.keys("trash/"))] == [
            b"first"
        ]

    def test_is_durable_as_far_as_it_can_be(self, world, one):
        world.pass_time(10.1 * DAY_S)
        before = one.ledger.seq
        assert one.flush(Until.SYNCED, thorough=True).outcome is Outcome.COMPLETE
        assert one.ledger.seq == before

    def test_is_not_sent_again_by_anybody(self, world, one):
        two = world.machine("two")
        two.flush(Until.SYNCED)
        world.pass_time(10.1 * DAY_S)
        two.kill()
        two.boot()
        everything_rests(world)
        assert two.disk.read("f") == b"first"
        assert world.keys() == set()

    def test_is_not_sent_again_when_only_its_mode_changes(self, world, one):
        world.pass_time(10.1 * DAY_S)
        one.disk.chmod("f", 0o600)
        everything_rests(world)
        assert world.keys() == set()

    def test_is_read_but_once_after_that(self, world, one, monkeypatch):
        world.pass_time(10.1 * DAY_S)
        one.disk.chmod("f", 0o600)
        everything_rests(world)
        opened = []
        monkeypatch.setattr(one.disk, "open", opened.append)
        one.flush(Until.SYNCED, thorough=True)
        assert opened == []

    def test_does_not_come_to_a_fresh_mount(self, world, one):
        one.disk.write("g", b"young")
        world.pass_time(9 * DAY_S)
        one.disk.write("g", b"younger")
        world.pass_time(1.1 * DAY_S)
        two = world.machine("two")
        assert two.flush(Until.RESTORED).outcome is Outcome.COMPLETE
        assert dict(two.disk.files()) == {"g": b"younger"}

    def test_is_not_sent_by_a_directory_that_has_it_already(self, world, one):
        world.pass_time(10.1 * DAY_S)
        two = world.machine("two")
        two.disk.write("f", b"first")
        assert two.flush(Until.SYNCED).outcome is Outcome.COMPLETE
        assert world.keys() == set()
        assert two.disk.read("f") == b"first"

    def test_nor_where_it_has_an_earlier_version_of_it(self, world, one):
        one.disk.write("f", b"second")
        one.flush()
        world.pass_time(10.2 * DAY_S)
        two = world.machine("two")
        two.disk.write("f", b"first")
        two.flush(Until.SYNCED)
        assert world.keys() == set()

    def test_comes_back_with_an_edit(self, world, one):
        world.pass_time(10.1 * DAY_S)
        one.disk.write("f", b"edited")
        one.flush()
        assert world.store.get("files/f") == b"edited"
        assert isinstance(head(one), Entry)

    def test_expires_again_when_it_came_back(self, world, one):
        world.pass_time(10.1 * DAY_S)
        one.disk.chmod("f", 0o600)
        one.flush(Until.SYNCED)
        one.disk.write("f", b"edited")
        one.flush()
        assert world.keys() == {"f"}
        world.pass_time(10.1 * DAY_S)
        assert world.keys() == set()

    def test_comes_back_with_an_edit_elsewhere(self, world, one):
        two = world.machine("two")
        two.flush(Until.SYNCED)
        world.pass_time(10.1 * DAY_S)
        two.disk.write("f", b"edited")
        two.flush()
        one.flush(Until.SYNCED)
        assert one.disk.read("f") == b"edited"

    def test_can_be_deleted_here_without_a_word(self, world, one):
        two = world.machine("two")
        two.flush(Until.SYNCED)
        world.pass_time(10.1 * DAY_S)
        before = one.ledger.seq
        one.disk.delete("f")
        everything_rests(world)
        assert one.ledger.seq == before
        assert two.disk.read("f") == b"first"

    def test_is_no_deletion_for_the_guard(self, world, one):
        for number in range(30):
            one.disk.write(f"many/{number}", b"%d" % number)
        one.flush()
        world.pass_time(10.2 * DAY_S)
        assert world.keys() == set()
        assert one.mount.held == 0
        assert one.mount.total == 0

    def test_is_remembered_by_checkpoints(self, world, one):
        digest = head(one).digest
        world.pass_time(10.1 * DAY_S)
        everything_rests(world)
        assert one.hands.upkeep.checkpoint().seq == one.ledger.seq
        (row,) = [now for path, now in CommitLog(world.store).checkpoint(one.ledger.seq).rows if path == "f"]
        assert (row.digest, row.expired, row.swept) == (digest, True, True)
        assert dict(History(CommitLog(world.store)).rows(one.ledger.seq))["f"] == row

    def test_is_not_looked_for_in_the_store_ever_after(self, world, one):
        world.pass_time(10.1 * DAY_S)
        everything_rests(world)
        one.hands.upkeep.checkpoint()

        heads = []

        class Asked(Passing):
            def head(self, key):
                heads.append(key)
                return self.inner.head(key)

        two = world.machine("two", over=Asked)
        two.flush(Until.SYNCED, thorough=True)
        assert "files/f" not in heads

    def test_leaves_directories_and_symlinks(self, world, one):
        one.disk.mkdir("d")
        one.disk.symlink("l", "f")
        one.flush()
        world.pass_time(10.2 * DAY_S)
        two = world.machine("two")
        two.flush(Until.RESTORED)
        assert {one for one in two.disk.tree.nodes if one} == {"d", "l"}

    def test_is_what_the_paths_say(self, world):
        one = world.machine("one", recycling=Recycling(1, ("cache", "a/b")))
        for path in ("cache/x", "cache/deep/y", "cachex", "a/b", "a/bc", "a/c"):
            one.disk.write(path, path.encode())
        one.flush()
        world.pass_time(1.1 * DAY_S)
        assert world.keys() == {"cachex", "a/bc", "a/c"}

    def test_goes_in_more_than_one_commit_where_it_is_much(self, world, one, monkeypatch):
        monkeypatch.setattr(recycler, "_MOST", 3)
        for number in range(10):
            one.disk.write(f"many/{number}", b"%d" % number)
        one.flush()
        world.pass_time(10.2 * DAY_S)
        assert world.keys() == set()

    def test_is_expired_and_not_missing_where_the_bucket_was_first(self, world, one):
        one.kill()
        world.now += 11 * DAY_S
        world.store.delete("files/f")
        two = world.machine("two")
        assert two.flush(Until.SYNCED, thorough=True).outcome is Outcome.COMPLETE
        assert has_expired(two)
        assert not two.mount.damaged


class TestTheClockOfAPath:
    def test_begins_again_with_an_upload_of_its_bytes(self, world, one):
        world.pass_time(6 * DAY_S)
        one.disk.write("f", b"second")
        world.pass_time(6 * DAY_S)
        assert world.keys() == {"f"}
        world.pass_time(5 * DAY_S)
        assert world.keys() == set()

    @pytest.mark.parametrize("change", ["mode", "mtime"])
    def test_goes_on_where_only_the_mode_or_the_time_changes(self, world, one, change):
        world.pass_time(6 * DAY_S)
        if change == "mode":
            one.disk.chmod("f", 0o600)
        else:
            one.disk.write("f", b"first")
        one.flush()
        world.pass_time(4.2 * DAY_S)
        assert world.keys() == set()

    def test_goes_on_with_a_rename(self, world, one):
        world.pass_time(6 * DAY_S)
        one.disk.move("f", "g")
        one.flush()
        assert isinstance(head(one, "g"), Entry)
        world.pass_time(4.2 * DAY_S)
        assert has_expired(one, "g")
        assert one.disk.read("g") == b"first"

    def test_begins_anew_with_a_rename_of_what_has_expired(self, world, one):
        world.pass_time(10.2 * DAY_S)
        one.disk.move("f", "g")
        everything_rests(world)
        assert world.keys() == {"g"}
        assert head(one, "g").uploaded_at > (world.now - DAY_S) * 1000

    def test_goes_on_when_lost_bytes_are_put_back(self, world, one):
        world.pass_time(6 * DAY_S)
        world.store.delete("files/f")
        one.flush(Until.SYNCED, thorough=True)
        assert world.keys() == {"f"}
        world.pass_time(4.2 * DAY_S)
        assert world.keys() == set()


class TestTwoMachines:
    def test_lose_nothing_when_both_look_at_once(self, world, one):
        two = world.machine("two")
        two.disk.write("g", b"of two")
        two.flush(Until.SYNCED)
        world.pass_time(10.3 * DAY_S)
        assert world.keys() == set()
        assert has_expired(two)
        assert has_expired(one, "g")
        assert two.disk.read("f") == b"first"

    def test_a_lost_number_means_another_look(self, world):
        """One is about to say that f has expired; an upload of f takes the number."""
        late = []

        class Late(Passing):
            def put(self, key, data, **how):
                if late and key.startswith("log/"):
                    late.pop()()
                return self.inner.put(key, data, **how)

        one = world.machine("one", over=Late, recycling=TEN_DAYS)
        one.disk.write("f", b"first")
        one.flush()
        two = world.machine("two")
        two.flush(Until.SYNCED)
        two.asleep = True
        world.pass_time(9.98 * DAY_S)

        def upload():
            one.asleep, two.asleep = True, False
            two.disk.write("f", b"second")
            assert two.flush(within_s=2).outcome is Outcome.COMPLETE
            one.asleep = False

        late.append(upload)
        world.pass_time(DAY_S)
        assert not late
        assert not has_expired(one)
        assert world.store.get("files/f") == b"second"
        assert one.disk.read("f") == b"second"

    def test_nobody_has_to_be_there_when_it_is_removed(self, world):
        """One dies between the commit and the removal: its next process removes it."""
        dying = []

        class Dying(Passing):
            def copy(self, source, target, **how):
                if dying:
                    one.up = False
                return self.inner.copy(source, target, **how)

            def delete(self, key, **how):
                if not dying:
                    self.inner.delete(key, **how)

        one = world.machine("one", over=Dying, recycling=TEN_DAYS)
        one.disk.write("f", b"first")
        one.flush()
        dying.append(True)
        world.pass_time(10.2 * DAY_S)
        assert has_expired(one)
        assert world.keys() == {"f"}
        dying.clear()
        one.boot()
        world.pass_time(HOUR_S)
        assert world.keys() == set()
        assert one.disk.read("f") == b"first"


class TestTheLifecycle:
    def test_belongs_to_the_context(self, world, one):
        one.kill()
        two = world.machine("two")
        world.pass_time(10.2 * DAY_S)
        assert has_expired(two)

    def test_is_the_last_that_was_set(self, world, one):
        world.machine("two", recycling=Recycling(20))
        world.pass_time(15 * DAY_S)
        assert world.keys() == {"f"}
        world.pass_time(6 * DAY_S)
        assert world.keys() == set()

    def test_is_not_set_again_by_a_restart(self, world, one):
        two = world.machine("two", recycling=Recycling(None))
        two.flush(Until.SYNCED)
        one.kill()
        one.boot()
        world.pass_time(11 * DAY_S)
        assert world.keys() == {"f"}

    def test_is_set_again_by_another_policy(self, world, one):
        world.machine("two", recycling=Recycling(None)).flush(Until.SYNCED)
        one.kill()
        one.recycling = Recycling(5)
        one.boot()
        world.pass_time(5.2 * DAY_S)
        assert world.keys() == set()

    def test_that_somebody_sets_meanwhile_is_heard_within_hours(self, world):
        one = world.machine("one")
        one.disk.write("f", b"first")
        one.flush()
        world.pass_time(2 * DAY_S)
        set_recycling(world.store, Recycling(1))
        world.pass_time(3 * HOUR_S)
        assert has_expired(one)

    def test_of_other_paths_makes_the_index_anew(self, world, one):
        one.disk.write("cache/x", b"x")
        one.flush()
        set_recycling(world.store, Recycling(1, ("cache",)))
        world.pass_time(1.2 * DAY_S)
        assert world.keys() == {"f"}
        set_recycling(world.store, Recycling(1, ("f",)))
        world.pass_time(3 * HOUR_S)
        assert world.keys() == set()


class TestAClockThatIsWrong:
    def test_of_the_store_lets_nothing_expire(self, world, one):
        world.store_ahead_s = 365 * DAY_S
        one.kill()
        one.boot()
        world.pass_time(2 * DAY_S)
        assert world.keys() == {"f"}
        assert (
            one.mount.expiring.doubt
            == "the store's clock is 365 days ahead of this machine's: nothing expires"
        )
        world.store_ahead_s = 0.0
        world.pass_time(3 * HOUR_S)
        assert one.mount.expiring.doubt == ""
        assert world.keys() == {"f"}
        world.pass_time(8 * DAY_S)
        assert world.keys() == set()

    def test_of_both_lets_little_expire_at_a_time(self, world):
        one = world.machine("one", recycling=TEN_DAYS)
        one.apart = False
        one.boot()
        one.disk.write("f", b"first")
        one.flush()
        world.pass_time(3 * HOUR_S)
        world.store_ahead_s = 365 * DAY_S
        world.pass_time(3 * HOUR_S)
        assert world.keys() == {"f"}
        world.store_ahead_s = 0.0
        world.pass_time(8 * DAY_S)
        assert world.keys() == {"f"}
        world.pass_time(3 * DAY_S)
        assert world.keys() == set()


class TestWhatTravelsAsAWhole:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("p/.git/objects/aa/1", "p/.git/HEAD"),
            ("p/.git/HEAD", "p/.git/objects/aa/1"),
            ("a.db", "a.db-wal"),
            ("a.db-wal", "a.db"),
        ],
    )
    def test_expires_as_a_whole(self, world, one, old, new):
        for path in (old, new):
            one.disk.write(path, path.encode())
        one.flush()
        world.pass_time(6 * DAY_S)
        one.disk.write(new, b"newer")
        world.pass_time(6 * DAY_S)
        assert world.keys() == {old, new}
        world.pass_time(5 * DAY_S)
        assert world.keys() == set()

    def test_is_gone_through_once_in_a_lifecycle(self, world, one, monkeypatch):
        for number in range(20):
            one.disk.write(f"p/.git/objects/aa/{number}", b"%d" % number)
        one.disk.write("p/.git/HEAD", b"one")
        one.flush()
        world.pass_time(6 * DAY_S)
        one.disk.write("p/.git/HEAD", b"two")
        world.pass_time(5 * DAY_S)
        walks = []
        monkeypatch.setattr(recycler, "_newest", lambda rows: walks.append(rows) or 0)
        world.pass_time(4 * DAY_S)
        assert walks == []


class TestInPacks:
    @pytest.fixture
    def packed(self, world):
        found = world.machine("one", recycling=TEN_DAYS)
        found.packing = Packing(archive=True)
        found.disk.write("f", b"first")
        found.disk.write("g", b"other")
        found.flush()
        assert world.keys() == set()
        return found

    def test_what_has_expired_is_named_no_more(self, world, packed):
        world.pass_time(6 * DAY_S)
        packed.disk.write("g", b"younger")
        world.pass_time(5 * DAY_S)
        assert has_expired(packed)
        two = world.machine("two")
        two.flush(Until.RESTORED)
        assert dict(two.disk.files()) == {"g": b"younger"}
        world.pass_time(6 * DAY_S)
        assert has_expired(packed, "g")
        world.pass_time(2 * DAY_S)
        assert world.keys("packs/") == set()
        assert dict(packed.disk.files()) == {"f": b"first", "g": b"younger"}

    def test_a_rename_makes_nothing_younger(self, world, packed):
        world.pass_time(6 * DAY_S)
        packed.disk.move("f", "moved")
        packed.flush()
        world.pass_time(4.2 * DAY_S)
        assert has_expired(packed, "moved")


class TestAnArchiveThatIsExtracted:
    PACK = zipped(("m.json", b"{}"))

    @pytest.mark.parametrize("removed", [True, False])
    def test_expires_and_what_came_out_of_it_is_not_sent(self, world, one, removed):
        one.disk.write("pack.zip", self.PACK)
        one.flush()
        rule = Extract(delete_src_file=removed)
        two = world.machine("two", kind=type("Extracting", (Machine,), {"extraction": rule}))
        two.flush(Until.SYNCED)
        world.pass_time(10.2 * DAY_S)
        assert has_expired(two, "pack.zip")
        two.disk.chmod("pack/m.json", 0o600)
        if not removed:
            two.disk.chmod("pack.zip", 0o600)
        everything_rests(world)
        two.flush(Until.SYNCED, thorough=True)
        assert two.disk.read("pack/m.json") == b"{}"
        assert world.keys() == set()
        assert "pack/m.json" not in dict(one.disk.files())
        two.disk.write("pack/m.json", b"edited")
        two.flush()
        assert world.keys() == {"pack/m.json"}
