"""One mount without a daemon: how it ends."""

import threading

import pytest

from holdall.daemon.attachment import Attachment
from holdall.daemon.cycle import Cycle
from holdall.daemon.pool import Pool
from holdall.daemon.spec import Spec
from holdall.engine.events import Refreshed
from holdall.engine.upkeep import Upkeep
from holdall.engine.words import Until
from holdall.store.limited import Line
from holdall.store.memory import MemoryStore


@pytest.fixture
def root(tmp_path):
    found = tmp_path / "notes"
    found.mkdir()
    return found


@pytest.fixture
def attachment(root, tmp_path):
    pool = Pool(4)
    yield Attachment(Spec("notes", root), MemoryStore(), tmp_path / "state", pool)
    pool.shutdown()


@pytest.fixture
def hanging(monkeypatch):
    """Asked, the store answers only when `go_on` is set."""
    asked, go_on, refresh = threading.Event(), threading.Event(), Upkeep.refresh

    def refresh_late(upkeep, **how):
        asked.set()
        go_on.wait()
        return refresh(upkeep, **how)

    monkeypatch.setattr(Upkeep, "refresh", refresh_late)
    yield asked, go_on
    go_on.set()


def test_what_hangs_when_it_is_stopped_comes_to_nothing_quietly(attachment, hanging, caplog):
    asked, go_on = hanging
    attachment.start(Cycle("notes", fresh=True).heard)
    asked.wait()
    attachment.stop(0.0)
    assert attachment.runner.alive
    go_on.set()
    attachment.runner.stop()
    assert not attachment.runner.alive
    assert caplog.text == ""


def test_a_state_that_is_closed_under_a_mount_that_goes_on_is_loud(attachment, hanging, caplog):
    asked, go_on = hanging
    refreshed = threading.Event()

    def heard(_mount, event, _effects):
        if isinstance(event, Refreshed):
            refreshed.set()

    attachment.start(heard)
    asked.wait()
    attachment.ledger.close()
    go_on.set()
    refreshed.wait()
    attachment.stop()
    assert "notes: Refresh failed" in caplog.text
    assert "the ledger is closed" in caplog.text


def test_the_log_does_not_wait_for_the_line(root, tmp_path):
    """Of two files the second waits for a day: the line is in debt with the first, which is in the log all the same."""
    for name in ("one", "other"):
        (root / name).write_bytes(name.encode() * 300_000)
    store, pool, line = MemoryStore(), Pool(4), Line(up_bytes_s=10)
    attached = Attachment(Spec("notes", root), store, tmp_path / "state", pool, line=line)
    attached.start()
    receipt = attached.runner.ask(Until.DURABLE, timeout_s=3.0).wait(30)
    attached.stop(0.0)
    assert len(receipt.left) == 1
    assert any(one.key.startswith("notes/log/") for one in store.list(""))
