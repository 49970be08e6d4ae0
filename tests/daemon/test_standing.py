"""Where a mount's directory stands in its context, and what its policy's paths are there."""

from pathlib import Path

import pytest
from tests.tables import cases

from holdall.daemon.spec import Spec
from holdall.daemon.standing import PLAIN, Standing, note, noted
from holdall.daemon.white_list import white_list
from holdall.engine.ledger import Ledger
from holdall.policies.effective import Effective, White
from holdall.rules.local_names import WINDOWS
from holdall.rules.whitelist import Part

STANDINGS = {
    "plain": PLAIN,
    "part": Standing("C:\\p\\a\\b", "C:\\p\\a\\b", within="a/b"),
    "more": Standing("C:\\", "C:\\", above="p/q"),
}


@cases("""
                          stands   in_context   in_mount
    all of it             plain    x/y          x/y
    a part                part     a/b/x        x
    what leads to it      part     a            -
    the part itself       part     a/b          -
    more                  more     x            p/q/x
    all of more           more     -            p/q/
""")
def test_paths_of_the_context_and_of_the_mount(stands, in_context, in_mount):
    standing = STANDINGS[stands]
    path = in_context.removeprefix("-")
    assert standing.in_mount(path) == in_mount.removeprefix("-")
    if in_mount not in {"-", "p/q/"}:
        assert standing.in_context(in_mount) == path


def test_what_lies_beside_the_context():
    more = STANDINGS["more"]
    assert [more.in_context(path) for path in ("", "p", "p/q", "p/x", "pq")] == ["", "", "", None, None]
    assert STANDINGS["part"].in_context("") == "a/b"


def test_a_receipt_names_paths_of_the_mount():
    document = {
        "left": [{"path": "a/b/x", "reason": "r"}, {"path": ".", "reason": "r"}],
        "left_by_policy": ["a/b/y"],
        "problems": [{"path": None}, {"path": "/store"}, {"path": "a/b/z"}],
    }
    told = STANDINGS["part"].told(document)
    assert [one["path"] for one in told["left"]] == ["x", "."]
    assert told["left_by_policy"] == ["y"]
    assert [one["path"] for one in told["problems"]] == [None, "/store", "z"]
    assert PLAIN.told(document) is document


def test_it_is_remembered():
    ledger = Ledger(":memory:")
    assert noted(ledger) == PLAIN
    for standing in (*STANDINGS.values(), Standing(target=WINDOWS)):
        note(ledger, standing)
        assert noted(ledger) == standing
    ledger.close()


@pytest.mark.parametrize("stands", STANDINGS)
def test_a_white_list_is_about_the_mounts_directory(stands):
    standing = STANDINGS[stands]
    listed = (White("src", ("C:\\p\\a\\b\\src\\gen",)), White(r".*\.md", (), is_path_regex=True))
    policy = Effective(white_lists=listed, mapping="C:\\p\\a\\b")
    rules = white_list(Spec("c", Path("/work"), policy=policy), standing)
    for above in ("a", "a/b") if stands == "part" else ():
        assert rules.part(above, is_dir=True) is Part.ON_THE_WAY
    expected = {"src/x": True, "src/gen/x": False, "srcx": False, "x.md": True, "d/x": False}
    if stands == "more":
        expected = {"src/x": False, "x.md": True}
    for path, takes_part in expected.items():
        asked = standing.in_context(path) if stands == "part" else path
        assert (rules.part(asked, is_dir=False) is Part.INSIDE) is takes_part
