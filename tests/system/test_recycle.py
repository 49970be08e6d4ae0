"""A context whose data expires, on a real store and with real daemons: spec 1, Recycle."""

import json

import pytest
from tests.daemon.machine import Machine
from tests.log.aging import age

from holdall.log.commits import CommitLog
from holdall.log.layout import prefix_of
from holdall.model import Recycling
from holdall.store.directory import DirectoryStore
from holdall.store.s3 import S3Settings, S3Store
from holdall.store.scoped import Scoped

FILES = {"a.md": "a", "cache/x": "x", "cache/deep/y": "y", "cachex": "z"}


def policy(lifecycle, *paths):
    said = {"lifecycle": lifecycle, **({"paths": list(paths)} if paths else {})}
    return {"recyclePolicy": said}


class Days:
    """Machines on one context, whose data is as old as a test wants it."""

    def __init__(self, site):
        self.site = site
        server = site.server
        self.bucket = S3Store(
            S3Settings(
                site.bucket,
                "contexts",
                server.url,
                server.region,
                access_key=server.access_key,
                secret_key=server.secret_key,
            )
        )
        self.store = Scoped(self.bucket, prefix_of("wiki"))

    def mounted(self, name, said=None, files=()):
        """A machine with a daemon and all of its directory in the store."""
        machine = self.site.machine()
        directory = machine.directory(name)
        write(directory, dict(files))
        machine.daemon()
        mount(machine, directory, said)
        machine.holdall("sync", "wiki", "--timeout", "60s")
        return machine, directory

    def recycling(self):
        return CommitLog(self.store).info().recycling

    @property
    def keys(self):
        return self.site.keys("wiki")

    def close(self):
        self.bucket.close()


@pytest.fixture
def days(site):
    found = Days(site)
    yield found
    found.close()


def write(directory, files):
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)


def mount(machine, directory, said=None, command="mount"):
    options = ()
    if said is not None:
        file = machine.home / "policy.json"
        file.write_text(json.dumps(said))
        options = ("--policy", file)
    machine.holdall(command, directory, "--context", "wiki", *options)


def restarts(machine):
    """Its daemon, which sees at its start what has expired. Objects go after that, as those of deleted files do."""
    machine.end(machine._daemons[-1])
    machine.daemon()
    machine.holdall("sync", "wiki", "--timeout", "60s")


def read(directory):
    return {
        one.relative_to(directory).as_posix(): one.read_text()
        for one in directory.rglob("*")
        if one.is_file()
    }


def test_what_was_uploaded_longer_ago_is_removed_from_the_store_and_stays_here(days):
    machine, directory = days.mounted("mine", policy("Lifecycle_30Days"), FILES)
    age(days.store, 31, "a.md", "cache/x")
    age(days.store, 29, "cachex")
    restarts(machine)
    machine.until(lambda: days.keys == {"cache/deep/y", "cachex"})
    assert read(directory) == FILES
    assert len(days.site.keys("wiki", "trash/")) == 2
    assert machine.mounts()["wiki"]["durable"]
    (row,) = [one for one in machine.mounts()["wiki"]["problems"] if one["code"] == "expired"]
    assert row["message"] == "2 files past the context's lifecycle: only here, and in the store no more"
    assert machine.holdall("history", "a.md", "--context", "wiki").splitlines()[0].endswith("expired")


def test_paths_are_exact_and_relative_to_the_mount(days):
    machine, _ = days.mounted("mine", policy("Lifecycle_30Days", "cache", "a"), FILES)
    age(days.store, 31, *FILES)
    restarts(machine)
    machine.until(lambda: days.keys == {"a.md", "cachex"})


def test_an_absolute_one_under_the_mount_is_taken_as_relative(days):
    machine = days.site.machine()
    directory = machine.directory("mine")
    write(directory, FILES)
    machine.daemon()
    mount(machine, directory, policy("Lifecycle_5Days", str(directory / "cache")))
    machine.holdall("flush", "wiki")
    machine.until(lambda: days.recycling() == Recycling(5, ("cache",)))


def test_an_upload_of_its_bytes_begins_it_again_and_a_rename_does_not(days):
    machine, directory = days.mounted("mine", policy("Lifecycle_30Days"), FILES)
    age(days.store, 31, "a.md", "cachex")
    machine.holdall("sync", "wiki")
    (directory / "a.md").write_text("a is new")
    (directory / "cachex").rename(directory / "moved")
    machine.holdall("flush", "wiki")
    machine.until(lambda: days.keys == {"a.md", "cache/x", "cache/deep/y", "moved"})
    restarts(machine)
    machine.until(lambda: days.keys == {"a.md", "cache/x", "cache/deep/y"})
    assert (directory / "moved").read_text() == "z"


