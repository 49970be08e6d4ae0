"""What a survey says of what it cannot see, may not send, or is asked to leave alone."""

import pytest
from tests.engine.site import Site, left

from holdall.engine.ledger import Agreed
from holdall.engine.words import Scope
from holdall.errors import RootLost, Unreadable
from holdall.rules.bundles import SQLITE_MAGIC
from holdall.rules.directions import Flags, SyncType
from holdall.rules.reconcile import Verdict

ASKED = {"up": frozenset({""}), "down": frozenset({""})}

# -- what cannot be read


def test_what_is_below_two_unreadable_directories_is_not_deleted():
    """By the order of paths, `a-b` and what is in it comes between `a` and what is in that."""
    site = Site("a/x", "a-b/y", "a.c", "b")
    site.disk.chmod("a", 0)
    site.disk.chmod("a-b", 0)
    site.disk.blind = {"a/x", "a-b/y"}
    site.disk.delete("a.c")
    found = site.survey()
    assert [one.path for one in found.steps] == ["a.c"]
    assert left(found) == {"a", "a/x", "a-b", "a-b/y"}


@pytest.mark.parametrize("scope", [Scope.PATHS, Scope.TREES])
def test_nor_is_what_is_below_one_that_was_touched(scope):
    site = Site("a/x", "b")
    site.remotely("a/new", b"1")
    site.disk.chmod("a", 0)
    found = site.survey("a", scope=scope)
    assert found.steps == ()
    assert left(found) == {"a", "a/x", "a/new"}


def test_what_a_scan_passed_by_is_asked_for_by_name():
    site = Site("a", "b", "c")
    site.disk.blind = {"a", "b"}
    site.disk.delete("b")
    assert site.deleted() == ["b"]


def test_what_the_store_holds_under_an_odd_name_is_not_deleted():
    """Another tool may have put it there, and it came down."""
    odd = "x\ufffe"
    site = Site("a")
    site.remotely(odd, b"1")
    site.disk.write(odd, b"1")
    site.ledger.agree([Agreed(odd, site.ledger.remote(odd), site.disk.tree.nodes[odd].stamp())])
    found = site.survey()
    assert odd in left(found)
    assert found.steps == ()


def test_an_odd_name_is_in_nobodys_way():
    """It is shown as text that sorts elsewhere than the name does."""
    site = Site("a\n/y", "a\n/z")
    site.disk.write("a\n/b\ufffe", b"")
    found = site.survey()
    assert found.steps == ()
    assert left(found) == {"a\\n/b\\ufffe"}


def test_a_start_over_a_root_that_holds_nothing_of_it_deletes_nothing():
    site = Site("a", "d/b")
    for path in ("a", "d"):
        site.disk.delete(path)
    site.disk.write("new", b"1")
    site.restart()
    with pytest.raises(RootLost, match="holds nothing of what was synced"):
        site.survey()
    assert site.deleted(trust_root=True) == ["a", "d", "d/b"]


# -- what a rule excludes


@pytest.mark.parametrize("paths", [(), ("build",), ("build/x",)])
def test_a_directory_that_a_rule_about_directories_excludes_stays_elsewhere(paths):
    site = Site("a", "build/x")
    site.skip = lambda path, is_dir: is_dir and path == "build"
    assert site.survey(*paths).steps == ()
    site.disk.delete("build")
    assert site.survey(*paths).steps == ()


def test_a_file_that_such_a_rule_does_not_mean_is_deleted():
    site = Site("a", "build")
    site.skip = lambda path, is_dir: is_dir and path == "build"
    site.disk.delete("build")
    site.disk.mkdir("build")
    assert site.deleted() == site.deleted("build") == ["build"]


def test_nor_is_what_lies_below_a_new_file_deleted_for_its_sake():
    """What is in the store there stays, so the file gives way."""
    site = Site("d/x")
    site.skip = lambda path, is_dir: path == "d/x"
    site.disk.delete("d")
    site.disk.write("d", b"a file now")
    assert site.verdicts() == {"d": Verdict.ASIDE}


# -- what the policy does not resolve


@pytest.fixture
def both_edited():
    site = Site("f")
    site.disk.write("f", b"edited here")
    site.remotely("f", b"edited there")
    return site


