"""Where a mount stands in its context, and what is translated on the way."""

import pytest
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.errors import ConfigError
from holdall.rules.foreign_path import understood
from holdall.rules.mapping import Links, Unrelated, policy_path, position


@cases(r"""
                              mapping                origin                 system   within      above
    equal                     /home/me/work          /home/me/work          posix    -           -
    equal but for slashes     /home/me//work/        /home/me/work          posix    -           -
    below                     /home/me/work/a/b      /home/me/work          posix    a/b         -
    above                     /home                  /home/me/work          posix    -           me/work
    equal, of a drive         c:/USERS/me            C:\Users\Me            windows  -           -
    below, of a drive         c:\users\ME\Docs       C:\Users\Me            windows  Docs        -
    above, of a drive         C:                     C:\Users\Me            windows  -           Users/Me
    equal, of a share         \\NAS/team\work        \\nas\team\work        windows  -           -
    a share, slashes only     //nas/team/work/x      \\nas\team\work        windows  x           -
    above, of a share         \\nas\team             \\nas\team\work        windows  -           work
    long and short            \\?\C:\work\x          C:\work                windows  x           -
    POSIX, as Windows has it  \home\me\work\x        /home/me/work          posix    x           -
    POSIX, mixed              /home/me\work/x        /home/me/work          posix    x           -
    a backslash in a name     /home/me/a\b/x         /home/me/a\b           posix    x           -
""")
def test_where_it_stands(mapping, origin, system, within, above):
    found = position(mapping, origin, system)
    assert (found.within or "-", found.above or "-") == (within, above)


def test_what_is_meant_is_spelled_as_the_origin_is():
    assert str(position("c:/users/ME/Docs", "C:\\Users\\me", "windows").meant) == "C:\\Users\\me\\Docs"
    assert str(position("//NAS/TEAM", "\\\\nas\\team\\work", "windows").meant) == "\\\\nas\\team\\"


@cases(r"""
                      mapping          origin            system
    beside            /home/you        /home/me          posix
    half a part       /home/me2        /home/me          posix
    another case      /Home/me         /home/me          posix
    another drive     D:\work          C:\work           windows
    another share     \\nas\a\x        \\nas\b           windows
    another system    C:\home\me       /home/me          posix
""")
def test_unrelated_is_an_error_that_names_the_origin(mapping, origin, system):
    with pytest.raises(Unrelated) as caught:
        position(mapping, origin, system)
    assert origin in caught.value.message
    assert mapping in caught.value.message
    assert system in caught.value.message
    assert origin in (caught.value.hint or "")


@pytest.mark.parametrize("mapping", ["work", "C:work", "/a/../b"])
def test_what_is_no_absolute_path(mapping):
    with pytest.raises(ConfigError, match=r"mappingPolicy\.path is"):
        position(mapping, "/home/me", "posix")


@cases(r"""
                           target                     here
    below the mapping      C:\work\a\b                /srv/work/a/b
    the mapping itself     C:\work                    /srv/work
    in another case        c:/WORK/a                  /srv/work/a
    as Windows reads it    \\?\C:\work\a              /srv/work/a
    elsewhere              C:\other                   C:\other
    half a part            C:\workshop                C:\workshop
    relative               ..\a                       ..\a
    POSIX                  /etc/hosts                 /etc/hosts
    with a `..`            C:\work\..\x               C:\work\..\x
""")
def test_targets_come_here(target, here):
    assert Links(understood("C:\\work"), "/srv/work").here(target) == here


@cases(r"""
                           target                there
    below the mount        /srv/work/a/b         C:\work\a\b
    the mount itself       /srv/work             C:\work
    elsewhere              /srv/other            /srv/other
    half a part            /srv/workshop         /srv/workshop
    relative               ../a                  ../a
    a backslash            /srv/work/a\b         /srv/work/a\b
    not in its plain form  /srv/work//a          /srv/work//a
""")
def test_targets_go_back(target, there):
    links = Links(understood("C:\\work"), "/srv/work")
    assert links.there(target) == there
    assert links.here(there) == target


@given(
    st.text(st.sampled_from("/\\.:aCW "), max_size=12),
    st.sampled_from(["C:\\W", "/W", "/", "\\\\a\\a"]),
    st.sampled_from(["/W", "/a/W", "/"]),
)
def test_a_link_made_here_comes_back_as_it_was(target, meant, mount):
    links = Links(understood(meant), mount)
    there = links.there(target)
    assert there == target or links.here(there) == target


@cases(r"""
                               said                 mount        mapping       means
    relative                   src/app              /work        -             src/app
    with a slash               /src/app             /work        -             src/app
    below the mount            /work/src            /work        -             src
    the mount itself           /work                /work        -             -
    half a part                /workshop/x          /work        -             workshop/x
    below the mapping          C:\proj\src\app      /work        C:\proj       src/app
    in another case            c:/PROJ/src          /work        C:\proj       src
    below the mount as well    /work/src            /work        C:\proj       src
    with backslashes           src\app              /work        C:\proj       src/app
    a backslash is a name      src\app              /work        -             src\app
    below a share              \\nas\t\src          /work        //nas/t       src
    POSIX on POSIX             /home/me/src         /work        /home/me      src
    everything                 -                    /work        -             -
    dots                       ./src/./app/         /work        -             src/app
    on Windows                 C:\work\src          C:\work      /home/me      src
    a POSIX path there         /home/me/src         C:\work      /home/me      src
""")
def test_paths_of_policies(said, mount, mapping, means):
    strip = lambda text: "" if text == "-" else text  # noqa: E731
    assert policy_path(strip(said), *filter(None, (mount, strip(mapping)))) == strip(means)


def test_a_policy_path_of_another_system_that_is_elsewhere():
    with pytest.raises(ValueError, match="outside of the mount"):
        policy_path("D:\\x", "/work", "C:\\proj")


def test_without_a_mapping_it_is_a_name_like_others():
    assert policy_path("D:\\x", "/work") == "D:\\x"
