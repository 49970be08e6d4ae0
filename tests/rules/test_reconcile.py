"""The table of `rules/reconcile.py`. Letters are explained in sides.py; the laws are in test_reconcile_laws.py."""

from collections.abc import Mapping

from tests.rules import sides
from tests.tables import cases

from holdall.model import Kind
from holdall.rules.reconcile import Sides, Verdict, clashes, decide, parents


@cases("""
                                              base  local  remote  then
    nothing anywhere                          -     -      -       nothing
    in order                                  A     A      A       nothing
    new here                                  -     A      -       push
    new there                                 -     -      A       pull
    the same new on both sides                -     A      A       agree
    edited here                               A     B      A       push
    edited there                              A     A      B       pull
    edited here, not read yet                 A     U      A       push
    the same edit on both sides               A     B      B       agree
    edited on both sides                      A     B      C       conflict
    different on both sides from the start    -     B      C       conflict
    back to the base here, edited there       A     A      B+      pull

    deleted here                              A     -      A       push-delete
    deleted there                             A     A      T       pull-delete
    deleted there, removal seen               A     A      -       pull-delete
    deleted here, edited there                A     -      B       pull
    edited here, deleted there                A     B      T       push
    edited here, deleted there, removal seen  A     B      -       push
    deleted on both sides                     A     -      T       forget
    deleted on both sides, removal seen       A     -      -       forget
    deleted there, never known here           -     -      T       nothing
    deleted there, never known, but here      -     A      T       push
    deleted and made again there              A     A      A+      pull
    deleted here, made again there            A     -      A+      pull

    unreadable                                A     ?      A       nothing
    unreadable, edited there                  A     ?      B       nothing
    unreadable, deleted there                 A     ?      T       nothing
    unreadable, forgotten there               A     ?      -       nothing
    unreadable, new there                     -     ?      A       nothing
    unreadable, nowhere else                  -     ?      -       nothing
    not read yet, edited there                A     U      B       read
    not read yet, new there                   -     U      A       read
    not read yet, deleted there               A     U      T       read
    not read yet, expired there               -     U      X       read

    an earlier version, new there             -     A*     B       pull
    an earlier version, edited there          C     A*     B       pull
    an earlier version, head unmoved          B     A*     B       push
    an earlier version, deleted there         B     A*     T       push

    expired there: what is here stays         A     A      X       nothing
    an edit expired there, not seen here      B     B      X       nothing
    expired there, gone here                  A     -      X       forget
    expired there, edited here                A     B      X       push
    expired data here at first attach         -     A      X       agree
    an earlier version of it at first attach  -     B*     X       agree
    edited here to what expired               B     A      X       agree
    other data here at first attach           -     B      X       push
    expired data nobody has                   -     -      X       nothing
""")
def test_files(base, local, remote, then):
    assert verdict(base, local, remote) == then


@cases("""
                                              base  local  remote  then
    touched here                              A     A'     A       push
    touched there                             A     A      A'      pull
    touched alike on both sides               A     A'     A'      agree
    touched on both sides: the store's wins   A     A'     A''     pull
    the same bytes, touched from the start    -     A      A'      pull
    touched here, edited there                A     A'     B       pull
    edited here, touched there                A     B      A'      push
    the same edit, touched                    A     B      B'      pull
    touched here, deleted there               A     A'     T       pull-delete
    touched here, expired there               A     A'     X       agree
    deleted here, touched there               A     -      A'      pull
    a symlink has no mode and no mtime        L     L'     L       nothing
    a directory's mode changed here           D     D'     D       push
    a directory's mode changed there          D     D      D'      pull
    a directory's mode changed on both        D     D'     D''     pull
    a directory's mode from the start         -     D      D'      pull
    a directory's mode, deleted there         D     D'     T       push
""")
def test_touched_only(base, local, remote, then):
    assert verdict(base, local, remote) == then


