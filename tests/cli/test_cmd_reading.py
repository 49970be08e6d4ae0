"""`ls`, `diff`, `history`, `verify`, `doctor`: they read, and change nothing."""

import json
import os
import re

import pytest
from tests.cli.desk import Desk

from holdall.cli.main import COMMANDS
from holdall.log.layout import file_key

MINE = ["ls", "diff", "history", "restore", "conflicts", "check-ignore", "doctor", "verify", "export"]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    return Desk(tmp_path, monkeypatch)


@pytest.fixture
def days(desk):
    """Three commits: made, changed, and a link."""
    desk.write(a_md="one", src__main_py="print()", src__deep__x_txt="x")
    (desk.root / "empty").mkdir()
    desk.save()
    desk.write(a_md="two two")
    (desk.root / "src/main.py").unlink()
    desk.save()
    (desk.root / "link").symlink_to("a.md")
    desk.save()
    return desk


def paths(found):
    return [one["path"] for one in found.doc["entries"]]


@pytest.mark.parametrize("command", MINE)
def test_help_has_an_example(desk, command):
    found = desk.run(command, "--help")
    assert found.code == 0
    assert f"holdall {command}" in found.out.partition("example")[2]
    assert "--json" in found.out
    assert command in COMMANDS


def test_ls_shows_one_level(days):
    assert paths(days.run("ls", "--json")) == ["a.md", "empty", "link", "src"]
    assert paths(days.run("ls", "src", "--json")) == ["src/deep"]


def test_ls_shows_all_that_is_below(days):
    assert paths(days.run("ls", "-r", "src", "--json")) == ["src", "src/deep", "src/deep/x.txt"]


def test_ls_at_a_commit(days):
    assert paths(days.run("ls", "-r", "--at", "1", "--json")) == [
        "a.md", "empty", "src", "src/deep", "src/deep/x.txt", "src/main.py",
    ]  # fmt: skip


def test_ls_at_a_time(days):
    first = next(iter(days.history.between(0, 1)))
    found = days.run("ls", "--at", f"{first.at_ms / 1000 + 0.001:.3f}", "--json")
    assert found.code == 2  # a bare float is neither a number nor a time
    stamp = days.run("history", "--json").doc["commits"][-1]["at"]
    assert days.run("ls", "--at", stamp, "--json").doc["commit"] == 1
    assert days.run("ls", "--at", "1d", "--json").doc == {"context": "notes", "commit": 0, "entries": []}


def test_ls_takes_a_path_from_where_one_stands(days):
    elsewhere = ["--context", "notes", "--json"]
    assert days.run("ls", "deep/x.txt", *elsewhere, at=days.base).code == 1
    assert paths(days.run("ls", "src/deep/x.txt", *elsewhere, at=days.base)) == ["src/deep/x.txt"]


def test_ls_knows_the_mount_one_stands_in(days):
    days.configure()
    assert paths(days.run("ls", "x.txt", "--json", at=days.root / "src/deep")) == ["src/deep/x.txt"]
    assert paths(days.run("ls", days.root / "src/deep/x.txt", "--json", at=days.root / "src")) == [
        "src/deep/x.txt"
    ]
    days.run("restore", "--at", "1", "main.py", at=days.root / "src")
    assert (days.root / "src/main.py").exists()


def test_the_path_tells_the_mount_wherever_one_stands(days):
    days.configure()
    (days.base / "again").symlink_to(days.root)
    elsewhere = days.base / "elsewhere"
    elsewhere.mkdir()
    for at, said in [
        (days.base, "notes"),
        (days.base, "again/"),
        (elsewhere, "../notes"),
        (elsewhere, days.root),
        (elsewhere, days.base / "again"),
        (days.root / "src", days.base / "again"),
    ]:
        deep = f"{said}/src/deep/x.txt"
        assert paths(days.run("ls", deep, "--json", at=at)) == ["src/deep/x.txt"], (at, said)
        assert days.run("history", f"{said}/link", "--json", at=at).doc["path"] == "link"
        assert paths(days.run("ls", said, "--json", at=at)) == ["a.md", "empty", "link", "src"]
        found = days.run("diff", "1", "--path", f"{said}/src", "--json", at=at).doc
        assert [one["path"] for one in found["differences"]] == ["src/main.py"]
    assert days.run("restore", "--at", "1", "again/src/main.py", at=days.base).code == 0
    assert (days.root / "src/main.py").exists()