def test_what_expired_is_not_uploaded_again_and_does_not_come_to_a_fresh_mount(days):
    machine, directory = days.mounted("mine", policy("Lifecycle_30Days"), FILES)
    other, theirs = days.mounted("theirs")
    assert read(theirs) == FILES
    age(days.store, 31, "a.md", "cache/x")
    restarts(machine)
    machine.until(lambda: days.keys == {"cache/deep/y", "cachex"})
    restarts(other)
    (directory / "cache/x").touch()
    machine.holdall("flush", "wiki")
    assert read(theirs) == read(directory) == FILES
    assert days.keys == {"cache/deep/y", "cachex"}

    fresh, empty = days.mounted("fresh")
    assert read(empty) == {"cache/deep/y": "y", "cachex": "z"}
    late, full = days.mounted("late", None, {"a.md": "a", "cache/x": "x"})
    assert days.keys == {"cache/deep/y", "cachex"}
    assert read(full) == FILES

    (directory / "a.md").write_text("edited")
    machine.holdall("flush", "wiki")
    for one, root in ((other, theirs), (fresh, empty), (late, full)):
        one.holdall("wait", "wiki", "--timeout", "60s")
        assert (root / "a.md").read_text() == "edited"


def test_the_last_explicit_setting_wins(days):
    machine, directory = days.mounted("mine", policy("Lifecycle_30Days"), FILES)
    machine.until(lambda: days.recycling() == Recycling(30))
    other, _ = days.mounted("theirs", policy("Lifecycle_Forever"))
    other.until(lambda: days.recycling() == Recycling(None))
    age(days.store, 31, "a.md")
    restarts(machine)
    assert days.recycling() == Recycling(None)
    assert "a.md" in days.keys
    mount(machine, directory, policy("Lifecycle_10Days", "cache"), command="up")
    machine.until(lambda: days.recycling() == Recycling(10, ("cache",)))
    machine.holdall("lifecycle", "set", "30", "--context", "wiki")
    assert days.recycling() == Recycling(30)


def test_a_sweep_says_first_what_goes(days):
    machine, directory = days.mounted("mine", None, FILES)
    machine.holdall("lifecycle", "set", "30", "cache", "--context", "wiki")
    age(days.store, 31, "cache/x", "a.md")
    dry = machine.holdall("lifecycle", "sweep", "--dry-run", "--context", "wiki", "--json")
    assert [one["path"] for one in dry["expired"]] == ["cache/x"]
    assert "cache/x" in days.keys
    machine.holdall("lifecycle", "sweep", "--context", "wiki")
    assert days.keys == {"a.md", "cache/deep/y", "cachex"}
    machine.holdall("sync", "wiki", "--timeout", "60s")
    assert read(directory) == FILES
    shown = machine.holdall("lifecycle", "--context", "wiki", "--json")
    assert (shown["due_files"], shown["expired_files"]) == (0, 1)


def test_bucket_rules_are_offered_beside_those_of_others(days):
    machine, _ = days.mounted("mine", policy("Lifecycle_30Days", "cache", "a.md"), FILES)
    machine.until(lambda: days.recycling() is not None)
    client = days.site.server.client()
    theirs = {"ID": "logs", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 5}}
    client.put_bucket_lifecycle_configuration(
        Bucket=days.site.bucket, LifecycleConfiguration={"Rules": [theirs]}
    )

    def rules():
        return client.get_bucket_lifecycle_configuration(Bucket=days.site.bucket)["Rules"]

    document = json.loads(machine.holdall("lifecycle", "export", "--context", "wiki"))
    (rule,) = document["Rules"]
    assert rule["Filter"]["Prefix"] == "contexts/wiki/files/cache/"
    assert rules() == [theirs]
    done = machine.run("lifecycle", "export", "--apply", "--context", "wiki")
    assert "a.md is a file, and has no rule" in done.stderr
    assert rules() == [theirs, rule]
    machine.holdall("lifecycle", "set", "forever", "--context", "wiki")
    machine.holdall("lifecycle", "export", "--apply", "--context", "wiki")
    assert rules() == [theirs]


def test_what_the_bucket_took_by_such_a_rule_has_expired_and_is_not_missed(days):
    machine, directory = days.mounted("mine", policy("Lifecycle_30Days"), FILES)
    machine.end(machine._daemons[-1])
    age(days.store, 31, "a.md")
    days.store.delete("files/a.md")
    fresh, empty = days.mounted("fresh")
    assert read(empty) == {path: text for path, text in FILES.items() if path != "a.md"}
    assert not [one for one in fresh.mounts()["wiki"]["problems"] if one["code"] == "damaged"]
    machine.daemon()
    machine.holdall("sync", "wiki", "--timeout", "60s")
    assert read(directory) == FILES
    assert "a.md" not in days.keys


def test_it_runs_on_the_embedded_store_too():
    machine = Machine()
    try:
        machine.daemon()
        directory = machine.directory("mine")
        write(directory, FILES)
        mount(machine, directory, policy("Lifecycle_1Day", "cache"))
        machine.holdall("flush", "wiki")
        restarts(machine)
        store = Scoped(DirectoryStore(machine.store), prefix_of("wiki"))
        age(store, 2, "cache/x", "a.md")
        restarts(machine)
        machine.until(lambda: machine.objects("wiki").keys() == {"a.md", "cache/deep/y", "cachex"})
        assert read(directory) == FILES
    finally:
        machine.close()
