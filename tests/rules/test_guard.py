"""When deletions look like an accident."""

from blake3 import blake3
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.rules.guard import WINDOW_S, Guard, trips


@cases("""
                                         gone  total  then
    nothing gone                         0     10     passes
    the only file                        1     1      passes
    one of two                           1     2      passes
    all of two                           2     2      trips
    most of nine                         8     9      passes
    all of nine                          9     9      trips
    half of ten                          5     10     passes
    more than half of ten                6     10     trips
    half of eleven, rounded up           6     11     trips
    half of a hundred                    50    100    passes
    a hundred of a thousand              100   1000   passes
    more than there were                 3     2      trips
    an empty tree                        0     0      passes
""")
def test_what_trips(gone, total, then):
    assert trips(int(gone), int(total)) == (then == "trips")


def doomed(*names: str) -> dict[str, str]:
    return {name: f"digest of {name}" for name in names}


ALL = doomed(*"abcdefghijkl")
"""Twelve files: six may go, seven may not."""


def some(count: int, start: int = 0) -> dict[str, str]:
    return dict(list(ALL.items())[start : start + count])


def test_half_may_go():
    assert Guard().admits(some(6), 12, now=0)


def test_more_than_half_may_not():
    assert not Guard().admits(some(7), 12, now=0)


def test_what_reappears_under_another_name_does_not_count():
    guard = Guard()
    for digest in ALL.values():
        guard.appeared("elsewhere", digest, now=0)
    assert guard.admits(ALL, 12, now=10)


def test_what_appeared_long_ago_is_no_rename():
    guard = Guard()
    for digest in ALL.values():
        guard.appeared("elsewhere", digest, now=0)
    assert not guard.admits(ALL, 12, now=WINDOW_S + 1)


def test_an_empty_digest_never_reappears():
    guard = Guard()
    guard.appeared("elsewhere", "", now=0)
    assert not guard.admits({"d": "", "e": ""}, 2, now=0)


def test_a_directory_emptied_bit_by_bit_trips_as_well():
    guard = Guard()
    guard.mirrored(some(4), now=0)
    assert guard.admits(some(2, 4), 8, now=10)
    guard.mirrored(some(2, 4), now=10)
    assert not guard.admits(some(1, 6), 6, now=20)


def test_what_went_over_a_minute_ago_does_not_count():
    guard = Guard()
    guard.mirrored(some(6), now=0)
    assert not guard.admits(some(2, 6), 6, now=WINDOW_S)
    assert guard.admits(some(2, 6), 6, now=WINDOW_S + 1)


def test_a_rename_does_not_count_afterwards_either():
    guard = Guard()
    for digest in some(6).values():
        guard.appeared("elsewhere", digest, now=0)
    guard.mirrored(some(6), now=0)
    assert guard.admits(some(3, 6), 6, now=10)


def named(*paths: str, content: bytes) -> dict[str, str]:
    return dict.fromkeys(paths, blake3(content).hexdigest())


ALIKE = [f"pkg{n}/__init__.py" for n in range(12)]


@cases("""
                                       content  appeared  then
    one more of the same               x        1         trips
    as many of the same as are gone    x        12        passes
    enough of them                     x        6         passes
    one empty file                              1         trips
    empty files under the same names            12        passes
""")
def test_each_reappearance_accounts_for_one_deletion(content, appeared, then):
    guard = Guard()
    gone = named(*ALIKE, content=content.encode())
    for path, digest in list(gone.items())[: int(appeared)]:
        guard.appeared(f"moved/{path}", digest, now=0)
    assert guard.admits(gone, 12, now=1) == (then == "passes")


def test_empty_files_of_other_names_account_for_none():
    guard = Guard()
    for n in range(12):
        guard.appeared(f"lock{n}", blake3(b"").hexdigest(), now=0)
    assert not guard.admits(named(*ALIKE, content=b""), 12, now=1)


def test_what_accounted_for_a_deletion_accounts_for_no_later_one():
    guard = Guard()
    for n in range(6):
        guard.appeared(f"new{n}", blake3(b"x").hexdigest(), now=0)
    guard.mirrored(named(*ALIKE[:6], content=b"x"), now=1)
    assert not guard.admits(named(*ALIKE[6:], content=b"x"), 6, now=2)


def test_bytes_at_a_path_that_is_gone_as_well_say_nothing():
    guard = Guard()
    guard.appeared("b", "same", now=0)
    assert not guard.admits({"a": "same", "b": "same"}, 2, now=1)


def test_approval_covers_what_went_before_it():
    guard = Guard()
    guard.mirrored(some(6), now=0)
    guard.approve()
    assert guard.admits(some(2, 6), 6, now=1)
    assert not guard.admits(some(6, 6), 6, now=1)


@given(st.integers(0, 100), st.integers(0, 100))
def test_one_deletion_fewer_never_trips_what_passed(gone, total):
    if not trips(gone + 1, total):
        assert not trips(gone, total)


def test_the_upload_of_a_path_is_not_its_reappearance():
    """Written, uploaded and deleted within a minute: deleted all the same."""
    guard = Guard()
    for path, digest in ALL.items():
        guard.appeared(path, digest, now=0)
    assert not guard.admits(ALL, total=len(ALL), now=1)


def test_bytes_at_a_path_that_went_a_moment_ago_say_nothing():
    guard = Guard()
    guard.appeared("b", "same", now=0)
    guard.mirrored({"b": "same"}, now=1)
    assert not guard.admits({"a": "same", "c": "other"}, 2, now=2)
