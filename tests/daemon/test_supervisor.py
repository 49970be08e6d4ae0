"""Mounts side by side, without a process around them."""

import fcntl
import threading
import time

import pytest

from holdall.daemon import outcome
from holdall.daemon.attachment import Attachment
from holdall.daemon.mounted import Mounted, Workshop
from holdall.daemon.opening import opened
from holdall.daemon.pool import Pool
from holdall.daemon.registry import Registry
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.daemon.supervisor import Supervisor
from holdall.engine.events import Ask, Withdraw
from holdall.engine.pace import Pace
from holdall.engine.runner import Runner, Ticket
from holdall.engine.upkeep import Upkeep
from holdall.errors import Abandoned, ConfigError
from holdall.store.limited import Line


@pytest.fixture
def supervisor(tmp_path):
    store, silence, url, directory = opened(StoreSettings(f"file://{tmp_path}/store"))
    registry = Registry(tmp_path / "daemon.db")
    made = Supervisor(
        Workshop(store, silence, url, tmp_path, Pool(4), Pace(transfers=4), Line(), (), str(directory)),
        registry,
        20.0,
    )
    yield made
    made.shut(20.0)
    registry.close()
    store.close()


def test_what_is_asked_while_a_mount_is_taken_up_waits_for_that(supervisor, tmp_path, monkeypatch):
    taking_up, go_on, attach = threading.Event(), threading.Event(), Mounted.attach

    def attach_slowly(mounted):
        taking_up.set()
        go_on.wait()
        attach(mounted)

    monkeypatch.setattr(Mounted, "attach", attach_slowly)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("1")
    starting = threading.Thread(target=supervisor.start, args=([Spec("a", tmp_path / "a")], None))
    starting.start()
    taking_up.wait()
    receipts = []
    asking = threading.Thread(
        target=lambda: receipts.append(
            supervisor.flush("a", path=None, timeout_s=20.0, abandoned=lambda: False)
        )
    )
    asking.start()
    asking.join(0.2)
    assert asking.is_alive()
    go_on.set()
    asking.join()
    starting.join()
    assert [one["uploaded_files"] for one in receipts] == [1]


def test_who_goes_away_is_not_worked_for_any_longer(supervisor, tmp_path, monkeypatch):
    """Ctrl-C at a flush whose store does not answer."""
    (tmp_path / "a").mkdir()
    supervisor.start([Spec("a", tmp_path / "a")], None)
    monkeypatch.setattr(Ticket, "wait", lambda _ticket, _timeout_s: None)
    posted, post = [], Runner.post

    def post_and_note(runner, event):
        posted.append(event)
        post(runner, event)

    monkeypatch.setattr(Runner, "post", post_and_note)
    with pytest.raises(Abandoned):
        supervisor.flush("a", path=None, timeout_s=None, abandoned=lambda: True)
    (ask,) = (event for event in posted if isinstance(event, Ask))
    assert Withdraw(ask.ticket) in posted


