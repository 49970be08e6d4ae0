"""The contract of store/base.py as tests: a store's test class is a StoreContract with a `store` and what it honours."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from holdall.errors import ConditionFailed, HoldallError, NotThere
from holdall.store.base import ABSENT, CopyRange, Store

KIB, MIB = 1024, 1024 * 1024
NEVER = "0123456789abcdef0123456789abcdef"
"""An ETag that no object has."""

KEYS = [
    "plain",
    "a/b/c/d.txt",
    "with space/and  two",
    " leading and trailing ",
    "hash#question?percent%41%20star*",
    "quotes\"and'<angle>|pipe",
    "plus+and&and;and=and,and@and:and$and!",
    "tilde~under_score-dash.dot..dots...",
    "~.[]{}()^`",
    "emoji 🎒/日本語/ü",
    "nfd-e\u0301 and nfc-\u00e9",
    "a.b/.hidden",
    "files/" + "x" * 250,
    "/".join(["k" * 122] * 8),  # 983 bytes: with a prefix, S3 takes 1,024
    "/".join(["ü" * 61] * 8),
]

METAS = [
    {},
    {"uid": "0f3a", "path": "a/b.txt"},
    {"path": "emoji 🎒/日本語/é e\u0301"},
    {"path": " leading, trailing and  double spaces "},
    {"path": "percent %41 %% %zz", "with-dash": "a=b;c,d\"e'f\\g<h>"},
    {"path": "line\nbreak\ttab\x7f"},
    {"path": "ü" * 512, "uid": "0" * 32, "digest": "f" * 64},
    {"path": "%%"},
]


def fill(store, name="k", data=b"one"):
    return store.put(name, data)


def _label(request, when):
    return f"{request} absent" if when == ABSENT else f"{request} etag"


def everything(store):
    """One call of each kind that asks the store something."""
    return [
        lambda: store.get("k"),
        lambda: store.head("k"),
        lambda: store.put("k", b"x"),
        lambda: store.delete("k"),
        lambda: store.copy("k", "l", etag="0" * 32),
        lambda: list(store.list("")),
        lambda: store.upload("k", [lambda: b"x" * 5 * MIB, lambda: b"y"]),
        lambda: store.download("k", 10, lambda *_: None, when=None),
    ]


class StoreContract:
    ignored: frozenset[str] = frozenset()
    """Conditions that the store answers as if they were not there: "put absent", "put etag", "delete etag", "copy absent",
    "copy etag", "copy pin", "complete absent", "complete etag", "part pin"."""

    part = 5 * MIB
    """The smallest part a server takes."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    def refused(self, condition, act) -> bool:
        """A condition that does not hold: ConditionFailed where it is honoured, done all the same where it is ignored."""
        if condition in self.ignored:
            act()
            return False
        with pytest.raises(ConditionFailed):
            act()
        return True

    # reading

    def test_what_was_put_is_read(self, store):
        written = store.put("a/k", b"bytes\0\xff")
        found = store.head("a/k")
        assert store.get("a/k") == b"bytes\0\xff"
        assert (found.key, found.size, found.etag, found.version) == ("a/k", 7, written.etag, written.version)
        assert '"' not in found.etag
        assert found.etag

    def test_an_empty_object_is_an_object(self, store):
        store.put("empty", b"")
        assert store.get("empty") == b""
        assert store.get("empty", length=10) == b""
        assert store.head("empty").size == 0

    def test_what_is_not_there(self, store):
        store.put("a/b", b"x")
        assert store.head("missing") is None
        assert store.head("a") is None
        assert store.head("a/b/c") is None
        for key in ("missing", "a", "a/b/c"):
            with pytest.raises(NotThere):
                store.get(key)
        with pytest.raises(NotThere):
            store.get("missing", length=3)
        with pytest.raises((NotThere, ConditionFailed)):
            store.get("missing", when=NEVER)

    def test_a_later_put_replaces(self, store):
        first = store.put("k", b"one", meta={"uid": "1"})
        second = store.put("k", b"three", meta={"other": "2"})
        assert first.etag != second.etag
        assert store.get("k") == b"three"
        assert store.head("k").meta == {"other": "2"}
        store.put("k", b"three")
        assert store.head("k").meta == {}

    @pytest.mark.parametrize(
        ("offset", "length", "expected"),
        [(0, None, b"0123456789"), (3, None, b"3456789"), (0, 4, b"0123"), (3, 4, b"3456"), (8, 10, b"89"), (9, 1, b"9"),
         (2, 0, b""), (10, 5, b"")],
    )  # fmt: skip
    def test_ranges(self, store, offset, length, expected):
        store.put("k", b"0123456789")
        assert store.get("k", offset=offset, length=length) == expected

    def test_get_of_one_version(self, store):
        etag = fill(store).etag
        assert store.get("k", when=etag) == b"one"
        assert store.get("k", when=etag, offset=1, length=1) == b"n"
        store.put("k", b"two")
        for length in (None, 1, 0):
            with pytest.raises(ConditionFailed):
                store.get("k", when=etag, length=length)

    def test_download_writes_every_byte_once(self, store):
        data = bytes(range(256)) * (80 * KIB) + b"tail"
        etag = store.put("k", data).etag
        for when in (etag, None):
            got, count = bytearray(len(data)), []

            def write(offset, piece, got=got, count=count):
                got[offset : offset + len(piece)] = piece
                count.append(len(piece))

            store.download("k", len(data), write, when=when)
            assert bytes(got) == data
            assert sum(count) == len(data)

    def test_download_of_nothing(self, store):
        store.put("k", b"")
        store.download("k", 0, lambda *_: pytest.fail("nothing to write"), when=None)

    def test_download_of_another_version_fails(self, store):
        data = b"x" * (9 * MIB)
        store.put("k", data)
        with pytest.raises(ConditionFailed):
            store.download("k", len(data), lambda *_: None, when=NEVER)
        with pytest.raises(NotThere):
            store.download("missing", 10, lambda *_: None, when=None)

    def test_what_the_writer_of_a_download_raises_is_raised(self, store):
        data = b"x" * (17 * MIB)
        etag = store.put("k", data).etag

        def write(offset, piece):
            raise OSError(28, "no space here")

        with pytest.raises(OSError, match="no space here") as caught:
            store.download("k", len(data), write, when=etag)
        assert not isinstance(caught.value, HoldallError)

    # conditions on PUT

    @pytest.mark.parametrize(
        ("standing", "when", "holds"),
        [
            (False, None, True), (True, None, True),
            (False, ABSENT, True), (True, ABSENT, False),
            (False, "its", False), (True, "its", True), (True, "other", False),
        ],
    )  # fmt: skip
    def test_conditional_put(self, store, standing, when, holds):
        etag = fill(store).etag if standing else NEVER
        asked = {"its": etag, "other": NEVER}.get(when, when)
        if holds:
            written = store.put("k", b"new", when=asked)
            assert store.head("k").etag == written.etag
            assert store.get("k") == b"new"
        elif self.refused(_label("put", when), lambda: store.put("k", b"new", when=asked)):
            assert standing == (store.head("k") is not None)
            assert not standing or store.get("k") == b"one"

    def test_of_eight_that_create_one_wins(self, store):
        winners = self.race(lambda n: store.put("k", b"%d" % n, when=ABSENT))
        if "put absent" not in self.ignored:
            assert len(winners) == 1
            assert store.get("k") == b"%d" % winners[0]

    def test_of_eight_that_replace_one_wins(self, store):
        etag = fill(store).etag
        winners = self.race(lambda n: store.put("k", b"%d" % n, when=etag))
        if "put etag" not in self.ignored:
            assert len(winners) == 1
            assert store.get("k") == b"%d" % winners[0]

    def test_of_eight_that_delete_or_replace_one_wins(self, store):
        etag = fill(store).etag

        def act(n):
            store.delete("k", when=etag) if n % 2 else store.put("k", b"%d" % n, when=etag)

        winners = self.race(act)
        if not {"put etag", "delete etag"} & self.ignored:
            assert len(winners) == 1
            assert (store.head("k") is None) == bool(winners[0] % 2)

    def race(self, act):
        barrier = Barrier(8)

        def run(n):
            barrier.wait()
            try:
                act(n)
            except ConditionFailed:
                return None
            return n

        with ThreadPoolExecutor(8) as pool:
            return [n for n in pool.map(run, range(8)) if n is not None]

    # keys and metadata

    @pytest.mark.parametrize("key", KEYS)
    def test_awkward_keys(self, store, key):
        etag = store.put(key, b"one", meta={"path": key}).etag
        assert store.get(key) == b"one"
        assert store.head(key).meta == {"path": key}
        assert [o.key for o in store.list("")] == [key]
        assert [o.key for o in store.list(key[: len(key) // 2])] == [key]
        store.copy(key, "copied", etag=etag)
        assert store.get("copied") == b"one"
        assert store.get(key, when=etag) == b"one"
        store.delete(key, when=etag)
        assert store.head(key) is None

    @pytest.mark.parametrize("meta", METAS)
    def test_metadata_comes_back(self, store, meta):
        store.put("k", b"x", meta=meta)
        assert store.head("k").meta == meta
        store.upload("u", [lambda: b"x" * self.part, lambda: b"y"], meta=meta)
        assert store.head("u").meta == meta

    # deleting

    def test_delete(self, store):
        fill(store)
        store.delete("k")
        assert store.head("k") is None
        assert list(store.list("")) == []
        store.delete("k")

    def test_conditional_delete(self, store):
        etag = fill(store).etag
        if self.refused("delete etag", lambda: store.delete("k", when=NEVER)):
            assert store.get("k") == b"one"
            store.delete("k", when=etag)
        assert store.head("k") is None

    def test_conditional_delete_of_what_is_not_there(self, store):
        fill(store, "other")
        self.refused("delete etag", lambda: store.delete("k", when=NEVER))

    def test_a_key_may_end_where_a_longer_one_goes_on_once_it_is_deleted(self, store):
        store.put("a", b"x")
        store.delete("a")
        store.put("a/b", b"x")
        store.delete("a/b")
        store.put("a", b"y")
        assert [o.key for o in store.list("")] == ["a"]

    # listing

    def test_list_shows_what_head_shows(self, store):
        written = {key: store.put(key, key.encode(), meta={"uid": "1"}) for key in ("a", "b/c", "b/d/e")}
        listed = {o.key: o for o in store.list("")}
        assert listed.keys() == written.keys()
        for key, found in listed.items():
            assert (found.size, found.etag, found.meta) == (len(key), written[key].etag, {})
            assert abs(found.modified_at - store.head(key).modified_at) < 1.01
            assert abs(found.modified_at - store.now()) < 120

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [("", ["ab", "b/a", "b/ab/x", "b/ac", "bc"]), ("b", ["b/a", "b/ab/x", "b/ac", "bc"]), ("b/", ["b/a", "b/ab/x", "b/ac"]),
         ("b/a", ["b/a", "b/ab/x", "b/ac"]), ("b/ab", ["b/ab/x"]), ("b/ab/x", ["b/ab/x"]), ("c", []), ("b/x/", [])],
    )  # fmt: skip
    def test_list_under_a_prefix(self, store, prefix, expected):
        for key in ("ab", "b/a", "b/ab/x", "b/ac", "bc"):
            store.put(key, b"")
        assert sorted(o.key for o in store.list(prefix)) == expected

    def test_list_of_more_than_a_page(self, store):
        keys = [f"many/{n % 7}/{n:05}" for n in range(1205)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: store.put(key, b""), keys))
        found = [o.key for o in store.list("many/")]
        assert sorted(found) == sorted(keys)

    @pytest.mark.parametrize(
        ("prefix", "expected"), [("", ["b/", "c d/"]), ("b/", ["b/e+é/", "b/x/"]), ("b/x/", []), ("q/", [])]
    )
    def test_folders_below_a_prefix(self, store, prefix, expected):
        for key in ("ab", "b/a", "b/x/1", "b/x/2", "b/e+é/q", "c d/f/g", "gone/x"):
            store.put(key, b"")
        store.delete("gone/x")
        assert sorted(set(store.folders(prefix)) - {"gone/"}) == expected

    def test_folders_are_not_looked_into(self, store):
        keys = [f"one/{n:04}" for n in range(1100)] + [f"f{n}/x" for n in range(40)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: store.put(key, b""), keys))
        assert sorted(store.folders("")) == sorted(["one/", *(f"f{n}/" for n in range(40))])

    # large objects

    def test_upload_of_parts(self, store):
        parts = [b"a" * self.part, b"b" * self.part, b"tail"]
        written = store.upload("k", [lambda p=p: p for p in parts], meta={"uid": "7"})
        found = store.head("k")
        assert store.get("k") == b"".join(parts)
        assert (found.etag, found.meta) == (written.etag, {"uid": "7"})

    @pytest.mark.parametrize("parts", [[], [b""], [b"one"]])
    def test_upload_of_little(self, store, parts):
        etag = store.upload("k", [lambda p=p: p for p in parts], meta={"uid": "7"}, when=ABSENT).etag
        found = store.head("k")
        assert (store.get("k"), found.etag, found.meta) == (b"".join(parts), etag, {"uid": "7"})

    def test_upload_with_copied_parts(self, store):
        old = store.upload("old", [lambda: b"a" * self.part, lambda: b"b" * self.part, lambda: b"tail"]).etag
        parts = [
            CopyRange("old", old, 0, self.part),
            lambda: b"c" * self.part,
            CopyRange("old", old, 2 * self.part, 4),
        ]
        store.upload("old", parts, when=old)
        assert store.get("old") == b"a" * self.part + b"c" * self.part + b"tail"

    def test_a_copied_part_is_of_the_version_asked_for(self, store):
        store.put("old", b"new" * self.part)

        def act():
            store.upload("k", [CopyRange("old", NEVER, 0, self.part), lambda: b"x"])

        if self.refused("part pin", act):
            assert store.head("k") is None

    def test_a_copied_part_of_what_is_not_there(self, store):
        with pytest.raises((NotThere, ConditionFailed)):
            store.upload("k", [CopyRange("missing", NEVER, 0, self.part), lambda: b"x"])
        assert store.head("k") is None

    @pytest.mark.parametrize(
        ("standing", "when", "holds"),
        [
            (False, ABSENT, True),
            (True, ABSENT, False),
            (False, "its", False),
            (True, "its", True),
            (True, "other", False),
        ],
    )
    def test_conditional_upload(self, store, standing, when, holds):
        etag = fill(store).etag if standing else NEVER
        asked = {"its": etag, "other": NEVER}.get(when, when)

        def act():
            store.upload("k", [lambda: b"a" * self.part, lambda: b"b"], when=asked)

        if holds:
            act()
            assert store.head("k").size == self.part + 1
        elif self.refused(_label("complete", when), act):
            assert standing == (store.head("k") is not None)
            assert not standing or store.get("k") == b"one"

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_a_last_word_once_all_parts_are_in(self, store, count):
        etag, read = fill(store, "old").etag, []

        def part():
            read.append(None)
            return b"a" * self.part

        def refuse():
            assert len(read) == count
            raise ConditionFailed("it is another version by now")

        for key in ("new", "old"):
            read.clear()
            with pytest.raises(ConditionFailed, match="by now"):
                store.upload(key, [part] * count, before=refuse)
        assert [(o.key, o.etag) for o in store.list("")] == [("old", etag)]
        read.clear()
        store.upload("new", [part] * count, before=lambda: read.append("asked"))
        assert (store.head("new").size, read[-1]) == (count * self.part, "asked")

    @pytest.mark.parametrize("at", [0, 2])
    def test_a_part_that_raises_leaves_nothing(self, store, at):
        etag = fill(store, "old").etag

        def torn():
            raise OSError(5, "the file moved")

        for key in ("new", "old"):
            parts = [lambda: b"a" * self.part] * 3
            parts[at] = torn
            with pytest.raises(OSError, match="the file moved"):
                store.upload(key, parts)
        assert store.head("new") is None
        assert store.head("old").etag == etag
        assert [o.key for o in store.list("")] == ["old"]

    # copies

    def test_copy_keeps_metadata_or_replaces_it(self, store):
        etag = store.put("a", b"one", meta={"uid": "1", "path": "é"}).etag
        written = store.copy("a", "b/kept", etag=etag)
        store.copy("a", "changed", meta={"uid": "2"})
        store.copy("a", "bare", meta={})
        assert (store.get("b/kept"), store.head("b/kept").etag) == (b"one", written.etag)
        assert store.head("b/kept").meta == {"uid": "1", "path": "é"}
        assert store.head("changed").meta == {"uid": "2"}
        assert store.head("bare").meta == {}
        assert store.get("a", when=etag) == b"one"

    def test_copy_of_a_large_object(self, store):
        data = [b"a" * self.part, b"b" * self.part]
        etag = store.upload("a", [lambda p=p: p for p in data], meta={"uid": "1"}).etag
        written = store.copy("a", "b", etag=etag)
        assert store.get("b", when=written.etag) == b"".join(data)
        assert store.head("b").meta == {"uid": "1"}

    def test_copy_of_the_version_asked_for(self, store):
        fill(store)
        act = lambda: store.copy("k", "to", etag=NEVER)  # noqa: E731
        if self.refused("copy pin", act):
            assert store.head("to") is None

    @pytest.mark.parametrize("etag", [None, NEVER])
    def test_copy_of_what_is_not_there(self, store, etag):
        with pytest.raises(NotThere):
            store.copy("missing", "to", etag=etag)
        assert store.head("to") is None

    @pytest.mark.parametrize(
        ("standing", "when", "holds"),
        [
            (False, ABSENT, True),
            (True, ABSENT, False),
            (False, "its", False),
            (True, "its", True),
            (True, "other", False),
        ],
    )
    def test_conditional_copy(self, store, standing, when, holds):
        source = fill(store, "from", b"new").etag
        etag = fill(store).etag if standing else NEVER
        asked = {"its": etag, "other": NEVER}.get(when, when)
        act = lambda: store.copy("from", "k", etag=source, when=asked)  # noqa: E731
        if holds:
            act()
            assert store.get("k") == b"new"
        elif self.refused(_label("copy", when), act):
            assert standing == (store.head("k") is not None)
            assert not standing or store.get("k") == b"one"

    # the rest

    def test_many_threads(self, store):
        def act(n):
            key = f"t/{n % 16}"
            store.put(key, b"%d" % n, meta={"n": str(n)})
            return store.get(key), store.head(key)

        with ThreadPoolExecutor(16) as pool:
            for data, found in pool.map(act, range(64)):
                assert data.isdigit()
                assert found.meta["n"].isdigit()

    def test_readers_see_the_old_object_or_the_new_one(self, store):
        store.put("k", b"0" * 100_000, meta={"n": "0"})

        def act(n):
            if n % 2:
                store.put("k", b"%d" % (n % 10) * 100_000, meta={"n": str(n % 10)})
                return True
            found = store.head("k")
            return len(set(store.get("k"))) == 1 and found.size == 100_000 and found.meta.keys() == {"n"}

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(act, range(100)))

    def test_the_clock_is_near_ours(self, store):
        fill(store)
        assert abs(store.now() - time.time()) < 120
        assert abs(store.head("k").modified_at - store.now()) < 120

    def test_the_url_is_for_people(self, store):
        assert "://" in store.url
        assert "secret" not in store.url
        assert store.part_bytes >= MIB

    def test_close_may_be_repeated(self, store):
        fill(store)
        store.close()
        store.close()