@cases("""
                                              base  local  remote  then
    the same directory on both sides          -     D      D       agree
    the same symlink on both sides            -     L      L       agree
    a directory made here                     -     D      -       push
    a directory gone here                     D     -      D       push-delete
    a directory gone there                    D     D      T       pull-delete
    a symlink pointed elsewhere here          L     M      L       push
    a symlink pointed elsewhere there         L     L      M       pull
    a symlink pointed elsewhere on both       L     M      N       conflict
    a symlink pointed elsewhere, gone there   L     M      T       push
    a file became a directory here            A     D      A       push
    a file became a directory there           A     A      D       pull
    a file became a directory on both sides   A     D      D       agree
    a directory became a file here            D     A      D       push
    a directory became a file there           D     D      A       pull
    a file became a symlink here              A     L      A       push
    a file here, a directory there            -     A      D       conflict
    a directory here, a file there            -     D      A       conflict
    a symlink here, a file there              -     L      A       conflict
    a directory here, an edit there           A     D      B       conflict
    an edit here, a directory there           A     B      D       conflict
    a directory here, deleted there           A     D      T       push
    a directory here, a file expired there    D     D      X       pull-delete
    a symlink here, a file expired there      L     L      X       pull-delete
    expired there, a directory here           A     D      X       push
""")
def test_kinds(base, local, remote, then):
    assert verdict(base, local, remote) == then


def verdict(base: str, local: str, remote: str) -> Verdict:
    agreed = None if base == "-" else sides.entry(base)
    return decide(Sides(agreed, sides.local(local), sides.remote(remote), stale="*" in local))


@cases("""
                                              plan                        here         head               then
    nothing in the way                        a/b:push                    a/b=file     a=dir              a/b:push
    in a directory that is new as well        a:push a/b:push             a=dir        -                  a:push a/b:push
    below a file of the head                  a/b:push                    a/b=file     a=file             a:aside
    far below a file of the head              a/b/c:push                  a/b/c=file   a=file             a:aside
    below a symlink of the head               a/b:push                    a/b=file     a=symlink          a:aside
    below a file that is deleted here         a:push-delete a/b:push      a/b=file     a=file             a:push-delete a/b:push
    below a file that became a directory      a:push a/b:push             a=dir        a=file             a:push a/b:push
    two files below a file of the head        a/b:push a/c:push           a/b=file     a=file             a:aside
    a file above what the head holds          a:push                      a=file       a=dir a/b=file     a:aside
    a file above what is deleted here         a:push a/b:push-delete      a=file       a=dir a/b=file     a:push a/b:push-delete
    a file above a deletion and more          a:push a/b:push-delete      a=file       a/b=file a/c=file  a:aside
    a directory above what the head holds     a:push                      a=dir        a/b=file           a:push
    below a directory that goes aside         a:conflict a/b:push         a=dir        a=file             a:aside
    deleted in a directory that goes aside    a:conflict a/b:push-delete  a=dir        a=file             a:conflict
    a conflict of two files                   a:conflict b:push           a=file       a=file             a:conflict b:push
    what comes down is left alone             a/b:pull                    -            a=dir a/b=file     a/b:pull
""")
def test_clashes(plan, here, head, then):
    local, remote = kinds(here), kinds(head)
    mended = clashes(
        verdicts(plan),
        local.get,
        remote.get,
        lambda path: [one for one in remote if one.startswith(path + "/")],
    )
    assert mended == verdicts(then)


def kinds(text: str) -> Mapping[str, Kind]:
    return {path: Kind(kind) for path, _, kind in (one.partition("=") for one in text.split() if one != "-")}


def verdicts(text: str) -> Mapping[str, Verdict]:
    return {path: Verdict(verdict) for path, _, verdict in (one.partition(":") for one in text.split())}


def test_the_parents_of_a_path_from_the_inside_out():
    assert parents("a/b/c") == ["a/b", "a"]
    assert parents("a") == []
