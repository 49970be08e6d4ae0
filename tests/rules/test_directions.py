"""The table of the sync types: which way things go on their own, and when they are asked for."""

import pytest
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.rules.directions import EVERYTHING, Asked, Flags, SyncType, directions
from holdall.rules.reconcile import Verdict

FLAGS = {"up": "auto_upload", "down": "auto_download", "deletions": "sync_local_file"}


@cases("""
                                            sync   without          push  push_delete  pull  pull_delete  back
    auto                                    auto   -                yes   yes          yes   yes          yes
    auto, no uploads                        auto   up               no    no           yes   yes          yes
    auto, no downloads                      auto   down             yes   yes          no    no           no
    auto, no deletions upwards              auto   deletions        yes   no           yes   yes          no
    auto, no uploads and no deletions       auto   up deletions     no    no           yes   yes          no
    auto, neither way                       auto   up down          no    no           no    no           no
    arch                                    arch   -                yes   no           yes   no           yes
    arch, no deletions upwards              arch   deletions        yes   no           yes   no           no
    arch, no uploads                        arch   up               no    no           yes   no           yes
    arch, no downloads                      arch   down             yes   no           no    no           no
    arch, neither way                       arch   up down          no    no           no    no           no
    one                                     one    -                yes   no           no    no           no
    one, no downloads                       one    down             yes   no           no    no           no
    one, no uploads                         one    up               no    no           no    no           no
""")
def test_on_its_own(sync, without, push, push_delete, pull, pull_delete, back):
    expected = [one == "yes" for one in (push, push_delete, pull, pull_delete, back)]
    assert list(directions(SyncType(sync), flags(without))) == expected


@cases("""
                           asked    push
    on its own             -        no
    when it is asked for   up       yes
    which a wait does not  down     no
""")
def test_after_its_one_pass_nothing_goes_up(asked, push):
    found = directions(SyncType.ONE, Flags(), Asked("up" in asked, "down" in asked), passed=True)
    assert list(found) == [push == "yes", False, False, False, False]


@cases("""
                                            sync   without          asked    push  push_delete  pull  pull_delete  back
    auto, no uploads                        auto   up               up       yes   yes          yes   yes          yes
    auto, no downloads                      auto   down             down     yes   yes          yes   yes          yes
    auto, neither way                       auto   up down          up down  yes   yes          yes   yes          yes
    a flush brings nothing down             auto   up down          up       yes   yes          no    no           no
    a wait sends nothing up                 auto   up down          down     no    no           yes   yes          yes
    auto: a deletion has no matching flag   auto   up deletions     up down  yes   no           yes   yes          no
    arch carries no deletion, ever          arch   up down          up down  yes   no           yes   no           yes
    one brings nothing down, ever           one    up down          up down  yes   no           no    no           no
    and up only what is asked for           one    up down          down     no    no           no    no           no
""")
def test_asked_for(sync, without, asked, push, push_delete, pull, pull_delete, back):
    expected = [one == "yes" for one in (push, push_delete, pull, pull_delete, back)]
    assert list(directions(SyncType(sync), flags(without), Asked("up" in asked, "down" in asked))) == expected


def flags(without: str) -> Flags:
    return Flags(**{FLAGS[one]: False for one in without.split() if one != "-"})


all_flags = st.builds(Flags, st.booleans(), st.booleans(), st.booleans())


@given(
    st.sampled_from([SyncType.ARCH, SyncType.ONE]), all_flags, st.builds(Asked, st.booleans(), st.booleans())
)
def test_only_auto_carries_deletions(sync, flags, asked):
    found = directions(sync, flags, asked)
    assert not found.push_delete
    assert not found.pull_delete


@given(st.sampled_from(SyncType), all_flags)
def test_asking_never_takes_a_direction_away(sync, flags):
    alone, asked = directions(sync, flags), directions(sync, flags, EVERYTHING)
    assert all(one <= other for one, other in zip(alone, asked, strict=True))


@pytest.mark.parametrize("verdict", [Verdict.NOTHING, Verdict.AGREE, Verdict.FORGET, Verdict.READ])
def test_what_moves_nothing_is_always_allowed(verdict):
    assert directions(SyncType.AUTO, flags("up down")).allow(verdict)


@cases("""
                                           verdict       needs
    an upload                              push          push
    a file in the way is kept as a copy    aside         push
    a deletion upwards                     push-delete   push_delete
    a download                             pull          pull
    a deletion downwards                   pull-delete   pull_delete
    a conflict goes both ways              conflict      push pull
""")
def test_a_verdict_needs_its_direction(verdict, needs):
    every = directions(SyncType.AUTO, Flags())
    assert every.allow(Verdict(verdict))
    for direction in needs.split():
        assert not every._replace(**{direction: False}).allow(Verdict(verdict))


def test_what_was_deleted_here_needs_another():
    every = directions(SyncType.AUTO, Flags())
    assert every.allow(Verdict.PULL, deleted_here=True)
    assert every._replace(pull=False).allow(Verdict.PULL, deleted_here=True)
    assert not every._replace(back=False).allow(Verdict.PULL, deleted_here=True)
