"""What a rules file says holds from the look on that comes across it, whoever told of it, or nobody."""

import pytest
from tests.engine.site import Site

from holdall.engine.rulebook import Rulebook
from holdall.engine.words import Scope
from holdall.errors import RootLost
from holdall.local.memory import MemoryReader

RULES = ".holdallignore"


class Ruled(Site):
    """`told`: how often it was said that the rules are others than before."""

    patterns = ()

    def rules(self):
        self.told = 0
        self.book = Rulebook(self.disk, self.patterns, ("state",), self.hear)
        return self.book

    def hear(self):
        self.told += 1

    def found(self, *paths, **how):
        """What would go up of the files, in one part or more."""
        self.disk.looked = []
        return [one.path for one in self.survey(*paths, **how).steps if one.local and one.local.digest]


@pytest.fixture
def site(monkeypatch):
    found = Ruled("a", "d/b")
    look = found.disk.look

    def looked(paths):
        paths = list(paths)
        found.disk.looked += [path for path in paths if path.endswith(RULES)]
        return look(paths)

    found.disk.looked = []
    monkeypatch.setattr(found.disk, "look", looked)
    return found


def test_it_says_nothing_where_there_is_none(site):
    site.disk.write("d/x", b"1")
    assert site.found() == ["d/x"]
    assert (site.told, site.disk.looked) == (0, [])


# By the order of paths, some come before the rules file.
@pytest.mark.parametrize("secret", ["x", ".env", "-x", "!d/x", "e/f/x"])
@pytest.mark.parametrize("how", [(), ("d",), ("d/SECRET",)])
def test_a_new_one_holds_for_all_beside_and_below(site, secret, how):
    site.disk.write(f"d/{RULES}", b"x\n.env\n-x\n")
    site.disk.write(f"d/{secret}", b"1")
    paths = [path.replace("SECRET", secret) for path in how]
    scope = Scope.TREES if paths == ["d"] else Scope.PATHS
    assert set(site.found(*paths, scope=scope)) <= {f"d/{RULES}"}
    assert site.told == 1


def test_a_changed_one_holds_as_it_is_now(site):
    site.disk.write(f"d/{RULES}", b"x")
    site.disk.write("d/x", b"1")
    assert site.found() == [f"d/{RULES}"]
    site.disk.write(f"d/{RULES}", b"y")
    assert site.found("d/x") == ["d/x"]
    assert site.told == 2


def test_one_that_went_with_its_directory_is_not_that_of_the_next(site):
    site.disk.write(f"e/{RULES}", b"x")
    site.disk.write("e/x", b"1")
    assert site.found() == [f"e/{RULES}"]
    site.disk.delete("e")
    site.disk.write("e/x", b"2")
    assert site.found("e", scope=Scope.TREES) == ["e/x"]


def test_one_that_is_no_file_any_more_says_nothing(site):
    site.disk.write(RULES, b"x")
    site.disk.write("x", b"1")
    assert site.found() == [RULES]
    site.disk.delete(RULES)
    site.disk.symlink(RULES, "a")
    assert "x" in site.found()


def test_it_holds_where_a_rule_leaves_it_out(site):
    site.patterns = (".*",)
    site.restart()
    site.disk.write(RULES, f"x\n{RULES}".encode())
    site.disk.write("x", b"1")
    for told in (1, 0, 0):
        site.told = 0
        assert site.found() == []
        assert site.told == told
    assert site.book(RULES, False)
    assert not site.book.unwatched(RULES, False)
    assert site.book.unwatched("x", False)
    assert site.book.unwatched(f"d/.e/{RULES}", True)


def test_only_a_new_word_is_told(site):
    site.disk.write(RULES, b"x")
    site.survey()
    site.disk.write(RULES, b"x")
    site.survey()
    assert site.told == 1


