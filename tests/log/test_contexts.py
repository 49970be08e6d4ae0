"""context.json by itself: names, origins, and the end of a context."""

import json

import pytest

from holdall.errors import BadFormat, NotThere, Unavailable
from holdall.log import contexts, layout
from holdall.log.commits import CommitLog, ContextInfo
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing
from holdall.store.scoped import Scoped

MADE = ContextInfo("1", "notes", "", "")


@pytest.fixture
def whole():
    return MemoryStore(clock=lambda: 1000.0)


@pytest.fixture
def part(whole):
    found = Scoped(whole, "notes/")
    CommitLog(found).create(MADE)
    return found


def said(part):
    return json.loads(part.get(layout.CONTEXT))


def test_ids_are_those_that_prefixes_come_from(whole):
    for key in ("notes/context.json", "a%2Fb/x", "%2E./x", "odd%2fcase/x", "%ff/x", "top", ".holdall/x"):
        whole.put(key, b"")
    assert contexts.ids(whole) == ["..", "a/b", "notes"]


def test_a_card_keeps_when_the_context_was_made(whole, part):
    assert contexts.card("notes", part) == ("notes", MADE, 1000.0)
    whole._clock = lambda: 2000.0
    contexts.rename(part, "papers")
    found = contexts.card("notes", part)
    assert (found.info.name, found.info.id, found.created_at) == ("papers", "1", 1000.0)
    assert contexts.card("nix", Scoped(whole, "nix/")) is None


class Meanwhile(Passing):
    """Somebody else writes right before our own write, or its reply is lost."""

    def __init__(self, store, act):
        super().__init__(store)
        self._act = act

    def put(self, key, data, **options):
        act, self._act = self._act, None
        if act is not None:
            act(self.inner)
        return self.inner.put(key, data, **options)


def test_a_rename_keeps_what_another_machine_says_at_the_same_moment(part):
    def other(store):
        store.put(layout.CONTEXT, json.dumps(said(store) | {"later": "x"}).encode())

    contexts.rename(Meanwhile(part, other), "papers")
    assert (said(part)["name"], said(part)["later"]) == ("papers", "x")


def test_a_rename_whose_reply_was_lost_is_done(part):
    def lost(store):
        contexts.rename(store, "papers")

    contexts.rename(Meanwhile(part, lost), "papers")
    assert said(part)["name"] == "papers"


def test_the_first_origin_stays(part):
    here, there = (ContextInfo("", "", path, "posix", "host") for path in ("/here", "/there"))
    contexts.originate(Meanwhile(part, lambda store: contexts.originate(store, here)), there)
    assert said(part)["origin"] == {"path": "/here", "os": "posix", "host": "host"}


class Watched(Passing):
    """Tells of each removal what context.json said then; breaks off after `most` of them."""

    def __init__(self, store, most=99):
        super().__init__(store)
        self.most = most
        self.gone = []

    def delete(self, key, *, when=None):
        if len(self.gone) == self.most:
            raise Unavailable("no answer")
        self.gone.append((key, said(self.inner).get("deleting")))
        self.inner.delete(key, when=when)


def filled(part):
    for key in ("files/a", "log/0000000000000001", "trash/u/a", "packs/p"):
        part.put(key, b"x")
    return part


def test_a_context_says_that_it_goes_before_anything_of_it_does(whole, part):
    whole.put("notes2/context.json", b"{}")
    watched = Watched(filled(part))
    assert contexts.erase(watched) == 5
    assert [one for one, _ in watched.gone][-1] == layout.CONTEXT
    assert all(deleting for _, deleting in watched.gone)
    assert [one.key for one in whole.list("")] == ["notes2/context.json"]
    with pytest.raises(NotThere):
        contexts.erase(part)


@pytest.mark.parametrize("most", range(5))
def test_what_was_cut_off_is_joined_by_nobody_and_goes_on(whole, part, most):
    with pytest.raises(Unavailable):
        contexts.erase(Watched(filled(part), most))
    with pytest.raises(BadFormat, match="is being deleted"):
        CommitLog(part).begin(MADE)
    with pytest.raises(BadFormat, match="is being deleted"):
        contexts.rename(part, "papers")
    contexts.erase(part)
    assert list(whole.list("")) == []


def test_one_that_nobody_can_read_goes_too(whole, part):
    part.put(layout.CONTEXT, b"damage")
    contexts.erase(filled(part))
    assert list(whole.list("")) == []


def test_what_comes_meanwhile_goes_as_well(whole, part):
    class Late(Watched):
        def delete(self, key, *, when=None):
            super().delete(key, when=when)
            if len(self.gone) == 2:
                self.inner.put("files/late", b"x")

    contexts.erase(Late(filled(part)))
    assert list(whole.list("")) == []
