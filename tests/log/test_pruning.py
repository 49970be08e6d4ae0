"""What is older than the retention goes, and nothing else, wherever the one who does it dies."""

from threading import Lock

import pytest
from tests.log.books import DAY_S, Books, a_fortnight

from holdall.engine.ledger import Ledger
from holdall.engine.upkeep import Upkeep
from holdall.errors import BadFormat, Unavailable
from holdall.log.codec import Commit, Pruned, encode_pruned
from holdall.log.commits import CommitLog, ContextInfo
from holdall.log.history import History
from holdall.log.layout import CHECKPOINTS, PRUNED, TRASH, checkpoint_key, file_key, log_key, trash_key
from holdall.log.objects import Objects
from holdall.log.pruning import KEEP_S, Report, prune, prune_daily
from holdall.log.verify import verify
from holdall.model import Entry
from holdall.store.passing import Passing

WRITES = {"put", "delete", "copy", "upload"}


class Dying:
    """The store as one sees it who dies at the given request, before it or after it was carried out."""

    def __init__(self, store, at=None, *, carried_out=False):
        self.store, self.at, self.carried_out, self.requests = store, at, carried_out, 0

    def __getattr__(self, name):
        found = getattr(self.store, name)
        if not callable(found) or name == "now":
            return found

        def request(*args, **kwargs):
            self.requests += 1
            if self.at is not None and self.requests >= self.at:
                if self.requests == self.at and self.carried_out:
                    found(*args, **kwargs)
                raise Unavailable("dead")
            return found(*args, **kwargs)

        return request


@pytest.fixture
def books():
    return a_fortnight()


def in_retention(books, now_s, keep_s=KEEP_S):
    """The commits whose trees have to stay: the one that was the head when the retention began, and what came since."""
    commits = list(a_log(books))
    begin = max((one.seq for one in commits if one.at_ms <= (now_s - keep_s) * 1000), default=0)
    return range(begin, books.seq + 1)


def a_log(books):
    return [one for seq in range(1, books.seq + 1) if isinstance(one := books.log.read(seq), Commit)]


def names(store):
    return {info.key for info in store.list("")}


def head_of(books, ledger=None):
    """The head's tree as a mount reads it: from nothing, or from where its ledger is."""
    ledger = ledger or Ledger(":memory:")
    origin = ContextInfo("c", "c", "/", "posix")
    Upkeep(ledger, CommitLog(books.store), Objects(books.store), origin, lambda _path, _entry: None).refresh()
    return {path for path, now in ledger.tree() if isinstance(now, Entry)}


def test_old_commits_become_markers_that_say_where_to_read_on(books):
    report = prune(books.log, books.now_s)
    assert report.commits == report.oldest - 1 > 0
    for seq in range(1, report.oldest):
        assert books.log.read(seq) == Pruned(seq, report.oldest)
    assert isinstance(books.log.read(report.oldest), Commit)


def test_every_tree_of_the_retention_stays_with_its_bytes(books):
    kept = in_retention(books, books.now_s)
    prune(books.log, books.now_s)
    assert 0 < kept[0] < books.seq
    for seq in kept:
        assert books.read(seq) == books.trees[seq]


def test_trash_goes_that_no_tree_of_the_retention_names(books):
    before = sum(1 for _ in books.store.list(TRASH))
    report = prune(books.log, books.now_s)
    left = {info.key for info in books.store.list(TRASH)}
    named = {now.uid for seq in in_retention(books, books.now_s) for _, now in books.history.tree(seq)}
    assert report.trash > 0
    assert report.trash_bytes > 0
    assert len(left) == before - report.trash
    # Besides what is named only what was put there within the retention.
    young = {info.key for info in books.store.list(TRASH) if info.modified_at >= books.now_s - KEEP_S}
    assert {key for key in left if key.split("/")[1] in named} | young == left


def test_checkpoints_below_the_one_that_is_needed_go(books):
    report = prune(books.log, books.now_s)
    numbers = [int(info.key.removeprefix(CHECKPOINTS)) for info in books.store.list(CHECKPOINTS)]
    assert report.checkpoints > 0
    assert min(numbers) == report.oldest


