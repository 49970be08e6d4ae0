"""A deletion is in the log, and its object still in the store: whoever comes next removes it, after a look at it."""

import pytest
from tests.engine.power import PowerCut

from holdall.engine.words import Outcome
from holdall.errors import Unavailable
from holdall.log.layout import LOG
from holdall.store.passing import Passing


class Faulty(Passing):
    """refuses  requests of a removal that fail first
    kills    the one with which the process ends, once; "answer": when the next commit stands
    deaf     of the next commit no answer arrives, nor of the look whether it stands
    """

    refuses = 0
    kills = None
    deaf = False
    _looking = False

    def copy(self, source, target, **how):
        self._may_end("copy")
        return self.inner.copy(source, target, **how)

    def delete(self, key, **how):
        self._may_end("delete")
        self.inner.delete(key, **how)

    def put(self, key, data, **how):
        done = self.inner.put(key, data, **how)
        if self.kills == "answer" and key.startswith(LOG):
            self.kills = None
            raise PowerCut
        if self.deaf and key.startswith(LOG):
            self.deaf, self._looking = False, True
            raise Unavailable("no answer")
        return done

    def get(self, key, **how):
        if self._looking and key.startswith(LOG):
            self._looking = False
            raise Unavailable("no answer")
        return self.inner.get(key, **how)

    def _may_end(self, request):
        if self.refuses:
            self.refuses -= 1
            raise Unavailable("no answer")
        if request == self.kills:
            self.kills = None
            raise PowerCut


@pytest.fixture
def one(world):
    found = world.machine("one", over=Faulty)
    for path in ("f", "kept", "too"):
        found.disk.write(path, path.encode())
    found.flush()
    return found


def killed_again(one):
    """As it is about to remove the object, at the second try: whether somebody who is to leave was told to go by then."""
    told = len(one.receipts)
    one.store.refuses, one.store.kills = 1, "delete"
    with pytest.raises(PowerCut):
        one.flush(tidy=True)
    return len(one.receipts) > told


class TestAfterAKill:
    @pytest.fixture(params=["copy", "delete"])
    def killed(self, request, world, one):
        """Before the object is kept, or before it is removed."""
        one.store.kills = request.param
        one.disk.delete("f")
        with pytest.raises(PowerCut):
            world.pass_time(20)
        one.kill()
        assert (one.ledger.seq, world.keys()) == (2, {"f", "kept", "too"})
        return one

    def test_the_next_process_removes_it(self, world, killed):
        killed.boot()
        assert killed.flush(tidy=True).outcome is Outcome.COMPLETE
        assert world.keys() == {"kept", "too"}
        assert b"f" in [world.store.get(f"trash/{key}") for key in world.keys("trash/")]

    def test_who_leaves_waits_for_that(self, killed):
        killed.boot()
        assert not killed_again(killed)

    @pytest.mark.parametrize("data", [b"by hand", b"f"], ids=["other bytes", "the same"])
    def test_what_another_tool_put_there_meanwhile_stays(self, world, killed, data):
        world.store.put("files/f", data)
        killed.boot()
        assert killed.flush(tidy=True).outcome is Outcome.COMPLETE
        assert world.store.get("files/f") == data


class TestAfterALostAnswer:
    @pytest.fixture
    def unanswered(self, one):
        one.store.deaf = True
        one.disk.delete("f")
        return one

    def test_the_look_at_the_head_leads_to_its_removal(self, world, unanswered):
        assert unanswered.flush(tidy=True).outcome is Outcome.COMPLETE
        assert world.keys() == {"kept", "too"}
        assert not unanswered.ledger.unswept(1)

    def test_who_leaves_waits_for_that(self, unanswered):
        assert not killed_again(unanswered)

    def test_what_another_tool_put_there_meanwhile_stays(self, world, unanswered):
        put = world.store.put

        def at_once(key, data, **how):
            done = put(key, data, **how)
            if key.startswith(LOG):
                put("files/f", b"f")
            return done

        world.store.put = at_once
        world.pass_time(20)
        world.store.put = put
        unanswered.flush(tidy=True)
        assert world.store.get("files/f") == b"f"


def test_the_same_bytes_anew_are_ours_also_after_a_kill(world, one):
    """They are at the key already, under the upload of the deleted version. What is written over them is no conflict."""
    one.store.kills = "delete"
    one.disk.delete("f")
    with pytest.raises(PowerCut):
        world.pass_time(20)
    one.kill()
    one.disk.write("f", b"f")
    one.store.refuses, one.store.kills = 100, "answer"
    one.boot()
    with pytest.raises(PowerCut):
        world.pass_time(3)
    one.kill()
    one.disk.write("f", b"edited")
    one.store.refuses = 0
    one.boot()
    assert one.flush().outcome is Outcome.COMPLETE
    assert one.disk.files() == {"f": b"edited", "kept": b"kept", "too": b"too"}