def test_a_conflict_is_left_where_nothing_may_come_down(both_edited):
    both_edited.flags = Flags(auto_download=False)
    found = both_edited.survey()
    ((path, reason, size, _),) = found.left
    assert (path, size, found.steps, found.withheld) == ("f", len(b"edited here"), (), ())
    assert "holdall sync" in reason
    (step,) = both_edited.survey(**ASKED).steps
    assert step.verdict is Verdict.CONFLICT


@pytest.mark.parametrize("asked", [False, True])
def test_a_one_mount_never_resolves_it_and_says_so(both_edited, asked):
    both_edited.sync = SyncType.ONE
    found = both_edited.survey(**(ASKED if asked else {}))
    ((path, reason, *_),) = found.left
    assert (path, found.steps) == ("f", ())
    assert "another name" in reason


def test_a_conflict_is_withheld_where_nothing_may_go_up(both_edited):
    both_edited.flags = Flags(auto_upload=False)
    found = both_edited.survey()
    assert (found.withheld, found.left, found.steps) == (("f",), (), ())
    assert [one.path for one in found.unasked] == ["f"]


@pytest.mark.parametrize(
    ("sync", "flags", "waits"),
    [
        (SyncType.AUTO, Flags(auto_upload=False), ["f", "new"]),
        (SyncType.AUTO, Flags(auto_upload=False, sync_local_file=False), ["new"]),
        (SyncType.AUTO, Flags(sync_local_file=False), []),
        (SyncType.ARCH, Flags(auto_upload=False), ["new"]),
        (SyncType.ARCH, Flags(), []),
    ],
)
def test_a_deletion_that_is_never_carried_waits_for_nobody(sync, flags, waits):
    site = Site("f")
    site.sync, site.flags = sync, flags
    site.disk.delete("f")
    site.disk.write("new", b"1")
    assert [one.path for one in site.survey().unasked] == waits
    assert [one.path for one in site.survey(**ASKED).unasked] == []


# -- what has to wait


@pytest.fixture
def became_a_file():
    site = Site("a", "b", "d/x", "d/y")
    site.disk.delete("d")
    site.disk.write("d", b"1")
    return site


def test_what_became_a_file_waits_for_what_was_below_it_to_be_gone(became_a_file):
    found = became_a_file.survey()
    assert ([one.path for one in found.steps], found.later) == (["d/x", "d/y"], ("d",))


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize(
    ("sync", "flags"), [(SyncType.ARCH, Flags()), (SyncType.AUTO, Flags(sync_local_file=False))]
)
def test_where_that_is_never_deleted_it_does_not_wait_and_says_so(became_a_file, sync, flags, asked):
    became_a_file.sync, became_a_file.flags = sync, flags
    found = became_a_file.survey(**(ASKED if asked else {}))
    ((path, reason, *_),) = found.left
    assert (path, found.steps, found.later) == ("d", (), ())
    assert "stays in the store" in reason
    assert found.withheld == ("d/x", "d/y")


def test_where_nothing_may_go_up_it_is_withheld_with_the_rest(became_a_file):
    became_a_file.flags = Flags(auto_upload=False)
    found = became_a_file.survey()
    assert (found.later, found.left) == ((), ())
    assert sorted(found.withheld) == ["d", "d/x", "d/y"]


@pytest.mark.parametrize("sync", SyncType)
def test_what_became_a_directory_waits_for_the_file_which_is_an_edit(sync):
    site = Site("a", "b", "f")
    site.sync = sync
    site.disk.delete("f")
    site.disk.write("f/x", b"1")
    found = site.survey()
    assert [(one.path, one.verdict) for one in found.steps] == [("f", Verdict.PUSH_DELETE)]
    assert (found.later, found.left, found.withheld) == (("f/x",), (), ())


@pytest.fixture
def in_the_way():
    """A directory here, a file there."""
    site = Site("a", "b")
    site.disk.write("d/x", b"1")
    site.remotely("d", b"2")
    return site


def test_what_lies_in_a_directory_that_goes_aside_waits_for_that(in_the_way):
    found = in_the_way.survey()
    assert [(one.path, one.verdict) for one in found.steps] == [("d", Verdict.ASIDE)]
    assert found.later == ("d/x",)


