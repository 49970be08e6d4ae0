"""The table of white lists: which paths take part, which directories are only entered, and who says so."""

import pytest
from hypothesis import given, strategies as st
from tests.tables import cases

from holdall.policies.effective import White
from holdall.rules.whitelist import Part, Said, WhiteList, relative

PARTS = {"in": Part.INSIDE, "way": Part.ON_THE_WAY, "out": Part.OUTSIDE}


def listed(text: str) -> WhiteList:
    """`src - gen tmp, docs` is two entries, the first with two exclude paths; `/…/` around a word makes it an expression."""
    return WhiteList([_entry(one.split()) for one in text.split(",") if one.strip()], roots=["/work"])


def _entry(words: list[str]) -> White:
    paths, excludes = words[:1], words[2:]
    return White(
        _bare(paths[0]),
        tuple(_bare(one) for one in excludes),
        _is_regex(paths[0]),
        any(_is_regex(one) for one in excludes),
    )


def _is_regex(word: str) -> bool:
    return word.startswith("~")


def _bare(word: str) -> str:
    return "" if word == '""' else word.removeprefix("~")


def part(rules: WhiteList, path: str) -> Part:
    """A slash at the end makes it a directory."""
    return rules.part(path.rstrip("/"), is_dir=path.endswith("/"))


@cases(r"""
                                                   entries                  inside                        on_the_way     outside
    no entry is everything                         -                        a a/ a/b                      -              -
    so is an empty path                            ""                       a a/ a/b                      -              -
    an empty path beside others                    src, ""                  a a/ srcx                     -              -
    a directory, with all below                    src                      src/ src/a src/b/c            -              srcx srcx/ a a/ a/src
    a file                                         a/b.md                   a/b.md                        a/             a a/b.mdx a/c a/c/
    the directories above it are entered, no more  a/b/c                    a/b/c/ a/b/c/d                a/ a/b/        a a/b a/x a/b/x
    several are a union                            src, docs/a              src/a docs/a/b                docs/          docs/b x
    a slash before, after, twice                   /src/, docs//a/          src/a docs/a/b                docs/          x
    an absolute path under the mount               /work/src                src/a                         -              work/src a
    the mount itself                               /work                    a a/b                         -              -
    an absolute path elsewhere is relative         /elsewhere/src           elsewhere/src/a               elsewhere/     src/a
    minus what it excludes                         src - gen                src/a src/genx src/a/gen      -              src/gen src/gen/ src/gen/a
    an exclude path relative to the mount          src - src/gen            src/a src/a/src/gen           -              src/gen/a
    with slashes                                   src - /src/gen/, /docs   src/a docs                    -              src/gen/a
    an absolute exclude path                       src - /work/src/gen      src/a                         -              src/gen/a
    excluded from everything                       "" - cache a/b           a a/ a/x x/cache              -              cache/ cache/a a/b
    one entry's exclusion is not another's         src - gen, src/gen/keep  src/gen/keep/a                src/gen/       src/gen/a src/gen/x/
    an entry that excludes itself                  src - src                -                             -              src/a src/
    an expression                                  ~src/.*\.py              src/a.py src/b/c.py           src/ src/b/    src src/a.md x/ srcx/
    it matches from the start, not to the end      ~data/\d+                data/1 data/1x data/12/       data/          data/x a/data/1
    it is no whole part                            ~src                     src srcx src/a srcx/a         -              a a/ a/src
    what it matches counts with all below          ~logs/\d{4}$             logs/2026/ logs/2026/a        logs/ logs/x/  logs/x logs/20261/a
    with a slash or a caret before it              ~/src/., ~^docs/.        src/a docs/a                  src/ docs/     x
    an alternative                                 ~a/.*|b/.*               a/x b/x                       a/ b/ c/       c c/x
    its literal start ends before what may repeat  ~ab*c                    abbc ac/x                     a/             b/ b/abc
    an escaped dot is literal                      ~a\.b/.*                 a.b/x                         a.b/           axb/ axb/x
    an expression excludes                         src - ~.*\.pyc           src/a.py                      -              src/a.pyc src/b/a.pyc
    relative to the mount where it begins with it  src - ~src/gen.*         src/a src/x/gen               -              src/gen src/genx src/gen/a
    it excludes with all below                     "" - ~tmp\d              a tmp                         -              tmp1/ tmp1/a tmp12/b
    an expression minus a path of the mount        ~src/.*\.py - src/gen    src/a.py                      src/           src/gen/ src/gen/a.py
    or of what it matched                          ~proj\d - build          proj1/a proj2/build1          -              proj1/build/ proj1/build/a
    inside a .git its HEAD decides                 ~.*\.py                  -                             a/             .git/x.py a/.git/hooks/x.py
    also on what is excluded                       "" - ~.*\.pack ~.*/logs  a .git/logs/HEAD .git/x.pack  -              a.pack a/logs/x
    unless .git is named                           "" - ~.*\.git/logs       a .git/HEAD                   -              .git/logs/HEAD a/.git/logs/
    or by its path                                 .git/hooks, "" - .git    .git/hooks/x a                .git/          .git/HEAD
""")
def test_what_takes_part(entries, inside, on_the_way, outside):
    rules = listed("" if entries == "-" else entries)
    for expected, paths in (("in", inside), ("way", on_the_way), ("out", outside)):
        named = [] if paths == "-" else paths.split()
        assert {one: part(rules, one) for one in named} == dict.fromkeys(named, PARTS[expected])


