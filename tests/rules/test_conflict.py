"""Names of conflict copies."""

import string

import pytest
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.rules.conflict import ASIDE_DIR, copy_name, is_copy, original_of

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


names = st.text(string.ascii_letters + string.digits + " .-_()", min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)
paths = st.lists(names | st.just(".git"), min_size=1, max_size=3).map("/".join)
hosts = st.text(max_size=10)


@given(paths, st.floats(0, 4e9), hosts, st.integers(0, 3))
def test_a_copy_is_known_for_one_and_leads_back(path, at_s, host, taken):
    others = iter([True] * taken + [False])
    copy = copy_name(path, at_s, host, lambda _: next(others))
    assert is_copy(copy)
    assert original_of(copy) == path


@given(paths, paths)
def test_nothing_is_added_to_a_git(folder, name):
    assert copy_name(f"{folder}/.git/{name}", AT_S, "pc", free).startswith(f"{ASIDE_DIR}/")
