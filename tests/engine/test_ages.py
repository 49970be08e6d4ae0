"""Which files of the head are old: what is asked for costs, not what is there."""

import sqlite3

import pytest
from tests.engine.entries import DIR, A, file, stamp, theirs, tombstone

from holdall.engine import rows, tables
from holdall.engine.ledger import Agreed, Ledger, Settled
from holdall.log.codec import Change, Checkpoint
from holdall.model import Entry, Kind, Tombstone


def put(at_ms, name="A"):
    return file(name)._replace(uploaded_at=at_ms)


def older(ledger, before_ms):
    return [path for path, _ in ledger.ages.older(before_ms)]


@pytest.fixture(params=["before", "after"])
def told(request, ledger):
    """Calls it with commits; the ages are watched from before them, or from after."""

    def tell(paths, *commits):
        if request.param == "before":
            ledger.ages.watch(paths)
        for number, changes in enumerate(commits, 1):
            ledger.apply(theirs(number, *changes))
        ledger.ages.watch(paths)
        return ledger

    return tell


def test_the_oldest_come_first(told):
    ledger = told([""], [("b", put(20)), ("a", put(30)), ("c", put(10)), ("d", put(40))])
    assert older(ledger, 40) == ["c", "b", "a"]


def test_only_the_paths_that_are_asked_for(told):
    paths = ["cache", "cache/x", "cachex", "cache0", "a/b", "a/bc", "other"]
    ledger = told(["cache", "a/b"], [(path, put(10)) for path in paths])
    assert sorted(older(ledger, 20)) == ["a/b", "cache", "cache/x"]


def test_what_has_no_bytes_has_no_age(told):
    link = Entry(Kind.SYMLINK, target="x")
    ledger = told([""], [("d", DIR), ("l", link), ("gone", tombstone(A, 1)), ("unknown", put(0))])
    assert older(ledger, 100) == []


def test_a_newer_upload_counts(told):
    ledger = told([""], [("p", put(10))], [("p", put(30, "B"))])
    assert older(ledger, 20) == []
    assert older(ledger, 40) == ["p"]


def test_an_older_one_that_takes_its_place_counts_too(told):
    """A rename: the copy is as old as what it was made from."""
    ledger = told([""], [("p", put(30))], [("p", put(10, "B"))])
    assert older(ledger, 20) == ["p"]


def test_what_is_gone_or_has_expired_does_not(told):
    ledger = told(
        [""], [("p", put(10)), ("q", put(10))], [("p", Tombstone(2)), ("q", Tombstone(2, expired=True))]
    )
    assert older(ledger, 20) == []


def test_what_was_agreed_on_is_no_newer_than_the_head(ledger):
    ledger.ages.watch([""])
    ledger.apply(theirs(1, ("p", put(30))))
    ledger.apply(theirs(2, ("p", put(10, "B"))))
    ledger.agree([Agreed("p", put(30), stamp())])
    assert older(ledger, 20) == ["p"]


def test_our_own_commits_count(ledger):
    ledger.ages.watch([""])
    ledger.settle(1, [Settled(Change("p", put(10)), stamp())])
    assert older(ledger, 20) == ["p"]


def test_a_checkpoint_counts(ledger):
    ledger.ages.watch([""])
    ledger.replace(Checkpoint(9, [("p", put(10)), ("q", Tombstone(4, expired=True))]))
    assert older(ledger, 20) == ["p"]


def test_other_paths_from_now_on(told):
    ledger = told([""], [("p", put(10)), ("q", put(10))])
    ledger.ages.watch(["q"])
    assert older(ledger, 20) == ["q"]
    ledger.ages.watch([])
    assert older(ledger, 20) == []


def test_a_walk_that_was_cut_off_is_made_again(told, monkeypatch):
    ledger = told([], [("p", put(10))])

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("holdall.engine.ages._note_page", dies)
        with pytest.raises(KeyboardInterrupt):
            ledger.ages.watch([""])
    ledger.ages.watch([""])
    assert older(ledger, 20) == ["p"]


def test_it_costs_what_is_old(told, monkeypatch):
    ledger = told(
        ["", "new"], [(f"new/{number}", put(1000 + number)) for number in range(5000)], [("old", put(10))]
    )
    read, decode = [], rows.decode

    def counted(text):
        read.append(text)
        return decode(text)

    monkeypatch.setattr(tables, "decode", counted)
    monkeypatch.setattr(rows, "decode", counted)
    assert older(ledger, 100) == ["old"]
    assert len(read) <= 2


def test_what_stays_here_after_it_has_expired_is_passed_over_the_next_time(agreed, monkeypatch):
    agreed.ages.watch([""])
    agreed.apply(theirs(2, ("p", put(10))))
    agreed.agree([Agreed("p", put(10), stamp())])
    agreed.apply(theirs(3, ("p", Tombstone(3, A.digest, expired=True))))
    assert older(agreed, 20) == []
    monkeypatch.setattr(rows, "decode", None)
    assert older(agreed, 20) == []
    assert agreed.count() == 0


def test_a_state_of_before_is_taken_along(tmp_path):
    file = tmp_path / "state.db"
    db = sqlite3.connect(file)
    db.executescript(tables.SCHEMA + ";PRAGMA user_version=1")
    one, other = rows.encode(put(10)), rows.encode(put(10, "B"))
    db.execute("INSERT INTO base (path, kind, digest, text) VALUES ('p', 'file', 'A', ?)", (one,))
    db.execute("INSERT INTO ahead VALUES ('q', ?, 0, 0, 0)", (other,))
    db.commit()
    db.close()
    ledger = Ledger(file)
    ledger.ages.watch([""])
    assert sorted(older(ledger, 20)) == ["p", "q"]
    ledger.apply(theirs(1, ("r", put(5))))
    assert older(ledger, 20)[0] == "r"
    ledger.close()
    Ledger(file).close()