def test_nothing_young_goes(books):
    before = names(books.store)
    report = prune(books.log, books.now_s, keep_s=30 * DAY_S)
    assert report.oldest == 1
    assert not report.commits
    assert names(books.store) == before


def test_a_second_run_finds_nothing_to_do(books):
    first = prune(books.log, books.now_s)
    again = prune(books.log, books.now_s)
    assert (again.oldest, again.commits, again.checkpoints, again.trash) == (first.oldest, 0, 0, 0)


def test_days_later_it_goes_on_from_there(books):
    first = prune(books.log, books.now_s)
    for _ in range(10):
        books.commit(a=b"later %d" % books.seq)
        books.checkpoint()
        books.day()
    kept = in_retention(books, books.now_s)
    second = prune(books.log, books.now_s)
    assert second.oldest > first.oldest
    for seq in kept:
        assert books.read(seq) == books.trees[seq]


def test_without_a_checkpoint_nothing_of_the_log_goes():
    books = Books()
    books.commit(a=b"1")
    books.commit(a=b"2")
    books.day(30)
    books.commit(a=b"3")
    report = prune(books.log, books.now_s)
    assert (report.oldest, report.commits) == (1, 0)
    assert report.trash == 1  # what was superseded a month ago is not promised any more


@pytest.mark.parametrize("which", ["the one to read on from", "the newest"])
def test_an_unreadable_checkpoint_stops_it_before_anything_goes(books, which):
    chosen = prune(a_fortnight().log, books.now_s).oldest
    listed = books.history.checkpoints()
    assert chosen in listed[:-1]
    books.store.put(checkpoint_key(listed[-1] if which == "the newest" else chosen), b"junk")
    before = names(books.store)
    with pytest.raises(BadFormat):
        prune(books.log, books.now_s)
    assert names(books.store) == before
    assert len(a_log(books)) == books.seq


def test_an_unreadable_commit_stops_it_before_anything_goes(books):
    books.store.put(log_key(books.seq), b"not a commit")
    before = names(books.store)
    with pytest.raises(BadFormat):
        prune(books.log, books.now_s)
    assert names(books.store) == before


def test_an_entry_whose_bytes_are_only_in_the_trash_keeps_them(books):
    entry = books.head["dir/1"]
    books.objects.retain("dir/1", entry.uid, entry.where.etag)
    books.store.delete(file_key("dir/1"))  # another tool did that
    books.checkpoint()
    books.day(60)
    prune(books.log, books.now_s)
    assert books.read(books.seq) == books.trees[-1]


def test_what_was_retained_just_now_is_not_touched_whatever_the_log_says(books):
    books.store.put(trash_key("nobody", "x"), b"for a commit that is yet to come")
    prune(books.log, books.now_s)
    assert books.store.head(trash_key("nobody", "x"))


def test_what_is_retained_anew_while_it_is_removed_stays(books):
    """Between the listing and the removal: the copy is another object, and the removal was of the old one."""
    doomed = trash_key("nobody", "x")
    books.store.put(doomed, b"of a version that nobody names")
    books.day(60)

    class Raced(Passing):
        def delete(self, key, *, when=None):
            if key == doomed:
                books.store.put(doomed, b"retained again")
            self.inner.delete(key, when=when)

    prune(CommitLog(Raced(books.store)), books.now_s)
    assert books.store.get(doomed) == b"retained again"


def test_of_two_that_prune_at_once_the_marker_of_the_first_stays(books):
    books.day(60)
    books.checkpoint()
    first = encode_pruned(Pruned(1, 999))

    class Raced(Passing):
        def put(self, key, data, *, meta=None, when=None):
            if key == log_key(1):
                books.store.put(key, first)
            return self.inner.put(key, data, meta=meta, when=when)

    prune(CommitLog(Raced(books.store)), books.now_s)
    assert books.store.get(log_key(1)) == first


def test_a_commit_with_a_clock_far_behind_does_not_shorten_the_retention(books):
    real = books.now_s
    books.now_s -= 400 * DAY_S
    seq = books.commit(a=b"from a machine whose clock is wrong")
    books.now_s = real
    report = prune(books.log, books.now_s)
    assert report.oldest < seq
    assert books.read(seq - 1) == books.trees[seq - 1]


