"""Commits and checkpoints as bytes, and back."""

import json
import random
import tracemalloc

import pytest
import zstandard
from hypothesis import given, strategies as st

from holdall.errors import BadFormat
from holdall.keys import key_of, takes_part
from holdall.log.codec import (
    FORMAT,
    Change,
    Checkpoint,
    Commit,
    Deleted,
    Pruned,
    decode_checkpoint,
    decode_commit,
    encode_checkpoint,
    encode_commit,
    encode_pruned,
    resolved,
)
from holdall.model import BLOCK_BYTES, NO_MODE, Entry, Kind, Packed, Plain, Slice, Tombstone

SEQ = 12

texts = st.text(st.characters(codec="utf-8"), max_size=8)
names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8)
paths = st.lists(names, min_size=1, max_size=3).map("/".join).filter(takes_part)
targets = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
numbers = st.integers(0, 2**63 - 1)
moments_ns = st.integers(-(2**63), 2**63 - 1)
moments_ms = st.integers(0, 2**63 // 10**6)
vids = st.integers(1, 2**40)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
uids = st.binary(min_size=8, max_size=8).map(bytes.hex)
etags = st.binary(min_size=16, max_size=16).map(bytes.hex) | st.just("d41d8cd98f00b204e9800998ecf8427e-2")
modes = st.just(NO_MODE) | st.integers(0, 0o7777)
flags = st.sampled_from(["", "conflict", "foreign", "blind"])
objects = st.lists(st.tuples(uids | st.just(""), etags | st.just("")), max_size=3).map(tuple)

directories = st.tuples(modes, vids, flags).map(
    lambda one: Entry(Kind.DIR, mode=one[0], vid=one[1], flag=one[2])
)
tombstones = st.tuples(
    vids,
    digests | st.just(""),
    objects,
    st.booleans(),
    st.just(False),
    st.booleans(),
).map(lambda one: Tombstone(*one))


@st.composite
def symlinks(draw):
    return Entry(
        Kind.SYMLINK,
        size=draw(numbers),
        mtime_ns=draw(moments_ns),
        mode=draw(modes),
        vid=draw(vids),
        target=draw(targets),
        flag=draw(flags),
    )


@st.composite
def files(draw, path):
    where = Plain(key_of(path), draw(etags), draw(st.none() | texts))
    return Entry(
        Kind.FILE,
        size=draw(numbers),
        mtime_ns=draw(moments_ns),
        mode=draw(modes),
        digest=draw(digests),
        uid=draw(uids),
        vid=draw(vids),
        uploaded_at=draw(moments_ms),
        where=draw(st.none() | st.just(where)),
        blocks=draw(st.lists(digests, max_size=2).map(tuple)),
        flag=draw(flags),
    )


pack_ids = uids | st.text("aZ9", min_size=1, max_size=64)
places = st.builds(Slice, pack_ids, numbers, st.integers(1, 2**63 - 1))


@st.composite
def packed_files(draw):
    count = draw(st.sampled_from([0, 2, 3]))
    least = (count - 1) * BLOCK_BYTES + 1 if count else 0
    entry = draw(files("a"))
    slices = draw(st.lists(places, min_size=max(count, 1), max_size=max(count, 1)).map(tuple))
    return entry._replace(
        size=draw(st.integers(least, max(count, 1) * BLOCK_BYTES)),
        where=Packed(slices, draw(objects), draw(st.booleans())),
        blocks=draw(st.lists(digests, min_size=count, max_size=count).map(tuple)),
    )


@st.composite
def changes(draw):
    path = draw(paths)
    now = draw(
        st.none() | files(path) | packed_files() | directories | symlinks() | tombstones | vids.map(Deleted)
    )
    return Change(path, now, void=draw(objects), swept=draw(st.booleans()))


@st.composite
def commits(draw):
    found = draw(st.lists(changes(), max_size=3, unique_by=lambda one: one.path).map(tuple))
    condemned = draw(st.lists(pack_ids, max_size=2).map(tuple))
    return Commit(
        draw(uids), draw(vids), draw(moments_ms), draw(texts), found, draw(st.booleans()), condemned
    )


@given(commits())
def test_a_commit_comes_back_as_it_was(commit):
    assert decode_commit(encode_commit(commit), commit.seq) == commit


@given(st.dictionaries(paths, directories | symlinks() | packed_files() | tombstones, max_size=5))
def test_a_checkpoint_comes_back_as_it_was(found):
    rows = sorted(found.items())
    again = decode_checkpoint(encode_checkpoint(Checkpoint(SEQ, rows)), SEQ)
    assert again.seq == SEQ
    assert list(again.rows) == rows


@given(vids, vids)
def test_a_pruned_commit_says_where_to_read_on(seq, checkpoint):
    pruned = Pruned(seq, checkpoint)
    assert decode_commit(encode_pruned(pruned), seq) == pruned


def test_what_a_commit_brought_in_has_its_number():
    entry = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64, "u", SEQ, 3, Plain("p", "e"))
    commit = Commit(
        "id",
        SEQ,
        1,
        "here",
        (Change("p", entry), Change("q", Tombstone(SEQ)), Change("d", Entry(Kind.DIR, vid=SEQ))),
    )
    decoded = decode_commit(encode_commit(commit), SEQ)
    assert [change.now.vid for change in decoded.changes] == [SEQ, SEQ, SEQ]