def test_a_daemon_that_stops_takes_nothing_up_again(supervisor, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    supervisor.start([Spec("a", tmp_path / "a")], None)
    (receipt,) = supervisor.shut(20.0)
    (shown,) = supervisor.status()["mounts"]
    assert (shown["status"], shown["durable"], shown["commit"]) == ("synced", True, receipt["commit"])
    assert shown["problems"][0]["message"].startswith("released: complete, ")
    asked = {
        "mount": lambda: supervisor.mount(Spec("a", tmp_path / "a")),
        "mount another": lambda: supervisor.mount(Spec("b", tmp_path / "b")),
        "resume": lambda: supervisor.resume("a"),
        "approve": lambda: supervisor.approve("a"),
        "flush": lambda: supervisor.flush("a", path=None, timeout_s=1.0, abandoned=lambda: False),
        "release": lambda: supervisor.release("a"),
        "reload": lambda: supervisor.reload([Spec("b", tmp_path / "b")], tmp_path / "file"),
    }
    for call in asked.values():
        with pytest.raises(Abandoned, match="the daemon is stopping"):
            call()
    assert supervisor.status()["mounts"] == [shown]


def test_who_was_about_to_take_a_mount_up_when_it_was_released_does_not(supervisor, tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    mounted = Mounted(Spec("a", tmp_path / "a"), None, supervisor.shop)
    start = Attachment.start

    def released_meanwhile(attachment, heard):
        start(attachment, heard)
        mounted.leaving = True
        mounted.detach()  # there is nothing yet that it could see

    monkeypatch.setattr(Attachment, "start", released_meanwhile)
    mounted.attach()
    with pytest.raises(Abandoned, match="a was released"):
        mounted.resume()


BARRIERS = {
    "flush": lambda supervisor, **options: supervisor.flush("a", path=None, **options),
    "flush a path": lambda supervisor, **options: supervisor.flush("a", path="new", **options),
    "sync": lambda supervisor, **options: supervisor.sync("a", force=False, **options),
}


@pytest.mark.parametrize("asked", BARRIERS)
def test_a_barrier_that_the_store_does_not_answer_says_so_and_what_is_left(
    supervisor, tmp_path, monkeypatch, asked
):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "new").write_text("1")
    supervisor.start([Spec("a", tmp_path / "a")], None)
    answering, refresh = threading.Event(), Upkeep.refresh

    def refresh_late(upkeep, **how):
        answering.wait()
        return refresh(upkeep, **how)

    def ask():
        return BARRIERS[asked](supervisor, timeout_s=0.2, abandoned=lambda: False)

    supervisor.flush("a", path=None, timeout_s=None, abandoned=lambda: False)
    monkeypatch.setattr(Upkeep, "refresh", refresh_late)
    unchanged = ask()
    assert (unchanged["outcome"], unchanged["left"]) == ("failed", [])
    (tmp_path / "a" / "new").write_text("12")
    receipt = ask()
    answering.set()
    assert receipt["outcome"] == "partial"
    assert receipt["deadline_hit"]
    assert [one["path"] for one in receipt["left"]] == ["new"]
    assert [one["message"] for one in receipt["problems"]] == ["the store has not answered in time"]
    assert receipt["problems"][0]["hint"]


def test_every_mount_of_a_store_that_hangs_says_so(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("holdall.daemon.status._PATIENCE_S", 0.1)
    specs = [Spec(name, tmp_path / name) for name in ("a", "b")]
    for spec in specs:
        spec.path.mkdir()
    supervisor.start(specs, None)
    flush = {"path": None, "timeout_s": 20.0, "abandoned": lambda: False}
    for spec in specs:
        supervisor.flush(spec.context, **flush)

    def silent():
        shown = supervisor.status()["mounts"]
        return [one["context"] for one in shown if any(row["code"] == "silent" for row in one["problems"])]

    assert silent() == []
    with (tmp_path / "store/.holdall-store/lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # every write of the embedded store takes it
        (tmp_path / "a" / "new").write_text("1")
        until = time.monotonic() + 20
        while silent() != ["a", "b"]:
            assert time.monotonic() < until
            time.sleep(0.02)
    assert supervisor.flush("a", **flush)["outcome"] == "complete"
    assert silent() == []


def test_who_gives_a_mount_up_is_told_what_only_its_directory_has(supervisor, tmp_path):
    root = tmp_path / "a"
    root.mkdir()
    for name in ("kept", "edited", "gone"):
        (root / name).write_text("1")
    supervisor.mount(Spec("a", root))
    supervisor.flush("a", path=None, timeout_s=None, abandoned=lambda: False)
    supervisor.pause("a")
    (root / "edited").write_text("22")
    (root / "new").write_text("333")
    (root / "gone").unlink()
    receipt = supervisor.unmount("a", discard=True)
    assert (receipt["outcome"], outcome.exit_code(receipt)) == ("partial", outcome.DONE)
    assert {one["path"]: one["reason"] for one in receipt["left"]} == {
        "edited": "discarded", "new": "discarded", "gone": "deleted here, discarded",
    }  # fmt: skip
    assert (receipt["left_bytes"], supervisor.contexts()) == (5, [])
    assert (root / "new").read_text() == "333"


def test_who_gives_up_a_mount_that_is_all_in_the_store_leaves_nothing(supervisor, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "kept").write_text("1")
    supervisor.mount(Spec("a", tmp_path / "a"))
    supervisor.flush("a", path=None, timeout_s=None, abandoned=lambda: False)
    receipt = supervisor.unmount("a", discard=True)
    assert (receipt["outcome"], receipt["left"]) == ("complete", [])


@pytest.mark.parametrize("never_attached", [True, False])
def test_a_mount_that_is_given_up_unseen_says_so(supervisor, tmp_path, never_attached):
    root = tmp_path / "a"
    root.mkdir()
    if never_attached:
        before = Registry(tmp_path / "daemon.db")
        before.add(Spec("a", root), "file:///another/store")
        before.close()
        supervisor.start([], None)
    else:
        supervisor.mount(Spec("a", root))
        root.rename(tmp_path / "away")
    receipt = supervisor.unmount("a", discard=True)
    assert (receipt["outcome"], outcome.exit_code(receipt)) == ("partial", outcome.DONE)
    assert [one["path"] for one in receipt["left"]] == ["."]
    assert ("it was mounted on file:///another" if never_attached else "is missing") in receipt["left"][0][
        "reason"
    ]


def test_a_mount_of_a_file_whose_directory_is_gone_is_taken_out_there(supervisor, tmp_path):
    file = tmp_path / "holdall.toml"
    supervisor.start([Spec("a", tmp_path / "a")], file)
    supervisor.flush("a", path=None, timeout_s=None, abandoned=lambda: False)
    (shown,) = supervisor.status()["mounts"]
    assert shown["problems"][0]["fix"].startswith(
        f"bring it back, or take the mount out of {file} and reload"
    )


def test_a_mount_follows_its_directory(supervisor, tmp_path):
    old, new = tmp_path / "a", tmp_path / "b"
    old.mkdir()
    for name in ("one", "two", "three"):
        (old / name).write_text(name)
    supervisor.start([], None)
    supervisor.mount(Spec("a", old, ignore=("*.tmp",)))
    flush = {"path": None, "timeout_s": 20.0, "abandoned": lambda: False}
    assert supervisor.flush("a", **flush)["outcome"] == "complete"
    old.rename(new)
    (new / "one").unlink()
    (new / "x.tmp").touch()
    assert supervisor.mount(Spec("a", new))["path"] == str(new)
    receipt = supervisor.flush("a", **flush)
    assert (receipt["outcome"], receipt["deleted_files"], receipt["uploaded_files"]) == ("complete", 1, 0)
    assert sorted(one.name for one in new.iterdir()) == ["three", "two", "x.tmp"]


def test_a_copy_is_not_followed(supervisor, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    supervisor.start([], None)
    supervisor.mount(Spec("a", tmp_path / "a"))
    with pytest.raises(ConfigError, match=r"is mounted at .*/a already"):
        supervisor.mount(Spec("a", tmp_path / "b"))