@pytest.mark.parametrize("off_days", [-400, 400])
def test_commits_with_a_wrong_clock_are_as_young_as_what_comes_after_them(books, off_days):
    books.day(30)
    real = books.now_s
    books.now_s += off_days * DAY_S
    wrong = [books.commit(a=b"wrong %d" % n) for n in range(3)]
    books.checkpoint()
    books.now_s = real
    books.commit(a=b"right")
    prune(books.log, books.now_s)
    for seq in wrong:
        assert books.read(seq) == books.trees[seq]
    books.day(30)
    books.commit(a=b"a month later")
    books.checkpoint()
    books.day(8)
    books.commit(a=b"and a week")
    assert prune(books.log, books.now_s).oldest > wrong[-1]


def test_a_store_is_not_pruned_by_a_clock_far_behind(books):
    before = names(books.store)
    report = prune(books.log, books.now_s - 400 * DAY_S)
    assert (report.commits, report.trash) == (0, 0)
    assert names(books.store) == before


def test_a_machine_that_was_away_reads_on_at_the_newest_checkpoint():
    books = Books()
    books.commit(a=b"a")
    away = Ledger(":memory:")
    assert head_of(books, away) == {"a"}
    a_fortnight(books)
    prune(books.log, books.now_s)
    assert head_of(books, away) == set(books.trees[-1])


def test_dying_anywhere_costs_nothing_but_the_rest_of_the_work():
    """For each request: die before it, or when it was carried out and not answered."""
    counted = Dying(a_fortnight().store)
    now_s = a_fortnight().now_s
    prune(CommitLog(counted), now_s)
    whole = names(counted.store)
    assert counted.requests > 50
    for at in range(1, counted.requests + 1):
        for carried_out in (False, True):
            books = a_fortnight()
            kept = in_retention(books, now_s)
            with pytest.raises(Unavailable):
                prune(CommitLog(Dying(books.store, at, carried_out=carried_out)), now_s)
            assert head_of(books) == set(books.trees[-1])
            for seq in (kept[0], kept[len(kept) // 2], kept[-1]):
                assert books.read(seq) == books.trees[seq]
            report = verify(books.log)
            assert report.intact, report.findings
            prune(books.log, now_s)
            assert names(books.store) - {"context.json"} == whole


def test_beside_a_machine_that_commits():
    """Before each request of the run another machine overwrites a file."""
    books = a_fortnight()
    lock = Lock()  # some requests are made by several threads at once

    class Busy(Dying):
        def __getattr__(self, name):
            found = super().__getattr__(name)
            if not callable(found) or name == "now":
                return found

            def request(*args, **kwargs):
                with lock:
                    books.commit(a=b"busy %d" % books.seq)
                return found(*args, **kwargs)

            return request

    kept = in_retention(books, books.now_s)
    prune(CommitLog(Busy(books.store)), books.now_s)
    for seq in (*kept[:3], kept[-1], books.seq - 1, books.seq):
        assert books.read(seq) == books.trees[seq]
    assert History(books.log).head() == books.seq


# -- by a clock that may be wrong


def test_a_clock_that_is_ahead_for_an_hour_takes_nothing_that_is_young(books):
    """Of a directory, the store's clock is the machine's."""
    young = {info.key for info in books.store.list(TRASH) if info.modified_at > books.now_s - 5 * DAY_S}
    assert len(young) > 3
    for ahead_s in (0, 30 * DAY_S):
        prune_daily(books.log, books.now_s + ahead_s)
    assert young <= {info.key for info in books.store.list(TRASH)}
    for day in range(1, 14):
        prune_daily(books.log, books.now_s + day * DAY_S)
    assert not list(books.store.list(TRASH))


@pytest.mark.parametrize("noted", [None, b"", b"{}", b'{"at_ms": "x"}'])
def test_the_first_run_only_notes_the_time(books, noted):
    if noted is not None:
        books.store.put(PRUNED, noted)
    assert prune_daily(books.log, books.now_s + 30 * DAY_S) == Report()
    assert prune_daily(books.log, books.now_s + 30 * DAY_S).trash > 0
