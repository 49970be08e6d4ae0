"""Which names belong together."""

import pytest
from tests.tables import cases

from holdall.rules.bundles import database_of, git_dir, is_git_lock, is_git_object, members_of


@cases("""
                                  path                 repository     kind
    a ref                         r/.git/refs/heads/m  r/.git         -
    at the root                   .git/HEAD            .git           -
    the directory itself          r/.git               -              -
    what lies beside it           r/.gitignore         -              -
    a lock                        r/.git/index.lock    r/.git         lock
    a ref's lock                  .git/refs/x.lock     .git           lock
    another program's lock        r/poetry.lock        -              -
    a loose object                r/.git/objects/a/b   r/.git         object
    a pack                        .git/objects/pack/p  .git           object
    below objects of a user's     r/objects/.git/HEAD  r/objects/.git -
    objects of a user's           r/objects/a          -              -
""")
def test_a_repositorys_paths(path, repository, kind):
    assert git_dir(path) == (None if repository == "-" else repository)
    assert is_git_lock(path) == (kind == "lock")
    assert is_git_object(path) == (kind == "object")


@pytest.mark.parametrize("path", members_of("d/app.db"))
def test_a_databases_paths(path):
    assert database_of(path) == "d/app.db"


@pytest.mark.parametrize("path", ["-wal", "notes"])
def test_any_other_path_is_its_own(path):
    assert database_of(path) == path