def test_one_whose_changes_might_not_show_is_read_each_time(site, monkeypatch):
    monkeypatch.setattr(MemoryReader, "vouch", lambda _: None)
    site.disk.write(RULES, b"x")
    site.disk.write("x", b"1")
    assert site.found() == [RULES]
    site.disk.tree.nodes[RULES].data = b"y"
    assert "x" in site.found()


def test_one_that_cannot_be_read_says_what_it_said(site, caplog):
    site.disk.write(RULES, b"x")
    site.disk.write("x", b"1")
    site.survey()
    site.disk.write(RULES, b"y")
    site.disk.chmod(RULES, 0)
    for _ in range(2):
        assert "x" not in site.found()
    assert len(caplog.records) == 1
    site.disk.chmod(RULES, 0o644)
    assert "x" in site.found()


def test_nor_does_one_in_a_directory_that_cannot_be_read_unsay_it(site):
    site.disk.write(f"d/{RULES}", b"x")
    site.survey()
    site.disk.chmod("d", 0)
    site.survey("d/x")
    assert site.book("d/x", False)


def test_what_is_in_a_repository_or_an_ignored_directory_or_outside_is_none(site):
    site.disk.write(RULES, b"left")
    for folder in ("r/.git", "r/.git/-x", "left", "state"):
        site.disk.write(f"{folder}/{RULES}", b"*")
        site.disk.write(f"{folder}/x", b"1")
    site.found()
    site.found("r/.git/x", "left/x", "state/x")
    assert set(site.disk.looked) <= {RULES, f"r/{RULES}"}
    assert site.told == 1


def test_each_is_looked_at_once_in_a_survey(site):
    for name in ("-1", "-2", "x", "y", RULES):
        site.disk.write(f"d/{name}", b"")
    site.found()
    site.found("d/x", "d/y")
    assert site.disk.looked == [RULES, f"d/{RULES}"]


def test_those_that_are_there_can_be_read_ahead_of_all_surveys(site):
    site.disk.write(f"d/{RULES}", b"x")
    root, site.disk.root = site.disk.root, None
    with pytest.raises(RootLost):
        site.book.load()
    site.disk.root = root
    assert not site.book("d/x", False)
    site.book.load()
    assert site.book("d/x", False)
    site.survey()
    assert site.told == 0


def test_a_change_is_told_at_the_next_survey_where_its_own_came_to_nothing(site, monkeypatch):
    site.disk.write(RULES, b"x")
    monkeypatch.setattr(site.ledger, "intended", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        site.survey()
    monkeypatch.undo()
    assert site.told == 0
    site.survey()
    assert site.told == 1


@pytest.mark.parametrize("paths", [(), ("d/secret", "d/e/f")])
def test_rules_that_were_never_read_keep_all_back_that_they_may_speak_of(site, paths):
    site.disk.write(f"d/{RULES}", b"secret\n")
    site.disk.write("d/secret", b"1")
    site.disk.write("d/e/f", b"1")
    site.disk.tree.nodes[f"d/{RULES}"].mode = 0
    assert set(site.found(*paths)) <= {f"d/{RULES}"}
    site.disk.tree.nodes[f"d/{RULES}"].mode = 0o644
    assert set(site.found(*paths)) == {f"d/{RULES}", "d/e/f"} - (set() if not paths else {f"d/{RULES}"})


def test_rules_that_cannot_be_read_any_more_stay(site):
    site.disk.write(f"d/{RULES}", b"secret\n")
    site.found()
    site.disk.write(f"d/{RULES}", b"other\n")
    site.disk.tree.nodes[f"d/{RULES}"].mode = 0
    site.disk.write("d/secret", b"1")
    site.disk.write("d/other", b"1")
    assert "d/secret" not in site.found()
    assert "d/other" in site.found()


def test_rules_that_were_never_read_and_are_gone_hold_no_more(site):
    site.disk.write(f"d/{RULES}", b"x\n")
    site.disk.write("d/x", b"1")
    site.disk.tree.nodes[f"d/{RULES}"].mode = 0
    site.found()
    site.disk.delete(f"d/{RULES}")
    assert site.found() == ["d/x"]
