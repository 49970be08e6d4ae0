import pytest
from hypothesis import given, strategies as st

from holdall.keys import is_path, key_of, path_of, takes_part
from holdall.local.base import PART_PREFIX, STAGED_PREFIX

names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)
escapes = st.text("%0123456789ABCDEFabcdef\\\n\x7fz", min_size=1)
paths = st.lists(names | escapes, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("notes/a b.md", "notes/a b.md"),
        ("größe/日本.txt", "größe/日本.txt"),
        ("100%", "100%"),
        ("100%.txt", "100%.txt"),
        ("%41", "%2541"),
        ("%aF%Zz", "%25aF%Zz"),
        ("%%41", "%%2541"),
        ("a\nb\tc", "a%0Ab%09c"),
        ("%\n", "%%0A"),
        ("back\\slash", "back%5Cslash"),
        ("del\x7f", "del%7F"),
        ("c1\x85", "c1\x85"),
    ],
)
def test_a_key_is_the_path_with_little_escaped(path: str, key: str) -> None:
    assert key_of(path) == key
    assert path_of(key) == path


@given(paths)
def test_every_path_comes_back(path):
    assert path_of(key_of(path)) == path


@given(paths, paths)
def test_no_two_paths_share_a_key(one, other):
    assert (key_of(one) == key_of(other)) == (one == other)


@given(paths)
def test_no_key_has_what_listings_cannot_carry(path):
    assert not any(char < " " or char in "\x7f\\" for char in key_of(path))


@given(escapes | paths)
def test_a_key_that_has_a_path_is_the_key_of_that_path(key):
    path = path_of(key)
    assert path is None or key_of(path) == key


@pytest.mark.parametrize(
    "key", ["%41", "%0a", "a\\b", "a\nb", "dir/", "a//b", "../a", "a/./b", "", "%00", "%2E"]
)
def test_keys_that_only_other_tools_write_have_no_path(key: str) -> None:
    assert path_of(key) is None


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", ".", "a/..", "a\0b"])
def test_what_is_no_path(path: str) -> None:
    assert not is_path(path)


@given(paths)
def test_what_is_a_path_takes_part(path: str) -> None:
    assert takes_part(path) == is_path(path)


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "./a", "a/..", "a\0", "a\ud800"])
def test_what_is_no_path_takes_no_part(path: str) -> None:
    assert not takes_part(path)


@pytest.mark.parametrize("name", [f"{STAGED_PREFIX}0123", f"{PART_PREFIX}0123"])
def test_what_lies_beside_others_for_a_moment_takes_no_part(name: str) -> None:
    assert is_path(name)
    for path in (name, f"a/{name}", f"{name}/a"):
        assert not takes_part(path)
        assert path_of(path) is None
    assert takes_part(f"a{name}")
