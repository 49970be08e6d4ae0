"""A generated corpus of rules files: each verdict, and the pattern that decided, is git's."""

import subprocess

import pytest
from tests.rules.ignore_corpus import PATHS, pattern_sets
from tests.rules.test_ignore import git_says, we_say, write

from holdall.rules.ignore import Ignore

SETS = list(pattern_sets(360, seed=20261122))


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    subprocess.run(["git", "init", "-q", root], check=True)
    for path in PATHS:
        write(root, path, "")
    return root


@pytest.mark.parametrize("part", range(6))
def test_rules_files_say_what_git_says(repository, part):
    for rules in SETS[part::6]:
        files = [repository / folder / ".gitignore" for folder in rules]
        for file, lines in zip(files, rules.values(), strict=True):
            file.write_text("".join(f"{line}\n" for line in lines))
        assert we_say(repository, Ignore([], rules), {}) == git_says(repository), rules
        for file in files:
            file.unlink()


def test_the_corpus_is_worth_it():
    """Three hundred sets at least, which differ, and speak of all that gitignore knows."""
    texts = {"\n".join(line for lines in rules.values() for line in lines) for rules in SETS}
    assert len(texts) >= 300
    assert sum(len(rules) > 1 for rules in SETS) >= 100
    for mark in ("!", "**/", "/**", "\\#", "\\ ", "[[:", "[!", "/\n"):
        assert sum(mark in text for text in texts) >= 20, mark