def test_a_directory_that_became_a_symlink_has_a_past(days):
    days.configure()
    (days.root / "src").rename(days.base / "moved")
    (days.root / "src").symlink_to(days.base / "moved")
    days.save()
    assert paths(days.run("ls", "--at", "1", "src/main.py", "--json")) == ["src/main.py"]
    found = days.run("ls", "src/deep")
    assert (found.code, found.err.splitlines()[1]) == (
        1,
        "  src is a symlink: what lies behind it is not in the context",
    )


@pytest.mark.parametrize("command", ["ls", "history", "restore", "check-ignore", "export"])
def test_a_path_that_is_empty_is_none(days, command):
    found = days.run(command, "")
    assert (found.code, found.out) == (2, "")
    assert "the path is empty" in found.err


def test_ls_for_people_shows_modes_sizes_and_targets(days):
    (days.root / "a.md").chmod(0o750)
    days.save()
    lines = days.run("ls").out.splitlines()
    assert re.match(r"-rwxr-x--- +7 B \d{4}-\d\d-\d\d \d\d:\d\d:\d\d a\.md", lines[0])
    assert lines[2].endswith("link -> a.md")


def test_a_name_cannot_disturb_the_terminal(days):
    (days.root / "evil\x1b[31m\nname").write_text("")
    days.save()
    assert "evil\\x1b[31m\\nname" in days.run("ls").out


def test_a_path_that_is_not_there_is_one_sentence_and_a_hint(days):
    found = days.run("ls", "nope")
    assert (found.code, found.out) == (1, "")
    assert found.err.splitlines() == [
        f"holdall: nope: is not in commit {days.history.head()} of notes",
        "  `holdall history nope` shows when it was",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ls", "--at", "99"], 1, "there is no commit 99"),
        (["ls", "--at", "soon"], 2, "'soon' is neither a commit nor a time"),
        (["ls", "../elsewhere"], 2, "is not in the context"),
        (["ls", "--context", "other"], 1, "there is no context other"),
        (["ls", "--store", "file:///nowhere/at/all"], 1, "there is no store"),
        (["ls", "--store", "/nowhere"], 2, "a directory is written file:///nowhere"),
        (["history", "nope"], 1, "no commit of notes that is kept speaks of it"),
        (["restore", "nope"], 1, "is not in commit"),
        (["restore", "--at", "1d", "."], 1, "at 1d there was no commit yet"),
        (["export", "--at", "1d", "x.tar.zst"], 1, "at 1d there was no commit yet"),
        (["restore", "--context", "notes", "--at", "1", "a.md"], 2, "mounted at no directory"),
        (["conflicts", "resolve", "a.md", "--keep", "copy"], 2, "is no conflict copy"),
        (["conflicts", "resolve"], 2, "resolve needs a copy"),
        (["conflicts", "--keep", "copy"], 2, "belong to resolve"),
    ],
)
def test_what_cannot_be_done_is_told_with_a_way_out(days, arguments, code, says):
    found = days.run(*arguments)
    assert found.code == code
    first, hint = found.err.splitlines()
    assert says in first
    assert hint.startswith("  ")


def test_diff_of_the_newest_change(days):
    found = days.run("diff", "--json").doc
    assert [(one["path"], one["change"]) for one in found["differences"]] == [("link", "added")]


def test_diff_passes_over_commits_that_only_tidy_up(days):
    (days.root / "a.md").unlink()
    days.save()
    found = days.run("diff", "--json").doc
    assert [(one["path"], one["change"]) for one in found["differences"]] == [("a.md", "removed")]


def test_diff_since_a_commit(days):
    found = days.run("diff", "1", "--json").doc
    changes = {one["path"]: one["change"] for one in found["differences"]}
    assert changes == {"a.md": "changed", "link": "added", "src/main.py": "removed"}
    assert found["from"] == 1
    below = days.run("diff", "1", "--path", "src", "--json").doc
    assert [one["path"] for one in below["differences"]] == ["src/main.py"]


