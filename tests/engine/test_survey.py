"""What a survey says of what it cannot see, may not send, or is asked to leave alone."""

from itertools import count

import pytest
from blake3 import blake3

from holdall.engine.ledger import Agreed, Ledger
from holdall.engine.survey import Surveyor, local_entry
from holdall.engine.words import Scope, Survey
from holdall.errors import RootLost, Unreadable
from holdall.local.memory import MemoryDisk
from holdall.log.codec import Change, Commit
from holdall.model import Entry, Kind, SeenAs, Tombstone
from holdall.rules.bundles import SQLITE_MAGIC
from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.reconcile import Verdict


class DiskWithMounts(MemoryDisk):
    """`mounted`: directories that are file systems of their own. `blind`: paths that a scan passes by."""

    def __init__(self):
        super().__init__(count(1).__next__)
        self.mounted = set()
        self.blind = set()

    def scan(self, under="", skip=None):
        return (self._told(seen) for seen in super().scan(under, skip) if seen.path not in self.blind)

    def look(self, paths):
        return map(self._told, super().look(paths))

    def _told(self, seen):
        apart = seen.what is SeenAs.DIR and seen.path in self.mounted
        return seen._replace(reason="a file system of its own") if apart else seen

    def unmount(self, path):
        """What was on it, for `mount`."""
        self.mounted.discard(path)
        nodes = {one: self.tree.nodes.pop(one) for one in self.tree.below(path)}
        return {one: node.data for one, node in nodes.items() if node.what is SeenAs.FILE}

    def mount(self, path, files):
        for one in self.tree.below(path):
            del self.tree.nodes[one]
        if path not in self.tree.nodes:
            self.mkdir(path)
        for one, data in files.items():
            self.write(one, data)
        self.mounted.add(path)


class Site:
    """A disk and a ledger that agree on these paths."""

    def __init__(self, *paths):
        self.disk = DiskWithMounts()
        self.ledger = Ledger(":memory:")
        self.sync, self.flags, self.skip = SyncType.AUTO, Flags(), None
        for path in paths:
            self.disk.write(path, path.encode())
        self.agree()

    def agree(self):
        agreed = []
        for seen in self.disk.scan():
            entry = local_entry(seen, None)._replace(vid=1)
            if seen.what is SeenAs.FILE:
                entry = entry._replace(digest=blake3(self.disk.read(seen.path)).hexdigest())
            agreed.append(Agreed(seen.path, entry, seen.stamp))
        self.ledger.apply(Commit("1", 1, 0, "other", tuple(Change(one.path, one.entry) for one in agreed)))
        self.ledger.agree(agreed)
        self.restart()

    def restart(self):
        self.surveyor = Surveyor(
            self.disk,
            self.ledger,
            self.rules(),
            lambda asked: directions(self.sync, self.flags, asked=asked),
            lambda path: f"{path} (conflict)",
            self.leftover,
            lambda _steps: [],
            lambda _path, _digest: False,
        )

    def rules(self):
        return lambda path, is_dir: self.skip is not None and self.skip(path, is_dir)

    def leftover(self, path):
        raise AssertionError(path)

    def survey(self, *paths, scope=Scope.PATHS, **how):
        return self.surveyor.start(Survey(1, scope if paths else Scope.FULL, paths, **how))

    def deleted(self, *paths, **how):
        return [one.path for one in self.survey(*paths, **how).steps if one.verdict is Verdict.PUSH_DELETE]

    def remotely(self, path, data):
        """The head moves on by one commit of this."""
        seq = self.ledger.seq + 1
        entry = Entry(Kind.FILE, len(data), 1, 0o644, blake3(data).hexdigest(), vid=seq)
        self.ledger.apply(Commit(str(seq), seq, 0, "other", (Change(path, entry),)))

    def remotely_gone(self, path):
        seq = self.ledger.seq + 1
        self.ledger.apply(Commit(str(seq), seq, 0, "other", (Change(path, Tombstone(seq)),)))


def left(found):
    return {one.path for one in found.left}


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


# -- file systems below the root


@pytest.fixture
def nested():
    """`disk2` is mounted, and has been seen to be."""
    site = Site("a", "b", "disk2/p", "disk2/d/q")
    site.disk.mounted.add("disk2")
    assert site.survey().steps == ()
    return site


ON_DISK2 = {"disk2", "disk2/p", "disk2/d", "disk2/d/q"}


def bare(disk):
    pass


def written_to(disk):
    disk.write("disk2/d/log", b"of a service that came too early")


def removed(disk):
    disk.delete("disk2")


