"""The context's lifecycle in context.json: the last setting stands, and all else in there."""

import json

import pytest

from holdall.errors import BadFormat, NotThere, Unavailable
from holdall.log.commits import CommitLog, ContextInfo
from holdall.log.contexts import set_recycling
from holdall.model import Recycling
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing

INFO = ContextInfo("id", "wiki", "/srv/wiki", "posix", "host")


@pytest.fixture
def store():
    found = MemoryStore()
    CommitLog(found).create(INFO)
    return found


def said(store):
    return CommitLog(store).info().recycling


def test_nobody_ever_said(store):
    assert said(store) is None


@pytest.mark.parametrize(
    "recycling", [Recycling(30, ("cache", "a b")), Recycling(1), Recycling(None), Recycling(5, ())]
)
def test_what_was_set_is_read(store, recycling):
    set_recycling(store, recycling)
    assert said(store) == recycling


def test_the_last_one_stands_beside_all_else(store):
    before = json.loads(store.get("context.json")) | {"of": {"a": "later holdall"}}
    store.put("context.json", json.dumps(before).encode())
    set_recycling(store, Recycling(30))
    set_recycling(store, Recycling(3, ("cache",)))
    after = before | {"lifecycle": {"days": 3, "paths": ["cache"]}}
    assert json.loads(store.get("context.json")).items() >= after.items()


def test_two_that_set_at_once_lose_nothing_else(store):
    class Late(Passing):
        """Another machine sets something in the moment before this one's write."""

        late = True

        def put(self, key, data, **how):
            if self.late:
                self.late = False
                body = json.loads(self.inner.get(key)) | {"other": 1, "lifecycle": {"days": 5, "paths": [""]}}
                self.inner.put(key, json.dumps(body).encode())
            return self.inner.put(key, data, **how)

    set_recycling(Late(store), Recycling(30))
    assert said(store) == Recycling(30)
    assert json.loads(store.get("context.json"))["other"] == 1


def test_a_store_where_it_never_rests_is_given_up():
    class Restless(Passing):
        def head(self, key):
            self.inner.put(key, self.inner.get(key) + b" ")
            found = self.inner.head(key)
            self.inner.put(key, self.inner.get(key) + b" ")
            return found

    store = MemoryStore()
    CommitLog(store).create(INFO)
    with pytest.raises(Unavailable):
        set_recycling(Restless(store), Recycling(30))


def test_a_context_that_is_gone():
    with pytest.raises(NotThere):
        set_recycling(MemoryStore(), Recycling(30))


@pytest.mark.parametrize(
    "damage",
    [
        30,
        {},
        {"days": 30},
        {"days": 0, "paths": [""]},
        {"days": "30", "paths": [""]},
        {"days": 30, "paths": ["../x"]},
        {"days": 30, "paths": "x"},
    ],
)
def test_what_nobody_wrote_is_damage(store, damage):
    body = json.loads(store.get("context.json")) | {"lifecycle": damage}
    store.put("context.json", json.dumps(body).encode())
    with pytest.raises(BadFormat):
        said(store)
