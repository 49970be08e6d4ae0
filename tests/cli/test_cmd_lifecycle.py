"""`lifecycle`: what expires, set, shown, taken away, and as rules of a bucket."""

import json
import time

import pytest
from tests.cli.desk import Desk
from tests.log import aging

from holdall.log.codec import Change, Commit
from holdall.log.commits import CommitLog
from holdall.log.contexts import set_recycling
from holdall.model import Recycling
from holdall.store.directory import DirectoryStore

DAY_MS = 86_400_000


@pytest.fixture
def desk(tmp_path, monkeypatch):
    found = Desk(tmp_path, monkeypatch)
    found.write(a_md="one", cache__x="xx", cache__deep__y="yyy", cachex="z")
    found.save()
    return found


def age(desk, days, *paths):
    aging.age(desk.store, days, *paths)


def names(desk):
    return {one.key for one in desk.store.list("files/")}


class TestSet:
    def test_says_what_it_means(self, desk):
        found = desk.run("lifecycle", "set", "30", "cache", "a.md")
        assert found.code == 0
        assert found.out.startswith("notes: cache, a.md expires 30 days after its last upload\n")
        assert CommitLog(desk.store).info().recycling == Recycling(30, ("cache", "a.md"))

    @pytest.mark.parametrize(
        ("said", "days"),
        [
            ("1", 1),
            ("5d", 5),
            ("Lifecycle_360Days", 360),
            ("Lifecycle_1Day", 1),
            ("forever", None),
            ("Lifecycle_Forever", None),
        ],
    )
    def test_takes_the_policys_words(self, desk, said, days):
        found = desk.run("lifecycle", "set", said, "--json")
        assert found.doc == {"context": "notes", "days": days, "paths": [""]}

    @pytest.mark.parametrize("said", ["2", "0", "-1", "soon", "٣"])
    def test_refuses_what_is_no_lifecycle(self, desk, said):
        found = desk.run("lifecycle", "set", said)
        assert found.code == 2
        assert CommitLog(desk.store).info().recycling is None

    def test_refuses_wildcards(self, desk):
        found = desk.run("lifecycle", "set", "30", "cache/*")
        assert found.code == 2
        assert (
            "Wildcard patterns are not supported in recycle policy paths. Got: cache/*. Please use exact directory paths instead."
            in found.err
        )

    def test_takes_a_path_as_it_is_seen_from_where_one_stands(self, desk):
        desk.configure()
        desk.run("lifecycle", "set", "30", desk.root / "cache", "deep", at=desk.root / "cache")
        assert CommitLog(desk.store).info().recycling == Recycling(30, ("cache", "cache/deep"))

    def test_leaves_all_else_as_it_is(self, desk):
        before = json.loads(desk.store.get("context.json")) | {"later": {"than": "us"}}
        desk.store.put("context.json", json.dumps(before).encode())
        desk.run("lifecycle", "set", "30")
        after = before | {"lifecycle": {"days": 30, "paths": [""]}}
        assert json.loads(desk.store.get("context.json")).items() >= after.items()


class TestShow:
    def test_of_a_context_without_any(self, desk):
        assert desk.run("lifecycle").out == "notes: nothing expires\n"
        assert desk.run("lifecycle", "show", "--json").doc == {
            "context": "notes", "days": None, "paths": [""], "covered_files": 0, "covered_bytes": 0,
            "oldest_uploaded_at": None, "due_files": 0, "due_bytes": 0, "expired_files": 0,
        }  # fmt: skip

    def test_counts(self, desk):
        age(desk, 40, "cache/x", "a.md")
        set_recycling(desk.store, Recycling(30, ("cache",)))
        found = desk.run("lifecycle", "--json").doc
        assert (found["covered_files"], found["covered_bytes"]) == (2, 5)
        assert (found["due_files"], found["due_bytes"]) == (1, 2)
        text = desk.run("lifecycle").out
        assert "1 file of them, 2 B, are past it" in text

    def test_says_what_went(self, desk):
        age(desk, 40, "cache/x")
        set_recycling(desk.store, Recycling(30))
        desk.run("lifecycle", "sweep")
        assert "1 file expired before" in desk.run("lifecycle").out

    def test_takes_options_before_the_verb(self, desk, tmp_path):
        found = desk.run("lifecycle", "--context", "notes", "--json", "show", at=tmp_path)
        assert found.doc["context"] == "notes"