def test_what_lies_in_one_that_may_not_is_withheld_with_it(in_the_way):
    in_the_way.flags = Flags(auto_upload=False)
    found = in_the_way.survey()
    assert (found.steps, found.later, found.left) == ((), (), ())
    assert sorted(found.withheld) == ["d", "d/x"]


def test_nor_does_anything_wait_in_one_whose_conflict_is_left():
    site = Site("a", "b", "d/x")
    site.disk.chmod("d", 0o700)
    site.remotely_gone("d/x")
    site.remotely("d", b"2")
    found = site.survey()
    assert ([one.verdict for one in found.steps], found.later) == ([Verdict.CONFLICT], ("d/x",))
    site.sync = SyncType.ONE
    found = site.survey()
    assert (found.steps, found.later) == ((), ())
    assert left(found) == {"d"}


# -- what belongs together


def parts(site):
    """The steps of a full survey, part by part."""
    found = [site.survey()]
    while found[-1].more:
        found.append(site.surveyor.more())
    return [[step.path for step in one.steps] for one in found]


def test_a_repository_is_never_cut_in_two(monkeypatch):
    monkeypatch.setattr("holdall.engine.survey._CHUNK", 2)
    site = Site()
    inside = [".git/HEAD", ".git/config", ".git/description", ".git/index", ".git/packed-refs"]
    for path in [*inside, "a", "b", "c"]:
        site.disk.write(path, b"1")
    assert parts(site) == [[".git", *inside], ["a", "b"], ["c"]]


def shm(site, database):
    site.disk.write("x-shm", b"1")
    if database is not None:
        site.disk.write("x", database)
    return site.survey()


def test_the_shared_memory_of_a_database_never_travels():
    assert "x-shm" not in {one.path for one in shm(Site(), SQLITE_MAGIC + b"...").steps}


@pytest.mark.parametrize("beside", [None, b"", b"SQLite format", b"notes"])
def test_a_file_of_that_name_beside_anything_else_does(beside):
    assert "x-shm" in {one.path for one in shm(Site(), beside).steps}


def test_beside_what_cannot_be_read_it_is_left():
    site = Site("x")
    site.disk.chmod("x", 0)
    found = shm(site, None)
    assert "x-shm" not in {one.path for one in found.steps}
    assert "x-shm" in left(found)


# -- what is there already


def test_equal_bytes_that_somebody_may_still_write_to_are_read_again_later():
    site = Site()
    site.disk.write("f", b"same")
    site.remotely("f", b"same")
    site.disk.tree.nodes["f"].mtime_ns = site.ledger.remote("f").mtime_ns
    with site.disk.mapped("f") as store:
        assert site.survey().steps == ()
        assert site.ledger.row("f").base.stamp is None
        store(b"else")
        assert site.verdicts() == {"f": Verdict.PUSH}


def test_bytes_of_an_earlier_commit_are_stale_at_the_first_look_everywhere():
    """Also after a look at one path, and not any more afterwards: then somebody moved them back, and means it."""
    site = Site()
    site.past = {b"old"}
    for path in "fg":
        site.remotely(path, b"new")
    site.disk.write("f", b"old")
    site.survey("other")
    assert site.verdicts()["f"] is Verdict.PULL
    site.disk.write("g", b"old")
    assert site.verdicts()["g"] is Verdict.CONFLICT


# -- staged files


def test_one_bad_staged_file_is_left_and_the_rest_goes_on():
    site = Site("a")
    site.disk.write("new", b"1")
    site.disk.write(".~holdall-1", b"")

    def leftover(path):
        raise Unreadable("permission denied", path=path)

    site.leftover = leftover
    site.restart()
    found = site.survey()
    assert [one.path for one in found.steps] == ["new"]
    ((path, reason, *_),) = found.left
    assert (path, reason) == (".~holdall-1", "permission denied")


# -- what a person can do about it


def test_what_cannot_be_read_and_what_cannot_be_named_say_how_to_mend_them():
    site = Site("a")
    site.disk.mkdir("shut")
    site.disk.tree.nodes["shut"].mode = 0
    site.disk.write("caf\udce9", b"1")
    found = {one.path: one.fix for one in site.survey().left}
    assert found == {
        "shut": "make it readable for the daemon's user",
        r"caf\udce9": "give it another name, or where it is a symlink another target",
    }
