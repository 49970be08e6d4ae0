"""Sets of gitignore patterns as people write them, and as nobody would: for a comparison with git's verdict."""

import random
from collections.abc import Iterator

PATHS = """A|a|a.txt|A.TXT|b.log|B.LOG|x.log/keep|build/out.o|build/sub/deep.o|build/sub/build/x|src/build|src/main.c|src/Main.C|
src/a/b/c/d.txt|src/a/x/c|src/.hidden/x|docs/a.md|docs/sub/b.md|docs/sub/a.md|foo/bar/baz|foo/bar/keep.txt|foo/other|bar/foo/baz|
deep/a/b/foo|deep/foo|deep/a/foo/bar|#hash|!bang|[set]|a\\b|trail |trail/x|sp ace/x y|ä|Ä/x|日本.txt|-dash|c/a|c/b|c/B|c/1|c/_|c/]|c/^|
*star|q?|.env|.cache/x|tmp/.keep""".replace("\n", "").split("|")

_NAMES = [
    "a", "b", "c", "A", "foo", "bar", "build", "src", "docs", "sub", "deep", "tmp", "keep", "x",
    "a.txt", "b.log", "main.c", ".env", ".hidden", "trail", "sp ace", "ä", "日本.txt", "-dash",
]  # fmt: skip
_ODD_NAMES = [
    "\\#hash", "\\!bang", "#hash", "\\[set]", "[[]set]", "a\\\\b", "\\*star", "q\\?", "q[?]", "\\a", "[\\]]", "a\\",
]  # fmt: skip
_WILD = [
    "*", "?", "*.o", "*.txt", "*.log", "*.*", ".*", "[abc]", "[!a]", "[^b]", "[a-c]", "[A-Z]", "[[:upper:]]", "[[:digit:]_]",
    "[]a]", "[a-", "f?o", "b*r", "*o", "*a*", "[Bb]uild", "d*p",
]  # fmt: skip
_ENDS = [
    "", "", "", "", "/", "/", "/*", "/**", "/**/", " ", "\\ ", "  ", "\t",
]  # fmt: skip
_LISTS = [  # what is brought back, and what cannot be
    ["*", "!*/", "!*.txt"], ["/*", "!/src", "!/docs/"], ["foo/*", "!foo/bar/", "foo/bar/*", "!foo/bar/keep.txt"],
    ["build/", "!build/out.o"], ["build/*", "!build/out.o"], ["**/build/*", "!**/deep.o"], ["!*", "a"], ["a", "!a", "a"],
    ["*.log", "!x.log/", "x.log/*", "!keep"], ["docs/**", "!docs/**/", "!docs/**/a.md"], ["*/", "!src/", "src/*/"],
]  # fmt: skip


def pattern_sets(number: int, seed: int) -> Iterator[dict[str, list[str]]]:
    """Directory -> the lines of its rules file; "" is the root."""
    chance = random.Random(seed)
    for _ in range(number):
        folders = [
            "",
            *chance.sample(
                ["src", "src/a", "docs", "build", "foo", "foo/bar", "deep/a"], chance.choice([0, 0, 1, 2, 3])
            ),
        ]
        yield {folder: _lines(chance) for folder in folders}


def _lines(chance: random.Random) -> list[str]:
    lines = list(chance.choice(_LISTS)) if chance.random() < 0.25 else []
    for _ in range(chance.randint(1, 5)):
        lines.insert(chance.randint(0, len(lines)), _line(chance))
    return lines


def _line(chance: random.Random) -> str:
    if chance.random() < 0.06:
        return chance.choice(["", "# a comment", "!", "/", "//", "**", "***", "!/", " ", "\\", "!\\"])
    parts = [_part(chance) for _ in range(chance.choice([1, 1, 1, 2, 2, 3]))]
    start = chance.choice(["", "", "", "/", "**/"])
    return ("!" if chance.random() < 0.3 else "") + start + "/".join(parts) + chance.choice(_ENDS)


def _part(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.5:
        return chance.choice(_NAMES)
    if kind < 0.85:
        return chance.choice(_WILD)
    return "**" if kind < 0.93 else chance.choice(_ODD_NAMES)