def test_ten_thousand_renames_are_less_than_a_mebibyte():
    """With as little to squeeze as there is in real ones: digests, uids and ETags are random."""
    dice = random.Random(1)
    came, went = [], []
    for n in range(10_000):
        entry = Entry(
            Kind.FILE,
            4096,
            1_700_000_000_000_000_000 + dice.randrange(10**9),
            0o644,
            dice.randbytes(32).hex(),
            dice.randbytes(8).hex(),
            SEQ,
            1_700_000_000_000 + n // 2,
            Plain(f"to/{n}", dice.randbytes(16).hex()),
        )
        came.append(Change(f"to/{n}", entry))
        went.append(Change(f"from/{n}", Deleted(SEQ + 1)))
    sent = encode_commit(Commit("id", SEQ, 0, "here", tuple(came)))
    sent += encode_commit(Commit("id", SEQ + 1, 0, "here", tuple(went)))
    assert len(sent) < 0.85 * 1024 * 1024


class TestResolved:
    ENTRY = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64, "u", 1, 3, Plain("p", "e"))

    def test_a_deletion_names_what_the_head_named(self):
        assert resolved(Deleted(2), self.ENTRY) == Tombstone(2, "d" * 64, (("u", "e"),))

    def test_of_what_another_tool_put_there_also_the_object_without_a_uid(self):
        foreign = self.ENTRY._replace(flag="foreign")
        assert resolved(Deleted(2), foreign).objects == (("u", "e"), ("", "e"))

    def test_of_what_is_in_a_pack_what_it_hides(self):
        hidden = (("u1", "e1"), ("", "e1"))
        entry = Entry(Kind.FILE, digest="d", uid="u2", where=Packed((Slice("p", 0, 1),), hidden))
        assert resolved(Deleted(SEQ), entry) == Tombstone(SEQ, "d", hidden)

    def test_and_what_may_have_been_laid_out(self):
        entry = Entry(Kind.FILE, digest="d", uid="u2", where=Packed((Slice("p", 0, 1),), lay=True))
        assert resolved(Deleted(SEQ), entry) == Tombstone(SEQ, "d", (("u2", ""),))

    def test_a_directory_has_no_object(self):
        assert resolved(Deleted(2), Entry(Kind.DIR, vid=1)) == Tombstone(2)
        assert resolved(Deleted(2), Entry(Kind.DIR, vid=1, flag="derived")) == Tombstone(2, kept=True)

    @pytest.mark.parametrize("before", [None, Tombstone(1, "d", (("u", "e"),))])
    def test_what_was_gone_before_is_about_nothing(self, before):
        assert resolved(Deleted(2), before) == Tombstone(2)

    @pytest.mark.parametrize("now", [ENTRY, Tombstone(2, "x", (("v", ""),))])
    def test_all_else_says_it_itself(self, now):
        assert resolved(now, Entry(Kind.DIR, vid=1)) is now


ONE = Commit(
    "id", SEQ, 1, "here", tuple(Change(f"p{n}", Entry(Kind.DIR, mode=0o755, vid=3)) for n in range(50))
)


