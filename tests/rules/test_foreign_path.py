"""Paths of every system, read on this one."""

import pytest
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.rules.foreign_path import System, readings, understood


@cases(r"""
                              said                            system   means
    POSIX                     /home/me/work                   posix    /home/me/work
    the root                  /                               posix    /
    slashes too many          //home///me/./work/             posix    /home/me/work
    a backslash in a name     /home/me/a\b                    posix    /home/me/a\b
    POSIX, by Windows         \home\me\work                   posix    /home/me/work
    a drive                   C:\Users\me                     windows  C:\Users\me
    a drive, slashes          c:/Users/me/                    windows  C:\Users\me
    a drive, mixed            C:\Users/me\\work               windows  C:\Users\me\work
    a whole drive             D:\                             windows  D:\
    a drive alone             D:                              windows  D:\
    a share                   \\nas\team\work                 windows  \\nas\team\work
    a share, mixed            \\nas/team\work/x               windows  \\nas\team\work\x
    a whole share             \\nas\team                      windows  \\nas\team\
    a long drive path         \\?\C:\Users\me                 windows  C:\Users\me
    a long share path         \\?\UNC\nas\team\work           windows  \\nas\team\work
    the same in small         \\?\unc\nas\team                windows  \\nas\team\
    with slashes              //?/C:/Users                    windows  C:\Users
    a volume                  \\?\Volume{3a-b}\x\y            windows  \\?\Volume{3a-b}\x\y
""")
def test_what_is_meant(said, system, means):
    found = understood(said)
    assert (found.system.value, str(found)) == (system, means)


@pytest.mark.parametrize(
    "said",
    ["", "work", "./work", "C:work", "~/work", "\\\\nas", "//?/UNC/nas", "a\0b", "/a/../b", "C:\\a\\..\\b"],
)
def test_what_is_no_absolute_path(said):
    with pytest.raises(ValueError, match=r"is no absolute path|names no share|'\.\.'|NUL"):
        understood(said)


@cases(r"""
                                 path                    above               more
    equal                        /home/me                /home/me            -
    below                        /home/me/a/b            /home/me            a b
    by whole parts               /home/mean              /home/me            no
    above                        /home                   /home/me            no
    POSIX minds case             /home/ME/a              /home/me            no
    Windows does not             c:\USERS\Me\Größe       C:\Users\me         Größe
    beyond ASCII neither         C:\GRÖSSE\x             C:\größe            no
    nor beyond ASCII             C:\ÄÖÜ\x                C:\äöü              x
    shares too                   \\NAS\Team\x            \\nas\team          x
    of another drive             D:\Users                C:\Users            no
    long and short               \\?\C:\a\b              C:\a                b
    of another system            /c/Users                C:\Users            no
    below the root               /a                      /                   a
    below a drive                C:\a                    C:                  a
""")
def test_what_is_below(path, above, more):
    expected = None if more == "no" else tuple(more.replace("-", "").split())
    assert understood(path).below(understood(above)) == expected


def test_what_may_mean_two_things():
    assert [str(one) for one in readings("/home/me\\work")] == ["/home/me\\work", "/home/me/work"]
    assert [str(one) for one in readings("//nas/team/work")] == ["/nas/team/work", "\\\\nas\\team\\work"]
    assert len(readings("/home/me")) == len(readings("C:\\a")) == 1


parts = st.lists(
    st.text(st.characters(exclude_characters="\0/\\:?"), min_size=1).filter(
        lambda part: part not in {".", ".."}
    ),
    max_size=5,
)


@given(parts, st.sampled_from(["/", "C:\\", "\\\\nas\\team\\", "\\\\?\\Volume{1}\\"]))
def test_what_is_written_is_read_again(parts, top):
    system = System.POSIX if top == "/" else System.WINDOWS
    found = understood(top)._replace(parts=tuple(parts))
    assert found.system is system
    assert understood(str(found)) == found
