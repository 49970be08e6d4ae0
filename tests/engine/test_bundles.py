"""What travels together, and what keeps it back."""

from itertools import count

import pytest

from holdall.engine.bundles import bundle_databases, bundle_repositories
from holdall.engine.ledger import Agreed, Ledger
from holdall.engine.survey import local_entry
from holdall.engine.words import Step
from holdall.local.memory import MemoryDisk
from holdall.log.codec import Change, Commit
from holdall.model import SeenAs
from holdall.rules.reconcile import Verdict

HEAD, REF, LOGGED = "r/.git/HEAD", "r/.git/refs/heads/main", "r/.git/logs/HEAD"
OBJECT, MERGE = "r/.git/objects/ab/cd", "r/.git/MERGE_HEAD"
DB, WAL, JOURNAL = "app.db", "app.db-wal", "app.db-journal"


class Site:
    """A disk and a ledger that agree on these paths, and what a survey has found since."""

    def __init__(self, *paths):
        self.disk = MemoryDisk(count(1).__next__)
        self.ledger = Ledger(":memory:")
        for path in paths:
            self.disk.write(path, b"1")
        agreed = [Agreed(one.path, local_entry(one, None), one.stamp) for one in self.disk.scan()]
        self.ledger.apply(Commit("1", 1, 0, "other", tuple(Change(one.path, one.entry) for one in agreed)))
        self.ledger.agree(agreed)
        self.found = {}

    def write(self, *paths):
        for path in paths:
            self.disk.write(path, b"2")
            self.find(path)

    def delete(self, path):
        self.disk.delete(path)
        self.find(path)

    def find(self, path):
        (seen,) = self.disk.look((path,))
        row = self.ledger.row(path)
        base = None if row.base is None else row.base.entry
        verdict = Verdict.PUSH_DELETE if seen.what is SeenAs.ABSENT else Verdict.PUSH
        self.found[path] = Step(path, verdict, 1, seen, local_entry(seen, None), base, row.remote)

    def databases(self, skip=None):
        bundle_databases(self.found, self.disk, self.ledger, skip)
        return {path: step.bundle for path, step in self.found.items() if step.bundle is not None}

    def repositories(self, skip=None):
        return bundle_repositories(self.found, self.disk, self.ledger, skip)


def named(*names):
    """A rule for these, wherever they are."""
    return lambda path, _is_dir: path.rpartition("/")[2] in names


@pytest.fixture
def repository():
    """HEAD is to go up, and so is the end of a merge."""
    site = Site(HEAD, REF, LOGGED, OBJECT, MERGE, "r/notes")
    site.write(HEAD, "r/notes")
    site.delete(MERGE)
    return site


def test_a_repository_at_rest_travels_in_one_piece(repository):
    assert repository.repositories() == {}
    assert {path: step.bundle for path, step in repository.found.items()} == {
        HEAD: "r/.git",
        "r/notes": None,
        MERGE: "r/.git",
    }


def test_an_object_that_is_gone_without_a_pack_is_left_to_the_guard(repository):
    repository.delete(OBJECT)
    assert repository.repositories() == {}
    assert (repository.found[OBJECT].bundle, repository.found[MERGE].bundle) == (None, "r/.git")


@pytest.mark.parametrize("gone", [HEAD, "r/.git/refs", "r/.git/objects"])
def test_so_is_all_that_is_gone_where_git_would_see_no_repository(repository, gone):
    """Somebody who removes it was interrupted."""
    repository.found.clear()
    repository.disk.delete(gone)
    repository.find(MERGE)
    assert repository.repositories() == {}
    assert repository.found[MERGE].bundle is None


def test_a_file_that_is_there_again_keeps_the_repository_back(repository):
    repository.disk.write(MERGE, b"2")
    assert repository.repositories() == {"r/.git": "git is at work"}


@pytest.mark.parametrize(
    ("act", "why"),
    [
        pytest.param(
            lambda disk: disk.write("r/.git/index.lock", b""),
            "git is at work: index.lock is there",
            id="locked",
        ),
        pytest.param(lambda disk: disk.write(REF, b"2"), "git is at work", id="another ref is written"),
        pytest.param(lambda disk: disk.write("r/.git/index", b"2"), "git is at work", id="a file appears"),
        pytest.param(
            lambda disk: disk.write(HEAD, b"3"), "git is at work", id="what goes up is written again"
        ),
        pytest.param(lambda disk: disk.delete(HEAD), "git is at work", id="what goes up vanishes"),
    ],
)
def test_nothing_of_a_repository_travels_that_git_works_in_behind_the_scan(repository, act, why):
    act(repository.disk)
    assert repository.repositories() == {"r/.git": why}
    assert repository.found.keys() == {"r/notes"}


class TestARepositoryWithARuleForAPartOfIt:
    def test_travels_without_that_part(self, repository):
        repository.disk.write(LOGGED, b"2")
        assert repository.repositories(named("logs")) == {}
        assert repository.found[HEAD].bundle == "r/.git"

    def test_is_locked_by_a_lock_that_a_rule_leaves_out(self, repository):
        repository.disk.write("r/.git/index.lock", b"")
        at_work = repository.repositories(named("index.lock"))
        assert at_work == {"r/.git": "git is at work: index.lock is there"}


class TestADatabase:
    def test_travels_with_the_log_that_is_beside_it(self):
        site = Site(DB)
        site.write(DB, WAL)
        assert site.databases() == {DB: DB, WAL: DB}

    def test_waits_for_a_log_that_appeared_behind_the_scan(self):
        site = Site(DB)
        site.write(DB)
        site.disk.write(WAL, b"1")
        assert site.databases() == {DB: DB}

    def test_travels_with_the_end_of_its_journal(self):
        site = Site(DB, JOURNAL)
        site.write(DB)
        site.delete(JOURNAL)
        assert site.databases() == {DB: DB, JOURNAL: DB}

    def test_goes_alone_where_it_has_none(self):
        site = Site(DB)
        site.write(DB)
        assert site.databases() == {}

    def test_has_no_part_in_a_directory_of_such_a_name(self):
        site = Site(DB, f"{JOURNAL}/monday")
        site.write(DB, f"{JOURNAL}/tuesday")
        site.find(JOURNAL)
        assert site.databases() == {}
        site.disk.delete(JOURNAL)
        site.find(JOURNAL)
        assert site.databases() == {}

    def test_is_without_what_a_rule_leaves_out(self):
        site = Site(DB)
        site.write(DB)
        site.disk.write(WAL, b"1")
        assert site.databases(named(WAL)) == {}

    def test_is_not_without_what_the_store_has_of_it(self):
        """Whoever opens the database there finds the old log beside it."""
        site = Site(DB, WAL)
        site.write(DB)
        assert site.databases(named(WAL)) == {DB: DB}
