"""Which way things go: auto_upload, auto_download and sync_local_file, alone and together with the sync types."""

import json
import signal

import pytest


class Pair:
    """A machine whose mount has a policy, and another one without; both on one context."""

    def __init__(self, site):
        self.site = site
        self.machine = site.machine()
        self.root = self.machine.directory("mine")
        self.process = self.machine.daemon()
        self.other, self.theirs = site.mounted("theirs")

    def mount(self, sync="auto", **policy):
        file = self.machine.home / "policy.json"
        file.write_text(json.dumps(policy))
        self.machine.holdall("mount", self.root, "--context", "project", "--policy", file, "--sync", sync)

    def ask(self, what, *args):
        return self.machine.holdall(what, "project", "--timeout", "60s", "--json", *args)

    def write(self, **files):
        """There, and in the store."""
        for name, text in files.items():
            (self.theirs / name).write_text(text)
        self.other.holdall("flush", "project", "--timeout", "60s")

    def here(self):
        return {path.name for path in self.root.iterdir()}

    def stored(self):
        return self.site.keys("project")

    def restart(self):
        assert self.machine.end(self.process, signal.SIGTERM) == 0
        self.process = self.machine.daemon()


@pytest.fixture
def pair(site):
    return Pair(site)


def test_upload_by_itself_is_done_before_a_release(pair):
    pair.mount(uploadPolicy={"autoUpload": True})
    for number in range(50):
        (pair.root / f"f{number}").write_text(str(number))
    receipt = pair.machine.holdall("release", "project", "--json")
    assert (receipt["outcome"], receipt["uploaded_files"], receipt["left_by_policy"]) == ("complete", 50, [])
    assert len(pair.stored()) == 50


def test_no_upload_but_by_an_explicit_sync(pair):
    pair.mount(uploadPolicy={"autoUpload": False})
    (pair.root / "a").write_text("1")
    pair.write(b="2")
    pair.ask("wait")
    assert pair.here() == {"a", "b"}
    (pair.root / "b").unlink()
    pair.machine.until(lambda: pair.machine.mounts()["project"]["pending_files"] == 1)
    assert pair.stored() == {"b"}
    pair.restart()
    assert pair.stored() == {"b"}
    receipt = pair.ask("flush", "--path", pair.root / "a")
    assert (receipt["outcome"], receipt["uploaded_files"]) == ("complete", 1)
    assert pair.stored() == {"a", "b"}
    (pair.root / "a").write_text("more")
    receipt = pair.machine.holdall("release", "project", "--json")
    assert (receipt["outcome"], receipt["left_by_policy"], receipt["uploaded_files"]) == (
        "complete",
        ["a", "b"],
        0,
    )
    assert (pair.theirs / "b").exists()


def test_no_download_but_by_an_explicit_sync_and_what_was_not_fetched_is_no_deletion(pair):
    pair.write(a="1", b="2", c="3")
    pair.mount(downloadPolicy={"autoDownload": False})
    (pair.root / "mine").write_text("4")
    pair.ask("flush")
    assert pair.here() == {"mine"}
    assert pair.stored() == {"a", "b", "c", "mine"}
    pair.ask("wait", "--path", pair.root / "b")
    assert pair.here() == {"b", "mine"}
    (pair.root / "b").unlink()
    pair.restart()
    pair.ask("flush")
    assert pair.here() == {"mine"}
    assert pair.stored() == {"a", "c", "mine"}
    pair.ask("sync")
    assert pair.here() == {"a", "c", "mine"}


def test_a_deletion_that_stays_here(pair):
    """The store keeps its copy; it does not come back, not even when it is edited elsewhere; a fresh mount has it."""
    pair.write(a="1", b="2", c="3")
    pair.mount(deletePolicy={"syncLocalFile": False})
    pair.ask("wait")
    for name in "ab":
        (pair.root / name).unlink()
    pair.ask("sync")
    assert pair.stored() == {"a", "b", "c"}
    pair.write(a="edited", c="edited")
    pair.machine.until(lambda: (pair.root / "c").read_text() == "edited")
    pair.restart()
    pair.ask("sync")
    assert pair.here() == {"c"}
    assert pair.stored() == {"a", "b", "c"}
    machine, fresh = pair.site.mounted("fresh")
    machine.holdall("wait", "project")
    assert {path.name: path.read_text() for path in fresh.iterdir()} == {
        "a": "edited",
        "b": "2",
        "c": "edited",
    }
    (pair.root / "b").write_text("anew")
    pair.ask("flush")
    machine.holdall("wait", "project")
    assert (fresh / "b").read_text() == "anew"


def test_nothing_goes_by_itself_in_an_archive_of_all_that_ever_was(pair):
    """arch, and every flag off."""
    pair.write(a="1")
    pair.mount(
        "arch",
        uploadPolicy={"autoUpload": False},
        downloadPolicy={"autoDownload": False},
        deletePolicy={"syncLocalFile": False},
    )
    (pair.root / "b").write_text("2")
    pair.machine.until(lambda: pair.machine.mounts()["project"]["pending_files"] == 1)
    assert (pair.here(), pair.stored()) == ({"b"}, {"a"})
    pair.ask("sync")
    assert (pair.here(), pair.stored()) == ({"a", "b"}, {"a", "b"})
    (pair.root / "a").unlink()
    pair.other.holdall("wait", "project")
    (pair.theirs / "b").unlink()
    pair.other.holdall("flush", "project")
    pair.ask("sync")
    assert (pair.here(), pair.stored()) == ({"b"}, {"a"})


def test_one_pass_that_waits_to_be_asked_for(pair):
    pair.write(a="1")
    pair.mount("one", uploadPolicy={"autoUpload": False})
    (pair.root / "b").write_text("2")
    pair.restart()
    assert (pair.here(), pair.stored()) == ({"b"}, {"a"})
    pair.ask("flush")
    assert (pair.here(), pair.stored()) == ({"b"}, {"a", "b"})