COPY = " (conflict 2026-11-22 14-03-22 HOST)"


@cases("""
                                    entries       copy                                   then
    of a file that takes part       a/b.md        a/bCOPY.md                             in
    of its neighbour                a/b.md        a/cCOPY.md                             out
    of what is excluded             a - a/b.md    x/bCOPY.md                             out
    of a directory                  a/d           a/dCOPY/                               in
    below that                      a/d           a/dCOPY/x                              in
    of what is inside a .git        r             .holdall-conflicts/r/.git/HEADCOPY     in
    in the directory for those      r             .holdall-conflicts/r/.git/             way
    of another repository           r             .holdall-conflicts/q/.git/HEADCOPY     out
""")
def test_a_conflict_copy_goes_where_its_file_goes(entries, copy, then):
    assert part(listed(entries), copy.replace("COPY", COPY)) is PARTS[then]


@cases("""
                                         path         part    entry   exclude
    taken in by the first that does      src/a        in      0       -
    or by another                        docs/a       in      1       -
    named by none                        x            out     -       -
    entered only                         deep         way     -       -
    excluded                             src/gen/a    out     0       gen
    excluded, as it was written          docs/x       out     1       /work/docs/x
""")
def test_who_says_so(path, part, entry, exclude):
    rules = listed("src - gen, docs - /work/docs/x, deep/er")
    said = Said(PARTS[part], None if entry == "-" else int(entry), "" if exclude == "-" else exclude)
    assert rules.explain(path, is_dir="." not in path) == said


def test_an_entry_is_asked_about_by_itself():
    rules = listed("src, docs - gen")
    assert [rules.takes(number, path) for number in (0, 1) for path in ("src/a", "docs/a", "docs/gen/a")] == [
        True, False, False, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("/work/a", "a"),
        ("/workx/a", "workx/a"),
        ("/work", ""),
        ("/", ""),
        ("./a//b/.", "a/b"),
        ("work/a", "work/a"),
    ],
)
def test_relative_paths(said, meant):
    assert relative(said, ["/work", "/other"]) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (r"/work\.d/src/.*", "src/.*"),
        ("/work.d/src/.*", "src/.*"),
        ("^/src", "src"),
        ("src/.*", "src/.*"),
        ("/?src", "/?src"),
        ("/", ""),
    ],
)
def test_relative_expressions(said, meant):
    assert relative(said, ["/work.d/"], is_regex=True) == meant


names = st.sampled_from(["a", "b", "src", "gen", ".git", "x.py"])
a_path = st.lists(names, min_size=1, max_size=4).map("/".join)
an_expression = st.sampled_from(
    ["a", "a/.*", r".*\.py", "src/(a|b)/.*", "[ab]/gen", "a+/b", r"\w+/gen$", "(?i)SRC"]
)
entries = st.one_of(
    st.builds(White, a_path, st.lists(a_path, max_size=2).map(tuple)),
    st.builds(White, an_expression, st.lists(a_path, max_size=2).map(tuple), st.just(True)),
    st.builds(White, a_path, st.lists(an_expression, max_size=2).map(tuple), st.just(False), st.just(True)),
)


@given(st.lists(entries, min_size=1, max_size=3), a_path)
def test_what_takes_part_lies_in_directories_that_are_entered(several, path):
    rules = WhiteList(several)
    if rules.part(path, is_dir=False) is Part.INSIDE:
        above = path
        while "/" in above:
            above = above.rpartition("/")[0]
            assert rules.part(above, is_dir=True) is not Part.OUTSIDE


@given(st.lists(entries, min_size=1, max_size=3), a_path)
def test_the_union_takes_in_what_any_entry_does(several, path):
    alone = any(WhiteList([one]).part(path, is_dir=False) is Part.INSIDE for one in several)
    assert (WhiteList(several).part(path, is_dir=False) is Part.INSIDE) == alone
