"""Trees, commits and versions of other days."""

import pytest
from tests.log.books import BEGIN_S, DAY_S, Books, a_fortnight

from holdall.errors import BadFormat
from holdall.log.history import History, Kind, NotKept, diff
from holdall.log.layout import HEAD, checkpoint_key, log_key
from holdall.log.pruning import prune
from holdall.model import Entry, Tombstone


@pytest.fixture
def books():
    return a_fortnight()


def test_the_head_of_nothing_is_zero():
    assert Books().history.head() == 0


@pytest.mark.parametrize("count", range(1, 20))
def test_the_head_is_the_newest_number(count):
    books = Books()
    for number in range(count):
        books.commit(a=b"%d" % number)
        if number == 6:
            books.checkpoint()
    assert books.history.head() == count


@pytest.mark.parametrize("leave", [0, 1])
def test_the_head_is_the_newest_number_whatever_a_hint_says(leave):
    books = Books()
    for number in range(9):
        books.commit(a=b"%d" % number)
    books.store.put(HEAD, b'{"checkpoint": 999}')
    if leave:
        books.store.put(checkpoint_key(999), b"of a log that was cut off")
    assert books.history.head() == 9


def test_every_tree_is_what_was_committed(books):
    for seq in range(books.seq + 1):
        found = {path for path, _ in books.history.tree(seq)}
        assert found == set(books.trees[seq])


def test_the_rows_are_in_the_order_of_the_paths(books):
    paths = [path for path, _ in books.history.rows(books.seq)]
    assert paths == sorted(paths)


def test_the_bytes_of_every_tree_can_be_had(books):
    for seq in range(books.seq + 1):
        assert books.read(seq) == books.trees[seq]


def test_a_part_of_a_tree():
    books = Books()
    books.commit(dir=b"1", dir2__a=b"2", other=b"3")
    books.commit(dir=None)
    seq = books.commit(dir__a=b"4", dir__b__c=b"5")
    assert [path for path, _ in books.history.tree(seq, "dir")] == ["dir/a", "dir/b/c"]
    assert [path for path, _ in books.history.tree(seq, "dir/a")] == ["dir/a"]


def test_rows_keep_a_tombstone_until_its_removal_was_seen():
    books = Books()
    books.commit(a=b"1", b=b"2")
    books.checkpoint()
    deleted = books.commit(a=None)
    assert isinstance(dict(books.history.rows(deleted))["a"], Tombstone)
    books.checkpoint()
    books.sweep("a")
    assert dict(books.history.rows(books.seq)).keys() == {"b"}


def test_a_path_that_is_swept_and_made_anew_is_there():
    books = Books()
    books.commit(a=b"1")
    books.checkpoint()
    books.commit(a=None)
    books.sweep("a")
    books.commit(a=b"2")
    assert isinstance(dict(books.history.rows(books.seq))["a"], Entry)


def test_a_moment_is_the_newest_commit_that_is_not_younger(books):
    assert books.history.at(int((BEGIN_S - 1) * 1000)) == 0
    assert books.history.at(int(BEGIN_S * 1000)) == 1
    assert books.history.at(int((BEGIN_S + 1.5 * DAY_S) * 1000)) == 3
    assert books.history.at(int((BEGIN_S + 99 * DAY_S) * 1000)) == books.seq


def test_commits_come_newest_first(books):
    assert [commit.seq for commit in books.history.commits()] == list(range(books.seq, 0, -1))


def test_the_versions_of_a_path():
    books = Books()
    books.commit(a=b"one", other=b"")
    books.commit(other=b"x")
    books.commit(a=b"three")
    books.commit(a=None)
    found = [(one.seq, getattr(one.now, "size", None)) for one in books.history.versions("a")]
    assert found == [(4, None), (3, 5), (1, 3)]


def test_after_pruning_the_checkpoint_knows_the_version_that_was_current():
    books = Books()
    books.commit(a=b"one", quiet=b"never touched again")
    books.commit(b=b"x")
    books.checkpoint()
    books.day(30)
    books.commit(b=b"y")
    prune(books.log, books.now_s)
    (found,) = books.history.versions("quiet")
    assert (found.seq, found.at_ms, found.by) == (1, None, "")


def test_the_version_of_the_oldest_commit_is_told_once():
    books = Books()
    books.commit(b=b"x")
    books.commit(a=b"one")
    books.checkpoint()
    books.day(30)
    books.commit(b=b"y")
    prune(books.log, books.now_s)
    assert [one.seq for one in books.history.versions("a")] == [2]


def test_what_was_pruned_is_not_kept_and_the_error_names_what_is(books):
    report = prune(books.log, books.now_s)
    assert report.oldest > 1
    for act in (
        lambda: list(books.history.rows(report.oldest - 1)),
        lambda: books.history.at(int(BEGIN_S * 1000)),
        lambda: list(books.history.between(0, 3)),
    ):
        with pytest.raises(NotKept) as error:
            act()
        assert f"commit {report.oldest}" in str(error.value)
    assert {path for path, _ in books.history.tree(report.oldest)} == set(books.trees[report.oldest])
    assert [commit.seq for commit in books.history.commits()][-1] == report.oldest


def test_a_gap_is_damage_and_not_the_end(books):
    books.store.delete(log_key(5))
    with pytest.raises(BadFormat, match="commit 5 "):
        list(books.history.between(0, 8))


def test_a_checkpoint_that_went_away_is_not_a_tree(books):
    class Stale(History):
        def checkpoints(self):
            return [5]

    assert not books.store.head(checkpoint_key(5))
    with pytest.raises(NotKept):
        list(Stale(books.log).rows(8))


def test_a_difference_names_what_a_user_would_see():
    books = Books()
    books.commit(same=b"1", gone=b"2", edited=b"3")
    first = books.seq
    books.commit(gone=None, edited=b"4", new=b"5")
    found = [(one.path, one.kind) for one in diff(books.history.tree(first), books.history.tree(books.seq))]
    assert found == [("edited", Kind.CHANGED), ("gone", Kind.REMOVED), ("new", Kind.ADDED)]


def test_only_a_mode_is_a_difference_of_its_own():
    books = Books()
    books.commit(a=b"1")
    entry = books.head["a"]
    (found,) = diff(iter([("a", entry)]), iter([("a", entry._replace(mode=0o755))]))
    assert found.kind is Kind.META


def test_a_tree_does_not_differ_from_itself(books):
    assert not list(diff(books.history.tree(7), books.history.tree(7)))
