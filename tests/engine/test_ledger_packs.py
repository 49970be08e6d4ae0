"""What a ledger knows of packs, and how one that knew of none comes to."""

import sqlite3
from contextlib import closing

import pytest
from tests.engine.entries import A, B, stamp, theirs

from holdall.engine import tables
from holdall.engine.ledger import Agreed, Ledger
from holdall.log.codec import Change, Checkpoint, Commit
from holdall.model import Entry, Kind, Packed, Slice, Tombstone


def packed(name, *slices, shadow=(), lay=False, vid=1):
    where = Packed(tuple(Slice(*one) for one in slices), shadow, lay)
    return Entry(Kind.FILE, 1, 1, 0o644, f"digest {name}", name, vid, where=where)


def condemning(seq, *packs):
    return Commit("theirs", seq, 0, "there", (), condemned=packs)


def test_a_ledger_from_before_there_were_packs(tmp_path):
    file = tmp_path / "ledger"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(tables.SCHEMA)
        db.execute("PRAGMA user_version=1")
        db.execute("INSERT INTO meta VALUES ('seq', '7')")
        db.execute(
            "INSERT INTO base VALUES ('p', 1, 1, 1, 1, 420, 'file', ?, ?)",
            (A.digest, '["file", 1, 10, 420, "digest A", "uid A", 1, 0, ["p", "etag A", null], [], "", ""]'),
        )
        db.execute("INSERT INTO intents VALUES ('u', 'q', 'd')")
        db.commit()
    with closing(Ledger(file)) as ledger:
        assert ledger.seq == 7
        assert ledger.remote("p") == A
        assert ledger.intended() == ["q"]
        assert ledger.packs.live() == {}
        ledger.apply(theirs(8, ("p", packed("b", ("k", 0, 10), vid=8))))
        assert ledger.packs.live() == {"k": 10}
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (tables.VERSION,)
    with closing(sqlite3.connect(tmp_path / "ledger.format-1")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT path FROM base").fetchall() == [("p",)]


def test_what_the_head_names_in_them(ledger):
    ledger.apply(
        theirs(
            1,
            ("a", packed("a", ("k", 0, 10))),
            ("copy", packed("c", ("k", 0, 10))),
            ("b", packed("b", ("k", 10, 5), ("l", 0, 7), ("k", 10, 5))),
        )
    )
    assert ledger.packs.live() == {"k": 15, "l": 7}
    assert ledger.packs.least() == {"k": 15, "l": 7}
    assert ledger.packs.named(["k", "l", "m"]) == {"k", "l"}
    assert ledger.packs.paths_in(["l"]) == ["b"]
    assert ledger.packs.emptied(["b"]) == {"l"}
    assert ledger.packs.emptied(["a", "copy", "b"]) == {"k", "l"}
    assert not ledger.packs.wasteful
    ledger.apply(theirs(2, ("a", Tombstone(2))))
    assert ledger.packs.live() == {"k": 15, "l": 7}
    ledger.apply(theirs(3, ("copy", Tombstone(3)), ("b", packed("b2", ("l", 0, 7), vid=3))))
    assert ledger.packs.live() == {"l": 7}
    assert ledger.packs.wasteful


def test_what_is_condemned_is_said_to_hold_nothing(ledger):
    ledger.apply(theirs(1, ("a", packed("a", ("k", 0, 10)))))
    ledger.apply(theirs(2, ("a", B)))
    ledger.apply(condemning(3, "k"))
    assert ledger.packs.condemned(["k", "l"]) == {"k"}
    assert ledger.packs.doomed() == []
    assert not ledger.packs.wasteful
    ledger.settle(4, [], "ours", ["m"])
    assert ledger.packs.doomed() == ["m"]
    ledger.packs.discarded(["m"])
    assert ledger.packs.doomed() == []
    assert ledger.packs.condemned(["m"]) == {"m"}


@pytest.mark.parametrize("lay", [True, False])
def test_what_is_still_to_be_done_about_them(ledger, lay):
    hidden = (("uid A", "etag A"),)
    ledger.apply(theirs(1, ("p", packed("a", ("k", 0, 10), shadow=hidden, lay=lay))))
    ledger.agree([Agreed("p", ledger.remote("p"), stamp())])
    assert (ledger.packs.to_lay(9), ledger.packs.shadowing(9)) == (["p"], []) if lay else ([], ["p"])
    ledger.apply(Commit("theirs", 2, 0, "there", (Change("p", None, swept=True),)))
    assert ledger.remote("p").packed == Packed((Slice("k", 0, 10),), (), lay)
    assert ledger.row("p").ahead is None
    assert (ledger.packs.to_lay(9), ledger.packs.shadowing(9)) == (["p"] if lay else [], [])


def test_past_what_was_pruned_the_checkpoint_counts(ledger):
    ledger.apply(
        theirs(
            1,
            ("a", packed("a", ("k", 0, 10))),
            ("b", packed("b", ("k", 10, 5))),
            ("c", packed("c", ("l", 0, 9))),
        )
    )
    ledger.replace(Checkpoint(9, [("a", packed("a", ("k", 0, 10))), ("d", packed("d", ("m", 0, 3), vid=5))]))
    assert ledger.packs.live() == {"k": 10, "m": 3}
    ((held, live),) = ledger._all("SELECT sum(bytes), sum(live) FROM packs")
    assert (held, live) == (18, 13)
    assert ledger.packs.condemned(["l"]) == set()
