"""`check-ignore`: the verdict of the mount that a path is in, wherever one stands, and none for a path that is in no mount."""

import subprocess

import pytest
from tests.cli.desk import Desk
from tests.rules.ignore_corpus import PATHS, pattern_sets
from tests.rules.test_ignore import git_says, write


@pytest.fixture
def desk(tmp_path, monkeypatch):
    made = Desk(tmp_path, monkeypatch)
    made.configure(ignore=["*.log"])
    return made


def test_the_rule_is_named(desk):
    (desk.root / ".holdallignore").write_text("# ours\nbuild/\n*.pyc\n!keep.pyc\n")
    found = desk.run("check-ignore", "a.md", "build/x", "src/a.pyc", "keep.pyc", ".git/index.lock", "--json")
    assert found.code == 0
    assert [(one["path"], one["ignored"], (one["rule"] or {}).get("line")) for one in found.doc["paths"]] == [
        ("a.md", False, None),
        ("build/x", True, 2),
        ("src/a.pyc", True, 3),
        ("keep.pyc", False, 4),
        (".git/index.lock", True, None),
    ]
    assert "build/x: left out by 'build/' (.holdallignore, line 2)" in desk.run("check-ignore", "build/x").out


def test_rules_of_directories_below_are_known(desk):
    (desk.root / "src").mkdir()
    (desk.root / "src/.holdallignore").write_text("gen\n")
    (found,) = desk.run("check-ignore", "src/gen", "--json").doc["paths"]
    assert found["rule"] == {"pattern": "gen", "source": "src/.holdallignore", "line": 1}


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("notes/sub", "x.log"),
        (".", "notes/sub/x.log"),
        (".", "again/sub/x.log"),
        ("elsewhere", "{base}/notes/sub/x.log"),
        ("notes", "{base}/again/sub/x.log"),
        ("elsewhere", "../into/x.log"),
        ("elsewhere", "../into/../sub/x.log"),
    ],
)
def test_the_mounts_own_list_is_known_wherever_one_stands(desk, at, said):
    for name in ("notes/sub", "elsewhere"):
        (desk.base / name).mkdir()
    (desk.base / "again").symlink_to(desk.root)
    (desk.base / "into").symlink_to(desk.root / "sub")
    found = desk.run("check-ignore", said.format(base=desk.base), "--json", at=desk.base / at)
    assert found.doc["paths"] == [
        {
            "path": "sub/x.log",
            "context": "notes",
            "ignored": True,
            "rule": {"pattern": "*.log", "source": "ignore", "line": 1},
            "reason": None,
        }
    ]


def test_what_is_in_no_mount_gets_no_verdict(desk):
    other = desk.base / "other"
    other.mkdir()
    (other / ".holdallignore").write_text("*.tmp\n")
    assert desk.run("check-ignore", "y.tmp", "/etc/passwd", at=other).out.splitlines() == [
        f"y.tmp: is in no mount; if {other} were one: left out by '*.tmp' (.holdallignore, line 1)",
        "/etc/passwd: is in no mount",
    ]
    first, second = desk.run("check-ignore", "y.tmp", desk.root / "y.log", "--json", at=other).doc["paths"]
    assert (first["context"], first["ignored"], first["rule"]["pattern"]) == (None, None, "*.tmp")
    assert (second["context"], second["ignored"]) == ("notes", True)


def test_a_symlink_takes_part_and_what_is_behind_it_does_not(desk):
    (desk.root / "docs").mkdir()
    (desk.root / "link").symlink_to("docs")
    assert desk.run("check-ignore", "link", "link/", "link/a.md").out.splitlines() == [
        "link: takes part: no rule speaks of it",
        "link: takes part: no rule speaks of it",
        "link/a.md: left out: it lies behind the symlink link, which is kept as a symlink",
    ]


def test_it_says_what_git_says(desk):
    desk.configure()
    subprocess.run(["git", "init", "-q", desk.root], check=True)
    for path in PATHS:
        write(desk.root, path, "")
    for rules in pattern_sets(20, seed=7):
        files = [desk.root / folder / ".gitignore" for folder in rules]
        for file, lines in zip(files, rules.values(), strict=True):
            file.write_text("".join(f"{line}\n" for line in lines))
        git = {path: ignored for path, (ignored, _, _) in git_says(desk.root).items()}
        for file in files:
            file.rename(file.with_name(".holdallignore"))
        found = desk.run("check-ignore", "--json", "--", *(f"./{path}" for path in git)).doc["paths"]
        assert {one["path"]: one["ignored"] for one in found} == git, rules
        for file in files:
            file.with_name(".holdallignore").unlink()


@pytest.fixture
def whitelisted(desk):
    lists = '[{ path = "src", exclude_paths = ["gen"] }, { path = "/docs/.*[.]md", is_path_regex = true }]'
    desk.configure(ignore=["*.log", "!keep.log"], policy=f"bw_list.white_lists = {lists}")
    return desk


def test_the_white_list_is_one_of_the_rules(whitelisted):
    said = whitelisted.run(
        "check-ignore", "src/a", "src/a.log", "src/keep.log", "src/gen/a", "docs/a.md", "docs/", "x", "x.log"
    )
    assert said.out.splitlines() == [
        "src/a: takes part by 'src' (bwList.whiteLists[0].path)",
        "src/a.log: left out by '*.log' (the mount's ignore list, entry 1)",
        "src/keep.log: takes part by '!keep.log' (the mount's ignore list, entry 2)",
        "src/gen/a: left out by 'gen' (bwList.whiteLists[0].excludePaths)",
        "docs/a.md: takes part by '/docs/.*[.]md' (bwList.whiteLists[1].path)",
        "docs: left out: the white list names only what is in it",
        "x: left out: the white list does not name it",
        "x.log: left out: the white list does not name it",
    ]  # fmt: skip


def test_so_it_is_in_json(whitelisted):
    found = whitelisted.run("check-ignore", "src/gen/a", "x", "src/a.log", "--json").doc["paths"]
    assert [(one["ignored"], one["rule"], one["reason"]) for one in found] == [
        (True, {"pattern": "gen", "source": "bwList.whiteLists[0].excludePaths", "line": None}, None),
        (True, None, "the white list does not name it"),
        (True, {"pattern": "*.log", "source": "ignore", "line": 1}, None),
    ]