class TestSweep:
    def test_dry_changes_nothing(self, desk):
        age(desk, 40, "cache/x", "cachex")
        set_recycling(desk.store, Recycling(30, ("cache",)))
        before = desk.history.head()
        found = desk.run("lifecycle", "sweep", "--dry-run")
        assert [line.split()[-1] for line in found.out.splitlines()] == ["cache/x", "B"]
        assert found.out.endswith("1 file would go, 2 B\n")
        assert desk.history.head() == before

    def test_takes_away_what_is_past_it(self, desk):
        age(desk, 40, "cache/x", "cachex")
        set_recycling(desk.store, Recycling(30, ("cache",)))
        found = desk.run("lifecycle", "sweep", "--json")
        assert [one["path"] for one in found.doc["expired"]] == ["cache/x"]
        assert names(desk) == {"files/a.md", "files/cache/deep/y", "files/cachex"}
        assert (desk.root / "cache/x").read_text() == "xx"
        assert desk.run("lifecycle", "sweep").out == "nothing has expired\n"

    def test_leaves_copies_where_they_are_and_a_mount_does_not_send_them(self, desk):
        age(desk, 40, "cache/x")
        set_recycling(desk.store, Recycling(30))
        desk.run("lifecycle", "sweep")
        before = desk.history.head()
        desk.save()
        assert (desk.root / "cache/x").read_text() == "xx"
        assert "files/cache/x" not in names(desk)
        assert desk.history.head() <= before + 1

    def test_a_lost_number_means_another_look(self, desk, monkeypatch):
        """Somebody uploads a new version in the moment between the look and the commit."""
        age(desk, 40, "cache/x", "a.md")
        set_recycling(desk.store, Recycling(30))
        append = CommitLog.append
        others = []

        def late(log, commit):
            if not others:
                others.append(commit.seq)
                entry = dict(desk.history.tree(commit.seq - 1))["cache/x"]
                fresh = entry._replace(uploaded_at=entry.uploaded_at + 40 * DAY_MS, vid=commit.seq)
                append(log, Commit("other", commit.seq, 0, "other", (Change("cache/x", fresh),)))
            append(log, commit)

        monkeypatch.setattr(CommitLog, "append", late)
        found = desk.run("lifecycle", "sweep", "--json")
        assert [one["path"] for one in found.doc["expired"]] == ["a.md"]
        assert "files/cache/x" in names(desk)

    def test_says_no_where_the_clocks_are_far_apart(self, desk, monkeypatch):
        set_recycling(desk.store, Recycling(30))
        monkeypatch.setattr(DirectoryStore, "now", lambda _: time.time() + 400 * 86_400)
        found = desk.run("lifecycle", "sweep")
        assert found.code == 2
        assert "nothing expires" in found.err


class TestWhatHasExpired:
    def test_is_told_of_everywhere(self, desk):
        age(desk, 40, "cache/x")
        set_recycling(desk.store, Recycling(30))
        desk.run("lifecycle", "sweep")
        assert desk.run("history", "cache/x").out.splitlines()[0].endswith("expired")
        assert desk.run("history", "-n", "1", "--json").doc["commits"][0]["expired"] == 1
        found = desk.run("ls", "cache/x")
        assert found.code == 1
        assert "it has expired, its lifecycle took it from the store" in found.err
        found = desk.run("restore", "cache/x")
        assert found.code == 1
        assert "it has expired" in found.err

    def test_can_be_restored(self, desk):
        age(desk, 40, "cache/x")
        set_recycling(desk.store, Recycling(30))
        desk.run("lifecycle", "sweep")
        (desk.root / "cache/x").unlink()
        assert desk.run("restore", "--at", "1", "cache/x").code == 0
        assert (desk.root / "cache/x").read_text() == "xx"


def test_an_embedded_store_is_no_bucket(desk):
    found = desk.run("lifecycle", "export")
    assert found.code == 2
    assert "is no bucket" in found.err


def test_help_has_an_example(desk):
    found = desk.run("lifecycle", "--help")
    assert "holdall lifecycle" in found.out.partition("example")[2]
    assert "--dry-run" in desk.run("lifecycle", "sweep", "--help").out
