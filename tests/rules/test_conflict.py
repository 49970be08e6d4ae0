"""Names of conflict copies."""

import string

import pytest
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.keys import KEY_BYTES_MAX, key_of
from holdall.rules.conflict import ASIDE_DIR, copy_name, is_copy, original_of, originals

AT_S = 1795357402.75  # 2026-11-22 14:23:22 UTC


def free(_name: str) -> bool:
    return False


@cases("""
                                path              copy
    a file                      notes.md          notes (conflict 2026-11-22 14-23-22 pc).md
    without an extension        Makefile          Makefile (conflict 2026-11-22 14-23-22 pc)
    in a directory              d/e/notes.md      d/e/notes (conflict 2026-11-22 14-23-22 pc).md
    with two extensions         a.tar.gz          a.tar (conflict 2026-11-22 14-23-22 pc).gz
    a dotfile                   .env              .env (conflict 2026-11-22 14-23-22 pc)
    a dot in the directory      d.d/x             d.d/x (conflict 2026-11-22 14-23-22 pc)
    inside .git                 r/.git/refs/m     .holdall-conflicts/r/.git/refs/m (conflict 2026-11-22 14-23-22 pc)
    beside .git                 r/.gitignore      r/.gitignore (conflict 2026-11-22 14-23-22 pc)
    .git as a file              r/.git            r/.git (conflict 2026-11-22 14-23-22 pc)
""")
def test_the_name(path, copy):
    assert copy_name(path, AT_S, "pc", free) == copy


def test_a_number_where_the_name_is_taken():
    first = copy_name("a.md", AT_S, "pc", free)
    second = copy_name("a.md", AT_S, "pc", {first}.__contains__)
    third = copy_name("a.md", AT_S, "pc", {first, second}.__contains__)
    assert second == "a (conflict 2026-11-22 14-23-22 pc)-2.md"
    assert third == "a (conflict 2026-11-22 14-23-22 pc)-3.md"


@pytest.mark.parametrize(
    ("host", "label"), [("", "host"), ("a/b", "a_b"), ("o (x)", "o_x_"), ("ü.lan", "ü.lan")]
)
def test_the_host_as_far_as_a_name_can_hold_it(host, label):
    assert copy_name("a", AT_S, host, free) == f"a (conflict 2026-11-22 14-23-22 {label})"


@pytest.mark.parametrize(
    "path", ["a.md", "notes (conflict).md", "conflict 2026-11-22 14-23-22 pc", "a (1).md"]
)
def test_what_is_no_copy(path):
    assert not is_copy(path)
    assert original_of(path) == path


@cases("""
                                top     path                copy
    the repository's disk       r       r/.git/config       r/.holdall-conflicts/.git/config (conflict 2026-11-22 14-23-22 pc)
    one in the repository       r/.git  r/.git/refs/m       r/.git/.holdall-conflicts/refs/m (conflict 2026-11-22 14-23-22 pc)
    no repository               r       r/d/a               r/d/a (conflict 2026-11-22 14-23-22 pc)
""")
def test_below_the_top_of_what_a_rename_reaches(top, path, copy):
    assert copy_name(path, AT_S, "pc", free, top) == copy
    assert original_of(copy) == path


def test_a_directory_of_that_name_outside_of_a_repository_is_a_users():
    path = f"d/{ASIDE_DIR}/a.md"
    assert original_of(copy_name(path, AT_S, "pc", free)) == path


# -- names that would be too long


@pytest.mark.parametrize(
    ("path", "start", "end"),
    [
        (f"{'x' * 235}.txt", "xxx", ").txt"),
        (f"d/{'ü' * 120}.md", "d/üüü", ").md"),
        (f"a.{'x' * 250}", "a.xxx", ")"),
        ("😀" * 60, "😀😀", ")"),
        ("d/" * 387 + "notes-of-a-day.md", "d/d/", ").md"),
        ("d/" * 410 + "a.md", f"{ASIDE_DIR}/a~", ").md"),
        ("d/" * 392 + "%41" * 8, f"{ASIDE_DIR}/", ")"),
        (f"r/.git/refs/{'m' * 240}", f"{ASIDE_DIR}/r/.git/refs/mmm", ")"),
    ],
    ids=["long", "in two bytes", "extension", "in four bytes", "deep", "too deep", "escaped", "in .git"],
)
def test_a_name_that_is_cut_says_of_which_path_it_is(path, start, end):
    copy = copy_name(path, AT_S, "pc", free)
    assert copy.startswith(start)
    assert copy.endswith(end)
    assert is_copy(copy)
    assert original_of(copy) != path
    assert originals([copy], ["a", path, f"{path}-"]) == {copy: path}


def test_two_names_that_are_cut_alike_are_told_apart():
    paths = [f"{'x' * 240}-{number}.txt" for number in range(3)]
    copies = [copy_name(path, AT_S, "pc", free) for path in paths]
    assert originals(copies, reversed(paths)) == dict(zip(copies, paths, strict=True))


def test_what_is_left_of_a_name_stands_for_an_original_that_is_gone():
    copy = copy_name(f"{'x' * 240}.txt", AT_S, "pc", free)
    original = original_of(copy)
    assert originals([copy], ["x.txt"]) == {copy: original}
    assert original.startswith("xxx")
    assert original.endswith(".txt")


def test_the_search_for_a_free_name_ends():
    asked = []
    found = copy_name("a.md", AT_S, "pc", lambda name: bool(asked.append(name)) or True)
    assert found == asked[-1]
    assert len(asked) == len(set(asked)) == 1000


names = st.text(string.ascii_letters + string.digits + " .-_()", min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)
paths = st.lists(names | st.just(".git"), min_size=1, max_size=3).map("/".join)
hosts = st.text(max_size=100)
long_names = st.text("ab😀ü%4\x01. ", min_size=1, max_size=250).filter(
    lambda name: name not in {".", ".."} and len(name.encode()) <= 255
)
long_paths = (
    st.lists(long_names | st.just(".git"), min_size=1, max_size=6)
    .map("/".join)
    .filter(lambda path: len(key_of(path).encode()) <= KEY_BYTES_MAX)
)


@given(paths, st.floats(0, 4e9), hosts, st.integers(0, 3))
def test_a_copy_is_known_for_one_and_leads_back(path, at_s, host, taken):
    others = iter([True] * taken + [False])
    copy = copy_name(path, at_s, host, lambda _: next(others))
    assert is_copy(copy)
    assert original_of(copy) == path


@given(paths, paths)
def test_nothing_is_added_to_a_git(folder, name):
    assert copy_name(f"{folder}/.git/{name}", AT_S, "pc", free).startswith(f"{ASIDE_DIR}/")


@given(long_paths, hosts, st.integers(0, 3))
def test_every_copy_has_a_name_that_can_be_had(path, host, taken):
    others = iter([True] * taken + [False])
    copy = copy_name(path, AT_S, host, lambda _: next(others))
    assert len(key_of(copy).encode()) <= KEY_BYTES_MAX
    assert all(len(part.encode()) <= 255 for part in copy.split("/"))
    assert is_copy(copy)
    assert originals([copy], [path]) == {copy: path}