def linked(disk):
    disk.delete("disk2")
    disk.symlink("disk2", "/elsewhere")


@pytest.mark.parametrize("how", [bare, written_to, removed, linked])
@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_on_an_unmounted_file_system_is_not_deleted(nested, how, restarted):
    nested.disk.unmount("disk2")
    how(nested.disk)
    nested.disk.delete("a")
    nested.remotely("disk2/new", b"1")
    if restarted:
        nested.restart()
    found = nested.survey()
    assert [one.path for one in found.steps] == ["a"]
    assert left(found) >= {*ON_DISK2, "disk2/new"}
    assert all("not mounted" in one.reason for one in found.left)
    for scope in (Scope.PATHS, Scope.TREES):
        for path in ("disk2", "disk2/d", "disk2/d/q", "disk2/p", "disk2/new", "disk2/d/log"):
            assert nested.survey(path, scope=scope).steps == ()


def test_mounted_again_it_is_as_it_was(nested):
    files = nested.disk.unmount("disk2")
    nested.survey()
    nested.disk.mount("disk2", files)
    nested.disk.delete("disk2/p")
    found = nested.survey()
    assert found.left == ()
    assert {one.path for one in found.steps if one.local is None} == {"disk2/p"}


@pytest.mark.parametrize("restarted", [False, True])
def test_another_one_in_its_place_deletes_nothing(nested, restarted):
    nested.disk.unmount("disk2")
    nested.survey()
    if restarted:
        nested.restart()
    nested.disk.mount("disk2", {"disk2/other": b"1"})
    found = nested.survey()
    assert found.steps == ()
    assert left(found) == {*ON_DISK2, "disk2/other"}


def test_nor_does_one_that_is_mounted_over_what_was_synced():
    site = Site("a", "d/p", "d/q")
    site.survey()
    site.disk.mount("d", {})
    assert site.deleted() == site.deleted("d/p") == []
    site.disk.mounted.clear()
    site.disk.delete("d")
    assert site.deleted() == ["d", "d/p", "d/q"]


def test_what_its_user_deletes_on_it_is_deleted(nested):
    nested.disk.delete("disk2/d")
    nested.disk.delete("disk2/p")
    assert nested.deleted() == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_a_person_says_that_it_is_gone_for_good(nested):
    nested.disk.unmount("disk2")
    assert nested.deleted() == []
    assert nested.deleted(trust_root=True) == ["disk2/d", "disk2/d/q", "disk2/p"]
    nested.restart()
    assert nested.deleted() == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_who_accepts_another_root_has_not_said_so_of_what_is_mounted_in_it(nested):
    nested.disk.unmount("disk2")
    nested.disk.root = (1, 2)
    with pytest.raises(RootLost):
        nested.survey()
    assert nested.deleted(trust_root=True) == []
    assert nested.deleted(trust_root=True) == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_who_was_not_told_that_it_is_missing_has_not_accepted_that(nested):
    """Also of one that was told, and is there again."""
    nested.disk.unmount("disk2")
    assert nested.deleted(trust_root=True) == []
    nested.restart()
    assert nested.deleted(trust_root=True) == []
    nested.disk.mount("disk2", {"disk2/p": b"1"})
    nested.survey()
    nested.disk.unmount("disk2")
    assert nested.deleted(trust_root=True) == []
    assert nested.deleted(trust_root=True) == ["disk2/d", "disk2/d/q", "disk2/p"]


def test_what_went_with_the_directory_that_it_was_mounted_in_is_deleted():
    site = Site("a", "b", "usb/disk/p")
    site.disk.mounted.add("usb/disk")
    site.survey()
    site.disk.unmount("usb/disk")
    site.disk.delete("usb")
    assert site.deleted() == ["usb", "usb/disk", "usb/disk/p"]


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
    ((path, reason, size),) = found.left
    assert (path, size, found.steps, found.withheld) == ("f", len(b"edited here"), (), ())
    assert "holdall sync" in reason
    (step,) = both_edited.survey(asked=True).steps
    assert step.verdict is Verdict.CONFLICT


@pytest.mark.parametrize("asked", [False, True])
def test_a_one_mount_never_resolves_it_and_says_so(both_edited, asked):
    both_edited.sync = SyncType.ONE
    found = both_edited.survey(asked=asked)
    ((path, reason, _),) = found.left
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
    assert [one.path for one in site.survey(asked=True).unasked] == []


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
    found = became_a_file.survey(asked=asked)
    ((path, reason, _),) = found.left
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
    assert found.left == ((".~holdall-1", "permission denied", 0),)
