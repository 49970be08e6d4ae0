"""A mount's ignore list, where the mount's directory is one of the context's."""

from tests.tables import cases

from holdall.rules.ignore import Ignore, anchored


@cases("""
                       pattern        below
    by name            *.tmp          *.tmp
    a directory        cache/         cache/
    anchored           /cache/        /a[b/c/cache/
    with a slash       x/*.o          /a[b/c/x/*.o
    brought back       !/keep         !/a[b/c/keep
    a comment          # /x           # /x
    empty              -              -
""")
def test_what_is_relative_to_its_top(pattern, below):
    expected = below.replace("a[b", "a\\[b").replace("-", "")
    assert anchored([pattern.replace("-", "")], "a[b/c") == (expected,)
    assert anchored([pattern], "") == (pattern,)


def test_what_it_says_there():
    ignore = Ignore(anchored(["/cache/", "x/*.o", "*.tmp"], "a[b/c"))
    ignored = {"a[b/c/cache/y", "a[b/c/x/1.o", "a[b/c/d/1.tmp"}
    taken = {"a[b/c/d/cache/y", "cache/y", "a[b/c/y/x/1.o", "x/1.o"}
    assert {path for path in ignored | taken if not ignore.takes_part(path, is_dir=False)} == ignored
