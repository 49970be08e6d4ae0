"""git is the oracle: every verdict, and the pattern that decided, is `git check-ignore`'s."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from holdall.rules.ignore import Ignore, Verdict, lines_of, load

TREE = """.env|a|a.txt|b.log|x.log/keep|build/out.o|build/sub/deep.o|src/build|src/main.c|src/a/b/c/d.txt|src/a/x/c|docs/a.md|
docs/sub/b.md|foo/bar/baz|foo/bar/keep.txt|foo/other|bar/foo/baz|node_modules/p/index.js|web/node_modules/q|#hash|!bang|[set]|
a\\b|sp/trail |tab\t|ä|日本.txt|-dash|]|^|c/a-c|c/b|c/B|c/1|c/_|d/**|*star|q?|deep/a/b/foo""".replace(
    "\n", ""
).split("|")


def cases() -> list[list[str]]:
    one_line = """
        a|/a|a/|foo|/foo|foo/|/foo/bar|foo/bar|foo/bar/|bar/baz|*.o|*.log|*.log/|/*.txt|src/*|src/**|src/**/c|src/**/d.txt|**/foo
        **/foo/baz|**/bar/**|foo/**/|**|**/|*|*/|/*|/**|a**|**c|s**c|src/a/**/c|docs/**/b.md|?|?.txt|ä|*本*|[ab]|[!ab]|[^ab].txt
        c/[a-c]|c/[[:upper:]]|c/[[:digit:][:punct:]]|c/[]-a]|c/[\\]b]|[[]set]|\\[set]|\\#hash|#hash|\\!bang|!bang|a\\\\b|a\\b
        trail |trail\\ |tab\t|/|//|//a|foo//bar|\\|[|[z-a]|[[:nope:]]|\\*star|d/\\*\\*|q\\?|deep/**/**/foo|-*|[--a]dash|.*|.env
    """
    listed = [[line] for text in one_line.strip().split("\n") for line in text.strip(" ").split("|")]
    return [
        *listed,
        ["*", "!*/", "!*.txt"],
        ["*", "!src", "!src/**"],
        ["build/", "!build/out.o"],
        ["build/*", "!build/out.o"],
        ["foo/", "!foo/", "foo/other"],
        ["foo", "!foo/bar"],
        ["*.log", "!x.log"],
        ["x.log/", "!x.log/keep"],
        ["!a", "a", "", "# a comment", "b.log"],
        ["/*", "!/foo", "/foo/*", "!/foo/bar"],
    ]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    root = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", root], check=True)
    for path in TREE:
        write(root, path, "")
    return root


def write(root: Path, path: str, text: str) -> None:
    full = root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(text, newline="")


def paths_in(root: Path) -> list[str]:
    paths = (path.relative_to(root) for path in root.rglob("*"))
    return sorted(str(path) for path in paths if path.parts[0] != ".git")


def git_says(root: Path) -> dict[str, tuple[bool, str, str]]:
    """path -> ignored, the pattern, and the file that has it."""
    asked = "\0".join(paths_in(root)) + "\0"
    command = ["git", "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"]
    answer = subprocess.run(command, cwd=root, input=asked.encode(), capture_output=True, check=False).stdout
    fields = answer.decode().split("\0")[:-1]
    return {
        path: (bool(pattern) and not pattern.startswith("!"), pattern, source)
        for source, _, pattern, path in zip(*(fields[at::4] for at in range(4)), strict=True)
    }


def we_say(root: Path, rules: Ignore, sources: dict[str, str]) -> dict[str, tuple[bool, str, str]]:
    said = {}
    for path in paths_in(root):
        verdict = rules.explain(path, is_dir=(root / path).is_dir())
        source = sources.get(verdict.source, verdict.source.replace(".holdallignore", ".gitignore"))
        said[path] = (
            verdict.ignored,
            verdict.pattern.rstrip(" ") if "\\ " not in verdict.pattern else verdict.pattern,
            source,
        )
    return said


LIST = {"ignore": ".git/info/exclude"}


@pytest.mark.parametrize("lines", cases(), ids=" ; ".join)
def test_a_list_says_what_git_says(repository, lines):
    write(repository, ".git/info/exclude", "\n".join(lines) + "\n")
    assert we_say(repository, Ignore(lines), LIST) == git_says(repository)


def test_nested_files_say_what_git_says(repository, tmp_path):
    root = tmp_path / "nested"
    shutil.copytree(repository, root)
    texts = {
        "": "*.o\n!keep\n/docs/*\n\ufeff",
        "build": "!out.o\r\nsub/\r\n",
        "docs": "!*.md\n",
        "src": "/a/b\n!c\n\\!d.txt\n",
        "src/a": "*.txt\n!b\nx\n",
        "node_modules": "!p\n",
    }
    for directory, text in texts.items():
        write(root, f"{directory}/.gitignore" if directory else ".gitignore", text)
    write(root, ".git/info/exclude", "node_modules\n*.c\nc\nkeep\n")
    found = [f"{directory}/.holdallignore" if directory else ".holdallignore" for directory in texts]
    rules = load(
        ["node_modules", "*.c", "c", "keep"],
        [*found, "src/main.c"],
        lambda path: (root / path.replace(".holdallignore", ".gitignore")).read_bytes(),
    )
    assert we_say(root, rules, LIST) == git_says(root)


def test_random_lists_say_what_git_says(repository):
    """`[` and `\\` most of all: where translations to regular expressions go wrong."""
    chance = random.Random(7)
    atoms = [
        "a",
        "b",
        "c",
        "foo",
        "src",
        "*",
        "?",
        "**",
        "/",
        "/",
        "!",
        "#",
        "\\",
        "[ab]",
        "[!a]",
        "[a-c]",
        "[[:alpha:]]",
        "[^b]",
        ".",
        "[",
        "]",
        "-",
        "[]a]",
        "[a\\]]",
        "[--a]",
        "ä",
        "*.o",
        "/**",
        "**/",
    ]
    for _ in range(150):
        lines = ["".join(chance.choices(atoms, k=chance.randint(1, 6))) for _ in range(chance.randint(1, 4))]
        write(repository, ".git/info/exclude", "\n".join(lines) + "\n")
        assert we_say(repository, Ignore(lines), LIST) == git_says(repository), lines


def test_a_verdict_names_pattern_source_and_line():
    rules = Ignore(["", "*.tmp"], {"src": ["# ours", "!keep.tmp"]})
    assert rules.explain("src/a.tmp", is_dir=False) == Verdict(True, "*.tmp", "ignore", 2)
    assert rules.explain("src/keep.tmp", is_dir=False) == Verdict(False, "!keep.tmp", "src/.holdallignore", 2)
    assert rules.explain("keep.txt", is_dir=False) == Verdict()
    assert rules.takes_part("src/keep.tmp", is_dir=False)


def test_an_ignored_directory_hides_what_is_below():
    rules = Ignore(["build/"], {"build": ["!*"], "build/sub": ["!*"]})
    assert rules.explain("build/sub/x/y", is_dir=False) == Verdict(True, "build/", "ignore", 1)
    assert rules.takes_part("build", is_dir=False)


INSIDE = ["HEAD", "logs/refs/x", "refs/heads/x", "objects/aa/b.tmp", "lfs/x"]


@pytest.mark.parametrize(
    ("lines", "left_out"),
    [
        ([], []),
        (["logs/", "*.tmp", "refs", "/x", "HEAD.lock"], []),  # they are about other things of that name
        ([".git"], INSIDE),
        (["r/"], INSIDE),
        (["*"], INSIDE),
        (["**/.git/**"], INSIDE),
        (["*", "!*/", "!*.tmp"], INSIDE),  # of what is listed, a repository's HEAD is none
        (["/r/.git/lfs"], ["lfs/x"]),
        (["/r/.git/*", "!/r/.git/lfs"], INSIDE[:-1]),
        (["*", "!*/", "!**/.git/**"], []),
    ],
)
def test_a_repository_takes_part_as_a_whole_unless_a_rule_names_it(lines, left_out):
    rules = Ignore(lines)
    assert [one for one in INSIDE if not rules.takes_part(f"r/.git/{one}", is_dir=False)] == left_out


def test_a_rules_file_in_a_repository_is_none():
    rules = Ignore([], {"r/.git": ["*"], "r": ["*.log"]})
    assert rules.takes_part("r/.git/HEAD", is_dir=False)
    assert not rules.takes_part("r/x.log", is_dir=False)


def test_one_file_is_read_anew_and_the_others_are_as_they_were():
    before = Ignore(["*.o"], {"": ["*.log"], "a": ["x"]})
    after = before.with_file("a", ["y"]).with_file("b", ["z"]).with_file("", [])
    paths = ["m.o", "m.log", "a/x", "a/y", "b/z"]
    assert [one for one in paths if not before.takes_part(one, is_dir=False)] == ["m.o", "m.log", "a/x"]
    assert [one for one in paths if not after.takes_part(one, is_dir=False)] == ["m.o", "a/y", "b/z"]
    assert Ignore([], {"a": ["x"]}).with_file("a", []).skip is None


@pytest.mark.parametrize("rules", [Ignore([]), Ignore(["", "# nothing", "/"[:0]], {"a": [" ", "#"]})])
def test_where_there_are_no_rules_nothing_is_asked(rules):
    assert rules.skip is None


def test_skip_is_what_scans_and_watches_take():
    skip = Ignore(["*.o", "build/"]).skip
    assert skip is not None
    assert [skip("a.o", False), skip("build", True), skip("build", False), skip("a", True)] == [
        True,
        True,
        False,
        False,
    ]


def test_lines_of_a_file():
    assert lines_of(b"\xef\xbb\xbfa\r\nb\n\nc") == ["a", "b", "", "c"]


def test_a_name_that_is_not_utf8_can_be_asked_about():
    ignore = Ignore(["*.pyc"])
    assert ignore.takes_part("bad\udcff", is_dir=False)
    assert not ignore.takes_part("bad\udcff.pyc", is_dir=False)