@given(st.integers(0, len(encode_commit(ONE)) - 1))
def test_a_commit_that_is_cut_off_is_not_taken_for_a_short_one(length):
    with pytest.raises(BadFormat, match=r"cut off|damaged"):
        decode_commit(encode_commit(ONE)[:length], SEQ)


@given(st.integers(0, len(encode_commit(ONE)) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_noticed_or_makes_no_difference(at, flip):
    body = bytearray(encode_commit(ONE))
    body[at] ^= flip
    try:
        found = decode_commit(bytes(body), SEQ)
    except BadFormat:
        return
    assert found == ONE


@pytest.mark.parametrize(
    "body", [b"", b"not zstd", zstandard.compress(b""), zstandard.compress(b"no JSON\n")]
)
def test_what_is_no_commit_at_all(body):
    with pytest.raises(BadFormat):
        decode_commit(body, SEQ)


HEADER = {"format": FORMAT, "id": "x", "seq": SEQ, "at": 1, "by": "here"}
FILE = {"p": "a", "k": "file", "s": 1, "m": 2, "d": "d" * 64, "u": "u", "t": 3}


def packed(*rows):
    return zstandard.compress(b"".join(json.dumps(row).encode() + b"\n" for row in rows))


def without(row, name):
    return {key: value for key, value in row.items() if key != name}


@pytest.mark.parametrize(
    "rows",
    [
        [[]],
        *([without(HEADER, name)] for name in ("id", "seq", "at", "by")),
        [HEADER | {"seq": "12"}],
        [HEADER | {"approved": 1}],
        [{"format": FORMAT, "seq": SEQ, "pruned": True}],
        [HEADER, "a"],
        *([HEADER, without(FILE, name)] for name in ("p", "s", "m", "d", "u", "t")),
        *([HEADER, FILE | {name: None}] for name in ("p", "k", "s", "o", "v", "e", "b", "void", "flag")),
        [HEADER, FILE | {"k": []}],
        [HEADER, FILE | {"s": True}],
        [HEADER, FILE | {"b": [1]}],
        [HEADER, FILE | {"e": "e", "key": 1}],
        [HEADER, {"p": "a", "k": "symlink"}],
        [HEADER, {"p": "a", "gone": 1}],
        [HEADER, {"p": "a", "gone": [["u"]]}],
        [HEADER, {"p": "a", "gone": [["u", 1]]}],
        [HEADER, {"p": "a", "gone": True, "v": "1"}],
        *(
            [HEADER, FILE | {"in": slices}]
            for slices in (
                None,
                {},
                "p",
                ["p"],
                [None],
                [["p", 0]],
                [["p", "0", 1]],
                [["p", 0, True]],
                [[1, 0, 1]],
            )
        ),
        [HEADER, FILE | {"in": [["p", 0, 1]], "e": "e"}],
        [HEADER, FILE | {"in": [["p", 0, 1]], "over": None}],
        [HEADER, FILE | {"in": [["p", 0, 1]], "over": ["u", "e"]}],
        [HEADER, FILE | {"in": [["p", 0, 1]], "over": [["u"]]}],
        [HEADER, FILE | {"in": [["p", 0, 1]], "lay": 1}],
        [HEADER | {"condemned": "p"}],
        [HEADER | {"condemned": [1]}],
        [HEADER | {"condemned": ["../p"]}],
        [HEADER | {"condemned": [""]}],
    ],
)
def test_a_field_that_is_missing_or_of_another_kind_is_damage(rows):
    with pytest.raises(BadFormat, match="log/0000000000000012 in the store is damaged"):
        decode_commit(packed(*rows), SEQ)
    if rows[0] == HEADER:
        with pytest.raises(BadFormat, match="checkpoints/0000000000000012 in the store is damaged"):
            list(decode_checkpoint(packed(*rows), SEQ).rows)


@pytest.mark.parametrize(
    "path", ["", "/etc/x", "../x", "a//b", "a/.", "a\0b", "a\ud800", ".~holdall-1/x", "a/.~holdall-1"]
)
def test_what_no_context_holds_is_neither_read_nor_written(path):
    row = json.dumps({"p": path, "k": "dir"}).encode()
    with pytest.raises(BadFormat, match="damaged"):
        decode_commit(zstandard.compress(json.dumps(HEADER).encode() + b"\n" + row + b"\n"), SEQ)
    with pytest.raises(ValueError, match="cannot be a path"):
        encode_commit(Commit("id", SEQ, 1, "here", (Change(path, Entry(Kind.DIR)),)))


BODY = Entry(Kind.FILE, 1, 2, 0o644, "d" * 64, "u", SEQ, 3, Plain("a", "e"))
IN, PLACE = [["p", 0, 1]], (Slice("p", 0, 1),)


@pytest.mark.parametrize(
    ("row", "now"),
    [
        *(
            ({"in": slices}, BODY._replace(where=Packed(tuple(Slice(*one) for one in slices))))
            for slices in (
                [],
                [["p", 0, 1], ["p", 1, 1]],
                [["../p", 0, 1]],
                [["", 0, 1]],
                [["p" * 65, 0, 1]],
                [["é", 0, 1]],
                [["p", -1, 1]],
                [["p", 0, 0]],
                [["p", 2**63, 1]],
                [["p", 0, 2**63]],
            )
        ),
        ({"in": IN, "over": [["../u", "e"]]}, BODY._replace(where=Packed(PLACE, (("../u", "e"),)))),
        ({"in": IN, "over": [["u", "e\n"]]}, BODY._replace(where=Packed(PLACE, (("u", "e\n"),)))),
        ({"in": IN, "s": BLOCK_BYTES + 2}, BODY._replace(where=Packed(PLACE), size=BLOCK_BYTES + 2)),
        ({"in": IN, "b": ["d"], "s": 0}, BODY._replace(where=Packed(PLACE), blocks=("d",), size=0)),
        (
            {"in": IN, "b": ["d"], "s": BLOCK_BYTES * 2},
            BODY._replace(where=Packed(PLACE), blocks=("d",), size=BLOCK_BYTES * 2),
        ),
        ({"k": "dir", "in": IN}, Entry(Kind.DIR, where=Packed(PLACE))),
        ({"s": -1}, BODY._replace(size=-1)),
        ({"m": 2**63}, BODY._replace(mtime_ns=2**63)),
        ({"o": -2}, BODY._replace(mode=-2)),
        ({"o": 0o10000}, BODY._replace(mode=0o10000)),
        ({"t": 2**63}, BODY._replace(uploaded_at=2**63)),
        ({"v": -1}, BODY._replace(vid=-1)),
        ({"u": "../x"}, BODY._replace(uid="../x")),
        ({"e": "e\r\nx: y"}, BODY._replace(where=Plain("a", "e\r\nx: y"))),
        ({"e": "e", "key": "../../x"}, BODY._replace(where=Plain("../../x", "e"))),
        ({"k": "symlink", "to": "a\0b"}, Entry(Kind.SYMLINK, target="a\0b")),
        ({"gone": [["a/b", "e"]]}, Tombstone(SEQ, "", (("a/b", "e"),))),
        ({"k": "dir", "flag": "member"}, Entry(Kind.DIR, vid=SEQ, flag="member")),
        ({"gone": True, "v": 2**63}, Deleted(2**63)),
    ],
)
def test_what_cannot_be_is_neither_read_nor_written(row, now):
    with pytest.raises(BadFormat, match=r"log/0000000000000012 in the store is damaged: .*'a'"):
        decode_commit(packed(HEADER, FILE | row), SEQ)
    with pytest.raises(ValueError, match="'a'"):
        encode_commit(Commit("id", SEQ, 1, "here", (Change("a", now),)))


@pytest.mark.parametrize("field", ["to", "d", "flag"])
def test_a_text_with_half_a_character_is_damage(field):
    with pytest.raises(BadFormat):
        decode_commit(packed(HEADER, FILE | {"k": "symlink", "to": "x", field: "\ud800"}), SEQ)


def test_a_body_under_another_number_is_damage():
    for body in (encode_commit(ONE), encode_pruned(Pruned(SEQ, 20))):
        with pytest.raises(BadFormat, match="it is number 12"):
            decode_commit(body, SEQ + 1)
    with pytest.raises(BadFormat, match="it is number 12"):
        decode_checkpoint(encode_checkpoint(Checkpoint(SEQ, [])), SEQ + 1)


def test_a_commit_speaks_of_a_path_once():
    with pytest.raises(BadFormat, match="twice"):
        decode_commit(packed(HEADER, FILE, FILE), SEQ)
    with pytest.raises(ValueError, match="twice"):
        encode_commit(Commit("id", SEQ, 1, "here", (ONE.changes[0], ONE.changes[0])))


@pytest.mark.parametrize("paths", ["ba", "aa"])
def test_a_checkpoint_is_in_order(paths):
    with pytest.raises(BadFormat, match="out of order"):
        list(decode_checkpoint(packed(HEADER, *(FILE | {"p": path} for path in paths)), SEQ).rows)
    with pytest.raises(ValueError, match="out of order"):
        encode_checkpoint(Checkpoint(SEQ, [(path, Entry(Kind.DIR)) for path in paths]))


@pytest.mark.parametrize("line", [b" ", b"\n", b'{"p":"a","k":"dir"}\n'])
def test_little_that_swells_to_much_is_damage_before_it_fills_the_memory(line):
    squeeze = zstandard.ZstdCompressor().compressobj()
    out = [squeeze.compress(json.dumps(HEADER).encode() + b"\n")]
    out.extend(squeeze.compress(line * (2**20 // len(line))) for _ in range(256))
    tracemalloc.start()
    try:
        with pytest.raises(BadFormat):
            decode_commit(b"".join([*out, squeeze.flush()]), SEQ)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 100 * 2**20


def test_brackets_without_end_are_damage():
    header = json.dumps(HEADER).encode()
    with pytest.raises(BadFormat, match="nested"):
        decode_commit(zstandard.compress(header + b"\n" + b"[" * 200_000 + b"\n"), SEQ)


def test_the_largest_file_there_can_be_is_a_line_that_is_read():
    entry = BODY._replace(blocks=tuple(f"{n:064x}" for n in range(10_000)))
    commit = Commit("id", SEQ, 1, "here", (Change("a", entry),))
    assert decode_commit(encode_commit(commit), SEQ) == commit


junk = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(texts) | st.just({})


@given(commits(), st.data())
def test_whatever_stands_in_a_field_it_is_damage_or_a_commit(commit, data):
    rows = [
        json.loads(line)
        for line in zstandard.ZstdDecompressor()
        .decompressobj()
        .decompress(encode_commit(commit))
        .splitlines()
    ]
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.sampled_from([*row]))] = data.draw(junk)
    try:
        found = decode_commit(packed(*rows), SEQ)
    except BadFormat:
        return
    if isinstance(found, Commit):
        # What no encoder writes, as the number 0, becomes the default first.
        again = decode_commit(encode_commit(found), found.seq)
        assert decode_commit(encode_commit(again), again.seq) == again


def test_a_cut_off_checkpoint_raises_before_its_end_is_taken_for_one():
    body = encode_checkpoint(
        Checkpoint(SEQ, [(f"p{n:05}", Entry(Kind.DIR, mode=n % 0o1000, vid=n + 1)) for n in range(5000)])
    )
    with pytest.raises(BadFormat):
        list(decode_checkpoint(body[: len(body) // 2], SEQ).rows)


@pytest.mark.parametrize("found", [FORMAT + 1, 0, None, "1"])
def test_another_format_is_refused_by_its_name(found):
    body = zstandard.compress(json.dumps({"format": found, "id": "x", "seq": SEQ}).encode() + b"\n")
    for decode in (decode_commit, decode_checkpoint):
        with pytest.raises(BadFormat, match=f"format {found}") as caught:
            decode(body, SEQ)
        assert "upgrade" in caught.value.hint


@pytest.mark.parametrize("condemned", [("",), ("../p",), ("p", "é")])
def test_what_can_be_no_pack_is_not_condemned(condemned):
    with pytest.raises(ValueError, match="can be no pack"):
        encode_commit(Commit("id", SEQ, 1, "here", (), condemned=condemned))


def test_format_1_is_read():
    header = HEADER | {"format": 1}
    assert decode_commit(packed(header, FILE | {"e": "e"}), SEQ).changes[0].now.plain == Plain("a", "e")