def test_diff_for_people(days):
    assert days.run("diff", "1").out.splitlines() == [
        "M a.md  3 B -> 7 B",
        "+ link  symlink",
        "- src/main.py  7 B",
    ]


def test_history_of_the_context(days):
    commits = days.run("history", "--json").doc["commits"]
    assert [one["commit"] for one in commits] == list(range(len(commits), 0, -1))
    assert (commits[-1]["changed"], commits[-1]["bytes"]) == (6, 11)
    assert len(days.run("history", "-n", "2", "--json").doc["commits"]) == 2


def test_history_of_a_path(days):
    versions = days.run("history", "src/main.py", "--json").doc["versions"]
    assert [one["state"] for one in versions] == ["deleted", "file"]
    assert versions[0]["commit"] > versions[1]["commit"] == 1
    assert len(days.run("history", "a.md").out.splitlines()) == 2


def test_verify_says_that_all_is_there(days):
    found = days.run("verify", "--data", "--json")
    assert found.code == 0
    assert found.doc["intact"]
    assert found.doc["read_bytes"] == found.doc["bytes"] == 8


def test_verify_names_what_is_missing_and_fails(days):
    days.store.delete(file_key("a.md"))
    found = days.run("verify")
    assert found.code == 1
    assert "missing    a.md: nothing is at its key" in found.out
    assert "NOT intact" in found.out
    assert not days.run("verify", "--json").doc["intact"]


def test_verify_reads_what_rotted(days):
    file = days.base / "store/notes/files/a.md"
    stamp = file.stat()
    file.write_bytes(b"rotten!")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert days.run("verify").code == 0
    found = days.run("verify", "--data", "--json")
    assert found.code == 1
    assert [(one["found"], one["path"]) for one in found.doc["findings"]] == [("damaged", "a.md")]


def test_doctor_probes_the_store_and_leaves_nothing(desk):
    before = sorted(str(one) for one in desk.base.rglob("*"))
    found = desk.run("doctor", "--json")
    assert found.code == 0
    states = {one["name"]: one["state"] for one in found.doc["checks"]}
    assert states["conditional PUT"] == "ok"
    assert states["durability"] == "note"
    assert "bad" not in states.values()
    after = sorted(str(one) for one in desk.base.rglob("*") if ".holdall-store/" not in str(one))
    assert [one for one in after if one not in before] == []


def test_doctor_says_what_does_not_work_and_how_to_mend_it(desk):
    found = desk.run("doctor", "--path", desk.base / "missing", "--json")
    assert found.code == 1
    (bad,) = [one for one in found.doc["checks"] if one["state"] == "bad"]
    assert bad["name"] == "directory"
    assert bad["fix"]


def test_doctor_knows_a_bucket_that_keeps_versions(desk, moto, monkeypatch):
    """What is removed there is not gone, and fills it."""
    for name, value in (moto.environment | {"AWS_ENDPOINT_URL": moto.url}).items():
        monkeypatch.setenv(name, value)
    bucket = moto.make_bucket()

    def said():
        checks = desk.run("doctor", "--store", f"s3://{bucket}/x", "--json").doc["checks"]
        return [one["detail"] for one in checks if one["name"] == "bucket versions"]

    assert said() == []
    moto.client().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert said() == ["the bucket keeps what holdall removes after its retention"]


def test_doctor_knows_a_store_that_cannot_be_reached(desk):
    (desk.base / "file").write_text("")
    found = desk.run("doctor", "--store", f"file://{desk.base}/file/below")
    assert found.code in {0, 1}
    assert "is not there yet" in found.out


def test_a_context_with_an_odd_name(desk):
    odd = desk.base / "über %41 ctx"
    odd.mkdir()
    found = desk.run("ls", at=odd)
    assert found.code == 1
    assert "there is no context über %41 ctx" in found.err


def test_the_json_of_a_stream_is_one_document(days):
    text = days.run("ls", "-r", "--json").out
    assert json.loads(text)["context"] == "notes"
    assert text.endswith("]}\n")
