"""Where the store ignores conditions, looking first keeps them: against everything but a race."""

import pytest
from tests.store.contract import StoreContract
from tests.store.test_probe import NONE
from tests.store.test_s3_rclone import TestRclone as _Rclone, bucket, settings  # noqa: F401 (fixtures)

from holdall.errors import ConditionFailed, Lapsed, Unavailable
from holdall.store.base import ABSENT, Capabilities
from holdall.store.counted import Counted
from holdall.store.looking import Looking
from holdall.store.memory import MemoryStore
from holdall.store.open import part_of
from holdall.store.passing import Passing
from holdall.store.retrying import Retrying
from holdall.store.s3 import S3Store


def always():
    return True


class TestInMemory(StoreContract):
    @pytest.fixture
    def store(self):
        return Looking(MemoryStore(capabilities=NONE), always)

    # Between the look and the write there is room for others: that is what the lease is for.
    test_of_eight_that_create_one_wins = None
    test_of_eight_that_replace_one_wins = None
    test_of_eight_that_delete_or_replace_one_wins = None


class TestOverRclone(_Rclone):
    """A server that ignores every condition: with a look first it passes what it fails by itself."""

    ignored = frozenset()

    @pytest.fixture
    def store(self, settings):  # noqa: F811
        made = S3Store(settings)
        yield Looking(made, always)
        made.close()

    test_upload_of_parts = StoreContract.test_upload_of_parts
    test_a_copied_part_is_of_the_version_asked_for = (
        StoreContract.test_a_copied_part_is_of_the_version_asked_for
    )
    test_a_copied_part_of_what_is_not_there = StoreContract.test_a_copied_part_of_what_is_not_there


class Ticket:
    """A permit that is valid for so many questions more."""

    def __init__(self, left):
        self.left = left

    def __call__(self):
        self.left -= 1
        if self.left < 0:
            raise Lapsed("it ran out")
        return True


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.put("k", b"new"),
        lambda store: store.put("new", b"new", when=ABSENT),
        lambda store: store.upload("new", [lambda: b"a" * 10, lambda: b"b"], when=ABSENT),
        lambda store: store.copy("k", "new", when=ABSENT),
        lambda store: store.delete("k"),
    ],
)
def test_nothing_is_written_without_a_permit(write):
    inner = MemoryStore(capabilities=NONE)
    etag = inner.put("k", b"old").etag
    with pytest.raises(Lapsed):
        write(Looking(inner, Ticket(0)))
    assert [(one.key, one.etag) for one in inner.list("")] == [("k", etag)]


def test_a_permit_that_ends_during_the_look_is_none():
    inner = MemoryStore(capabilities=NONE)
    with pytest.raises(Lapsed):
        Looking(inner, Ticket(1)).put("k", b"new", when=ABSENT)
    assert inner.head("k") is None


def test_a_permit_that_ends_between_two_parts_ends_the_upload():
    inner = MemoryStore(capabilities=NONE)
    with pytest.raises(Lapsed):
        Looking(inner, Ticket(3)).upload("k", [lambda: b"a", lambda: b"b"])
    assert inner.head("k") is None


def test_where_conditions_are_honoured_nothing_more_is_asked():
    counted = Counted(MemoryStore())
    store = Looking(counted, lambda: False)
    etag = store.put("k", b"1", when=ABSENT).etag
    store.copy("k", "l", etag=etag, when=ABSENT)
    etag = store.upload("k", [lambda: b"2", lambda: b"3"], when=etag).etag
    store.delete("k", when=etag)
    assert counted.requests == {"put": 1, "copy": 1, "upload": 1, "part": 2, "delete": 1}


def test_what_is_asked_again_is_looked_after_again():
    """An attempt without an answer was carried out: the next one must not go over what another has put there since."""

    class Busy(Passing):
        def put(self, key, data, *, meta=None, when=None):
            self.inner.put(key, b"another's")
            raise Unavailable("no answer")

    inner = MemoryStore(capabilities=Capabilities(put_when=False))
    store = part_of(Retrying(Busy(inner)), "c/", always)
    with pytest.raises(ConditionFailed):
        store.put("k", b"mine", when=ABSENT)
    assert inner.get("c/k") == b"another's"
