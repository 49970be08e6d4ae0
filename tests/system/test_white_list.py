"""A mount that takes part in the tree with some of it only."""

import json

import pytest
from tests.system.site import tree

ALL = {
    "src/app/main.py": "1",
    "src/app/gen/x": "2",
    "src/lib/a.py": "3",
    "docs/a.md": "4",
    "data/big.bin": "5",
}


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def files(root):
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def some(*names):
    return {name: ALL[name] for name in names}


class Partial:
    """A machine that has it all, and one whose mount has a white list."""

    def __init__(self, site):
        self.site = site
        self.whole, self.all = site.mounted("whole")
        write(self.all, ALL)
        self.whole.holdall("flush", "project")
        self.machine = site.machine()
        self.part = self.machine.directory("part")
        self.machine.daemon()

    def list(self, *entries):
        """Mount it with these, or go on with these in place of others."""
        policy = self.machine.home / "policy.json"
        policy.write_text(json.dumps({"bwList": {"whiteLists": list(entries)}}))
        self.machine.holdall("mount", self.part, "--context", "project", "--policy", policy)
        self.sync()

    def sync(self):
        for machine in (self.machine, self.whole, self.machine):
            machine.holdall("sync", "project", "--timeout", "60s")


@pytest.fixture
def partial(site):
    return Partial(site)


def test_only_what_it_names_takes_part(partial):
    partial.list(
        {"path": "/src/app/", "excludePaths": ["gen"]}, {"path": r"docs/.*\.md$", "isPathRegex": True}
    )
    assert files(partial.part) == some("src/app/main.py", "docs/a.md")

    mine = {"src/app/new.py": "mine", "src/app/gen/y": "mine", "docs/b.txt": "mine", "elsewhere/z": "mine"}
    write(partial.part, mine)
    partial.sync()
    assert partial.site.keys("project") == {*ALL, "src/app/new.py"}
    assert files(partial.all) == {**ALL, "src/app/new.py": "mine"}

    (partial.part / "src/app/main.py").unlink()
    (partial.all / "data/big.bin").unlink()
    write(partial.all, {"src/app/deeper/still/x": "theirs", "src/lib/b.py": "theirs"})
    partial.sync()
    assert files(partial.part) == {**some("docs/a.md"), **mine, "src/app/deeper/still/x": "theirs"}
    assert "src/app/main.py" not in files(partial.all)
    assert partial.machine.mounts()["project"]["durable"]


def test_a_change_of_the_list_deletes_nothing(partial):
    partial.list()
    assert files(partial.part) == ALL
    partial.list({"path": "docs"})
    (partial.part / "data/big.bin").unlink()
    (partial.all / "src/lib/a.py").unlink()
    partial.sync()
    assert files(partial.all) == some("src/app/main.py", "src/app/gen/x", "docs/a.md", "data/big.bin")
    assert files(partial.part) == some("src/app/main.py", "src/app/gen/x", "src/lib/a.py", "docs/a.md")
    partial.list({"path": ""})
    assert files(partial.all) == files(partial.part) == ALL
    assert tree(partial.all) == tree(partial.part)


def test_a_file_of_ignore_rules_that_comes_and_goes_deletes_nothing(partial):
    partial.list()
    (partial.part / ".holdallignore").write_text("/data/\n*.py\n!main.py\n")
    partial.sync()
    (partial.part / "data/big.bin").unlink()
    (partial.part / "src/lib/a.py").write_text("mine")
    (partial.all / ".holdallignore").unlink()
    for _ in range(2):
        partial.sync()
    assert files(partial.all) == files(partial.part) == {**ALL, "src/lib/a.py": "mine"}


def test_an_entry_that_matches_nothing_is_a_warning(partial):
    partial.list({"path": "docs"}, {"path": "dosc"})
    found = partial.machine.mounts()["project"]
    assert [(one["code"], "'dosc'" in one["message"]) for one in found["problems"]] == [("white-list", True)]
    assert (found["status"], found["durable"]) == ("synced", True)
    write(partial.all, {"dosc/late": "1"})
    partial.sync()
    assert partial.machine.mounts()["project"]["problems"] == []


def test_what_is_new_below_a_directory_that_is_only_entered_is_seen_at_once(partial):
    partial.list({"path": "a/b/c"})
    write(partial.part, {"a/b/c/d/new": "1", "a/b/x": "2"})
    partial.machine.until(lambda: "a/b/c/d/new" in partial.site.keys("project"))
    (partial.part / "a").rename(partial.part / "z")
    partial.machine.until(lambda: "a/b/c/d/new" not in partial.site.keys("project"))
    assert (
        partial.machine.run("check-ignore", "a/b/x", cwd=partial.part).stdout
        == "a/b/x: left out: the white list does not name it\n"
    )
