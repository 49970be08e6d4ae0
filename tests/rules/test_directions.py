"""The table of the sync types: which way things go on their own, and when they are asked for."""

import pytest
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.reconcile import Verdict

FLAGS = {"up": "auto_upload", "down": "auto_download", "deletions": "sync_local_file"}


@cases("""
                                            sync   without          push  push_delete  pull  pull_delete
    auto                                    auto   -                yes   yes          yes   yes
    auto, no uploads                        auto   up               no    no           yes   yes
    auto, no downloads                      auto   down             yes   yes          no    no
    auto, no deletions upwards              auto   deletions        yes   no           yes   yes
    auto, no uploads and no deletions       auto   up deletions     no    no           yes   yes
    auto, neither way                       auto   up down          no    no           no    no
    arch                                    arch   -                yes   no           yes   no
    arch, no uploads                        arch   up               no    no           yes   no
    arch, no downloads                      arch   down             yes   no           no    no
    arch, neither way                       arch   up down          no    no           no    no
    one                                     one    -                yes   no           no    no
    one, whatever the policy                one    up down          yes   no           no    no
""")
def test_on_its_own(sync, without, push, push_delete, pull, pull_delete):
    expected = [one == "yes" for one in (push, push_delete, pull, pull_delete)]
    assert list(directions(SyncType(sync), flags(without))) == expected


@cases("""
                                            sync   without          push  push_delete  pull  pull_delete
    auto, no uploads                        auto   up               yes   yes          yes   yes
    auto, no downloads                      auto   down             yes   yes          yes   yes
    auto, neither way                       auto   up down          yes   yes          yes   yes
    auto: a deletion has no matching flag   auto   up deletions     yes   no           yes   yes
    arch carries no deletion, ever          arch   up down          yes   no           yes   no
    one brings nothing down, ever           one    up down          yes   no           no    no
""")
def test_asked_for(sync, without, push, push_delete, pull, pull_delete):
    expected = [one == "yes" for one in (push, push_delete, pull, pull_delete)]
    assert list(directions(SyncType(sync), flags(without), asked=True)) == expected


def flags(without: str) -> Flags:
    return Flags(**{FLAGS[one]: False for one in without.split() if one != "-"})


all_flags = st.builds(Flags, st.booleans(), st.booleans(), st.booleans())


@given(st.sampled_from([SyncType.ARCH, SyncType.ONE]), all_flags, st.booleans())
def test_only_auto_carries_deletions(sync, flags, asked):
    found = directions(sync, flags, asked=asked)
    assert not found.push_delete
    assert not found.pull_delete


@given(st.sampled_from(SyncType), all_flags)
def test_asking_never_takes_a_direction_away(sync, flags):
    alone, asked = directions(sync, flags), directions(sync, flags, asked=True)
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
