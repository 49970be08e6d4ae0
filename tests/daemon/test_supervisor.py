"""Mounts side by side, without a process around them."""

import threading

import pytest

from holdall.daemon.attachment import Attachment
from holdall.daemon.mounted import Mounted, Workshop
from holdall.daemon.opening import opened
from holdall.daemon.pool import Pool
from holdall.daemon.registry import Registry
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.daemon.supervisor import Supervisor
from holdall.engine.pace import Pace
from holdall.engine.runner import Runner, Ticket
from holdall.engine.upkeep import Upkeep
from holdall.engine.words import Ask, Withdraw
from holdall.errors import Abandoned


@pytest.fixture
def supervisor(tmp_path):
    store, url, directory = opened(StoreSettings(f"file://{tmp_path}/store"))
    registry = Registry(tmp_path / "daemon.db")
    made = Supervisor(
        Workshop(store, url, tmp_path, Pool(4), Pace(transfers=4), (), str(directory)), registry, 20.0
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


def test_a_flush_that_the_store_does_not_answer_says_so_and_what_is_left(supervisor, tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    supervisor.start([Spec("a", tmp_path / "a")], None)
    answering, refresh = threading.Event(), Upkeep.refresh

    def refresh_late(upkeep):
        answering.wait()
        return refresh(upkeep)

    def flush():
        return supervisor.flush("a", path=None, timeout_s=0.2, abandoned=lambda: False)

    flush()
    monkeypatch.setattr(Upkeep, "refresh", refresh_late)
    (tmp_path / "a" / "new").write_text("1")
    receipt = flush()
    answering.set()
    assert receipt["deadline_hit"]
    assert [one["path"] for one in receipt["left"]] == ["new"]
    assert [one["message"] for one in receipt["problems"]] == ["the store has not answered in time"]
    assert receipt["problems"][0]["hint"]
