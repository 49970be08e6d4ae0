"""A release that nobody waits for any more: the mount goes on, and whatever ends the daemon still releases it."""

import threading

import pytest

from holdall.daemon.mounted import Workshop
from holdall.daemon.opening import opened
from holdall.daemon.pool import Pool
from holdall.daemon.registry import Registry
from holdall.daemon.settings import StoreSettings
from holdall.daemon.spec import Spec
from holdall.daemon.supervisor import Supervisor
from holdall.engine.pace import Pace
from holdall.engine.runner import Ticket
from holdall.errors import Abandoned
from holdall.store.limited import Line


@pytest.fixture
def supervisor(tmp_path):
    """With one mount, `a`."""
    store, silence, url, directory = opened(StoreSettings(f"file://{tmp_path}/store"))
    registry = Registry(tmp_path / "daemon.db")
    shop = Workshop(store, silence, url, tmp_path, Pool(4), Pace(transfers=4), Line(), (), str(directory))
    made = Supervisor(shop, registry, 20.0)
    (tmp_path / "a").mkdir()
    made.mount(Spec("a", tmp_path / "a"))
    yield made
    made.shut(20.0)
    registry.close()
    store.close()


@pytest.fixture
def answers(monkeypatch):
    """An event: until it is set, no barrier comes through."""
    given, wait = threading.Event(), Ticket.wait
    monkeypatch.setattr(
        Ticket, "wait", lambda ticket, timeout_s: wait(ticket, timeout_s) if given.wait(0.01) else None
    )
    yield given
    given.set()


@pytest.mark.parametrize("leave", [Supervisor.release, Supervisor.unmount])
def test_the_mount_goes_on_as_it_was(supervisor, answers, tmp_path, leave):
    with pytest.raises(Abandoned, match="nobody waits any more"):
        leave(supervisor, "a", abandoned=lambda: True)
    answers.set()
    (tmp_path / "a" / "after").write_text("precious")
    assert supervisor.flush("a", path=None, timeout_s=20.0, abandoned=lambda: False)["uploaded_files"] == 1
    assert supervisor.contexts() == ["a"]
    assert leave(supervisor, "a")["outcome"] == "complete"
    assert supervisor.contexts() == []


def test_the_end_of_the_daemon_takes_it_over(supervisor, answers, tmp_path):
    (tmp_path / "a" / "one").write_text("1")
    gone = threading.Event()
    given_up, receipts = [], []

    def release():
        with pytest.raises(Abandoned) as found:
            supervisor.release("a", abandoned=lambda: begun.set() or gone.is_set())
        given_up.append(found.value)

    begun = threading.Event()
    releasing = threading.Thread(target=release)
    releasing.start()
    begun.wait()
    ending = threading.Thread(target=lambda: receipts.extend(supervisor.shut(20.0)))
    ending.start()
    while not supervisor._stopping:
        ending.join(0.01)
    gone.set()
    releasing.join()
    assert len(given_up) == 1
    answers.set()
    ending.join()
    assert [one["outcome"] for one in receipts] == ["complete"]
    assert (tmp_path / "store/a/files/one").read_text() == "1"


def test_the_end_of_the_daemon_tells_of_one_that_came_through(supervisor, answers):
    told = []
    begun = threading.Event()
    releasing = threading.Thread(target=lambda: told.append(supervisor.release("a", abandoned=begun.set)))
    releasing.start()
    begun.wait()
    ending = threading.Thread(target=lambda: told.extend(supervisor.shut(20.0)))
    ending.start()
    while not supervisor._stopping:
        ending.join(0.01)
    answers.set()
    releasing.join()
    ending.join()
    assert [one["outcome"] for one in told] == ["complete", "complete"]
    assert told[0] == told[1]
