"""Names on a disk that does not hold all of them, and back."""

import unicodedata

import pytest
from hypothesis import given, strategies as st
from tests.local.strict import Rules, case
from tests.rules.awkward_names import awkward

from holdall.rules.local_names import POSIX, WINDOWS, Target, read, ways

MAC = Target(folds=True)
HFS = Target(folds=True, composed=True)
TARGETS = [WINDOWS, MAC, HFS, Target(forbidden=":", trimmed=".")]

letters = st.one_of(
    st.sampled_from(
        ":*. aAbBéÉ\u0301\u200d\u00df\u017f\u212a\uf000\uf03a\uf041\uf0e9\uf0c3\uf0a9%CONcon1¹$\\"
    ),
    st.characters(exclude_characters="\0/", exclude_categories=["Cs"]),
)
names = st.text(letters, min_size=1, max_size=8).filter(lambda name: name not in {".", ".."})


@pytest.mark.parametrize(
    ("name", "on_the_disk"),
    [
        ("a.txt", "a.txt"),
        ("a:b", "a\uf03ab"),
        ("what?", "what\uf03f"),
        ("a\\b", "a\uf05cb"),
        ("CON", "\uf043ON"),
        ("nul.tar.gz", "\uf06eul.tar.gz"),
        ("COM\u00b9", "\uf043OM\u00b9"),
        ("CONS", "CONS"),
        ("a.CON", "a.CON"),
        ("a.", "a\uf02e"),
        ("a. .", "a\uf02e\uf020\uf02e"),
        (".a", ".a"),
        ("a\x01", "a\uf001"),
        ("a\uf03ab", "a\uf0ef\uf080\uf0bab"),
        ("\uf07bx", "\uf07bx"),
        ("a%3Ab", "a%3Ab"),
        ("a\uff1ab", "a\uff1ab"),
    ],
)
def test_what_windows_gets(name, on_the_disk):
    assert ways(name, WINDOWS)[0] == on_the_disk
    assert read(on_the_disk, WINDOWS) == name


def test_what_differs_only_by_case_or_form_is_told_apart():
    assert ways("README", MAC) == ("README", "\uf000\uf052\uf045\uf041\uf044\uf04d\uf045")
    assert ways("readme", MAC) == ("readme", "\uf000readme")
    assert ways("é", MAC) == ("é", "\uf000\uf0c3\uf0a9")


def test_where_names_change_their_form_they_are_taken_to_be_composed():
    assert read("e\u0301", HFS) == "é"
    assert ways("e\u0301", HFS) == ("\uf000e\uf0cc\uf081",)


def test_a_disk_that_holds_all_has_every_name_as_it_is():
    assert POSIX.holds_all
    assert not any(target.holds_all for target in TARGETS)
    assert all(ways(name, POSIX) == (name,) == (read(name, POSIX),) for name in awkward())


@given(names, st.sampled_from(TARGETS))
def test_every_way_leads_back(name, target):
    for way in ways(name, target):
        assert read(way, target) == name
        again = unicodedata.normalize("NFD", way) if target.composed else way
        assert read(again, target) == name


@given(names, names, st.sampled_from(TARGETS))
def test_no_two_names_have_a_way_in_common(one, other, target):
    if one != other:
        assert not {*ways(one, target)} & {*ways(other, target)}


@given(names, names, st.sampled_from([MAC, HFS, WINDOWS]))
def test_what_is_apart_is_so_however_a_system_folds(one, other, target):
    if one != other:
        assert case(ways(one, target)[-1]) != case(ways(other, target)[-1])
        assert case(ways(one, target)[-1]) != case(ways(other, target)[0])


@pytest.mark.parametrize("target", TARGETS)
def test_the_disk_holds_every_way(target):
    rules = Rules(target)
    for name in awkward():
        for way in ways(name, target):
            rules.need(way)


@given(names)
def test_what_windows_holds_by_itself_is_left_alone(name):
    rules = Rules(WINDOWS)
    try:
        rules.need(name)
    except AssertionError:
        return
    if not any("\uf000" <= char <= "\uf0ff" for char in name):
        assert ways(name, WINDOWS)[0] == name


def test_there_are_enough_of_them():
    assert len(awkward()) >= 500
