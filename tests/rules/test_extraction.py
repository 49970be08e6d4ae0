"""Which archives are extracted where, and what becomes of each member."""

import pytest
from tests.rules import sides
from tests.tables import cases

from holdall.model import MEMBER, Tombstone
from holdall.policies.effective import Extract
from holdall.rules.extraction import Archive, archive_at, placing, target
from holdall.rules.reconcile import Sides, Verdict, decide


def member(text):
    return sides.entry(text)._replace(uid="", flag=MEMBER)


def based(text):
    """A base in brackets is a member as it was extracted."""
    if text == "-":
        return None
    return member(text[1:-1]) if text.startswith("[") else sides.entry(text)


def remote(text):
    """K: a tombstone that is kept, of the bytes of A, from after the first three commits; k: from before them."""
    if text in ("K", "k"):
        return Tombstone(4 if text == "K" else 0, "A", kept=True)
    return sides.remote(text)


@cases("""
                                          base  local  remote  then
    as it was extracted                   [A]   A      -       nothing
    not read yet                          [A]   U      -       read
    touched                               [A]   A'     -       push
    edited here                           [A]   B      -       push
    deleted here                          [A]   -      -       push-delete
    unreadable                            [A]   ?      -       nothing
    deleted before it was a member        [A]   A      T       nothing
    deleted elsewhere, since              [A]   A      K       pull-delete
    deleted elsewhere, before             [A]   A      k       nothing
    deleted on both sides                 [A]   -      K       forget
    deleted elsewhere, edited here        [A]   B      K       push
    edited elsewhere                      [A]   A      B       pull
    edited on both sides                  [A]   B      C       conflict
    edited elsewhere, deleted here        [A]   -      B       pull
    the same edit                         [A]   B      B       agree
    uploaded as it is elsewhere           [A]   A      A       pull
    nothing here, and not wanted          -     -      K       nothing
    made anew where it was deleted        -     B      K       push
""")
def test_reconcile(base, local, remote, then):
    assert decide(Sides(based(base), sides.local(local), globals()["remote"](remote))) is Verdict(then)


@cases("""
                                          member  ours  base  local  remote  then
    nothing there                         A       no    -     -      -       put
    a tombstone of long ago               A       no    -     -      T       put
    the same file, not known              A       no    -     A      -       keep
    another file                          A       no    -     B      -       leave
    a directory                           A       no    -     D      -       leave
    unreadable                            A       no    -     ?      -       leave
    the store has one                     A       no    -     -      B       leave
    the store has one, and it is here     A       no    A     A      A       leave
    its user deleted it                   A       no    -     -      K       leave
    of an earlier version, the same       A       no    -     -      k       leave
    of an earlier version, another        B       no    -     -      k       put
    done already                          A       yes   [A]   A      -       keep
    done already, deleted since           A       yes   [A]   -      -       leave
    done already, edited since            A       yes   [A]   B      -       leave
    an earlier version, unchanged         B       yes   [A]   A      -       replace
    an earlier version, changed           B       yes   [A]   C      -       leave
    an earlier version, deleted           B       yes   [A]   -      -       put
    the same in an earlier version        A+      yes   [A]   A      -       keep
    the same, deleted                     A+      yes   [A]   -      -       leave
    another archive's                     B       no    [A]   A      -       leave
    noted and not made                    D       yes   [D]   -      -       put
""")
def test_placing(member, ours, base, local, remote, then):
    found = placing(
        globals()["member"](member),
        Sides(based(base), sides.local(local), globals()["remote"](remote)),
        ours=ours == "yes",
    )
    assert found == then


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a/pack.zip", Archive("zip", "a/pack")),
        ("PACK.ZIP", Archive("zip", "PACK")),
        ("a/p.tar.gz", Archive("tar.gz", "a/p")),
        ("a/p.tgz", Archive("tar.gz", "a/p")),
        ("p.tar.bz2", Archive("tar.bz2", "p")),
        ("p.tar.xz", Archive("tar.xz", "p")),
        ("p.tar.zst", Archive("tar.zst", "p")),
        ("p.v1.tar", Archive("tar", "p.v1")),
        ("a/.zip", None),
        ("a/p.gz", None),
        ("a/p.jar", None),
        ("a/.git/p.zip", None),
        ("a/p (conflict 2026-11-22 14-03-22 HOST).zip", None),
    ],
)
def test_what_is_an_archive(path, found):
    assert archive_at(path) == found


def test_where_it_is_extracted_to():
    here = Extract(extract_current_folder=True)
    assert target("a/pack.zip", Extract()) == "a/pack"
    assert target("a/pack.zip", here) == "a"
    assert target("pack.zip", here) == ""
