"""Packs as others see them: stock tools, ranges, neighbours, and what damage does."""

import random
import shutil
import subprocess

import pytest
import zstandard
from blake3 import blake3

from holdall.errors import BadFormat, NotThere, Unavailable
from holdall.log import layout
from holdall.log.packs import Filling, Packs, part_name
from holdall.model import PACK_BYTES, Entry, Kind, Packed, Slice
from holdall.store.counted import Counted
from holdall.store.memory import MemoryStore
from holdall.store.passing import Passing

MTIME_NS = 1_700_000_000 * 10**9
FILES = {
    "a": b"a file",
    "nothing": b"",
    "d/of one record": bytes(512),
    "d/one more": bytes(513),
    "d/ blank and\ttab": b"blank",
    "d/new\nline": b"line",
    "-rf": b"a dash",
    "d/*?[x]": b"wildcards",
    "d/\\back": b"backslash",
    "ünïcode/日本語/🎒": "größe".encode(),
    "e\u0301 and \u00e9": b"two forms",
    "l" * 100: b"100 letters",
    "l" * 101: b"101 letters",
    "/".join(["d" * 200] * 4) + "/f": b"a long way down",
    "n" * 255: b"the longest name",
    "d/x.~part-0001": b"not a part",
    "zeros": bytes(100_000),
}


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def packs(store):
    return Packs(store)


def entry(data, *slices):
    return Entry(
        Kind.FILE, len(data), digest=blake3(data).hexdigest(), uid="u", vid=1, where=Packed(tuple(slices))
    )


def put(packs, files, mode=0o640):
    """path -> its entry."""
    filling = Filling()
    found = {
        path: entry(data, filling.add(path, data, mode=mode, mtime_ns=MTIME_NS))
        for path, data in files.items()
    }
    packs.put(filling.seal())
    return found


@pytest.mark.skipif(not (shutil.which("tar") and shutil.which("zstd")), reason="no tar and zstd here")
class TestStockTools:
    def extracted(self, tmp_path, sealed):
        (tmp_path / "pack.tar.zst").write_bytes(sealed.data)
        (tmp_path / "out").mkdir()
        done = subprocess.run(
            ["tar", "--zstd", "-xpf", "../pack.tar.zst"],
            cwd=tmp_path / "out",
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return tmp_path / "out"

    def test_open_it(self, tmp_path):
        filling = Filling()
        for path, data in FILES.items():
            filling.add(path, data, mode=0o640, mtime_ns=MTIME_NS + 5)
        out = self.extracted(tmp_path, filling.seal())
        found = {str(one.relative_to(out)): one for one in out.rglob("*") if one.is_file()}
        assert {path: one.read_bytes() for path, one in found.items()} == FILES
        assert {one.stat().st_mode & 0o777 for one in found.values()} == {0o640}
        assert {int(one.stat().st_mtime) for one in found.values()} == {MTIME_NS // 10**9}

    def test_put_a_large_file_together(self, tmp_path):
        data = random.Random(1).randbytes(25_000)
        filling = Filling()
        for index in range(12):
            block = data[index * 2200 : (index + 1) * 2200]
            filling.add(part_name("d/large", index), block, mode=0o600, mtime_ns=MTIME_NS)
        out = self.extracted(tmp_path, filling.seal())
        parts = sorted((out / "d").iterdir())
        assert [one.name for one in parts][:2] == ["large.~part-0001", "large.~part-0002"]
        assert b"".join(one.read_bytes() for one in parts) == data

    def test_open_one_that_was_packed_anew(self, tmp_path, packs):
        before = put(packs, FILES)
        filling = Filling()
        wanted = {before[path].where.slices[0]: len(FILES[path]) for path in ("a", "zeros")}
        for _, frame in packs.frames(wanted.items()):
            filling.take(frame)
        out = self.extracted(tmp_path, filling.seal())
        assert {one.name: one.read_bytes() for one in out.iterdir()} == {
            path: FILES[path] for path in ("a", "zeros")
        }

    @pytest.mark.parametrize("mtime_ns", [-(10**18), 0, MTIME_NS])
    def test_open_it_whenever_its_files_are_from(self, tmp_path, mtime_ns):
        filling = Filling()
        filling.add("f", b"bytes", mode=0o644, mtime_ns=mtime_ns)
        assert (self.extracted(tmp_path, filling.seal()) / "f").read_bytes() == b"bytes"


class TestReading:
    def test_each_by_its_range(self, packs):
        found = put(packs, FILES)
        assert {path: packs.fetch(path, one) for path, one in found.items()} == FILES

    def test_costs_a_request_for_one_and_reads_no_more_than_it(self, store):
        found = put(Packs(store), FILES | {"large": random.Random(1).randbytes(10**6)})
        counted = Counted(store)
        Packs(counted).fetch("a", found["a"])
        assert counted.requests == {"get": 1}
        assert counted.bytes_down == found["a"].where.slices[0].length

    def test_neighbours_travel_together(self, store):
        dice = random.Random(1)
        files = {f"f{n}": dice.randbytes(3000) for n in range(300)}
        found = put(Packs(store), files)
        counted = Counted(store)
        wanted = [(one.where.slices[0], one.size) for one in found.values()]
        dice.shuffle(wanted)
        read = dict(Packs(counted).read_all(wanted))
        assert counted.requests == {"get": 1}
        assert {path: read[one.where.slices[0]] for path, one in found.items()} == files

    def test_what_lies_far_apart_does_not(self, store):
        dice = random.Random(1)
        files = {f"f{n}": dice.randbytes(50_000) for n in range(20)}
        found = put(Packs(store), files)
        counted = Counted(store)
        wanted = [(found[path].where.slices[0], 50_000) for path in ("f0", "f1", "f9", "f19")]
        assert all(data is not None for _, data in Packs(counted).read_all(wanted))
        assert counted.requests == {"get": 3}
        assert counted.bytes_down < 5 * 50_000

    def test_no_request_brings_more_than_its_share(self, store):
        dice = random.Random(1)
        files = {f"f{n}": dice.randbytes(3 << 20) for n in range(4)}
        found = put(Packs(store), files)
        counted = Counted(store)
        list(Packs(counted).read_all([(one.where.slices[0], one.size) for one in found.values()]))
        assert counted.requests == {"get": 2}

    def test_some_blocks_of_a_large_file(self, store, monkeypatch):
        monkeypatch.setattr("holdall.model.BLOCK_BYTES", 3)
        filling = Filling()
        blocks = [b"one", b"two", b"six", b"4"]
        slices = [filling.add("f", data, mode=0o644, mtime_ns=0) for data in blocks]
        Packs(store).put(filling.seal())
        large = entry(b"".join(blocks), *slices)._replace(blocks=("1", "2", "3", "4"))
        counted = Counted(store)
        assert list(Packs(counted).blocks("f", large, at=[3, 1])) == [b"4", b"two"]
        assert counted.requests == {"get": 2}
        assert Packs(store).fetch("f", large) == b"onetwosix4"

    def test_a_pack_is_full_by_what_is_in_it(self):
        filling = Filling()
        filling.add("f", bytes(PACK_BYTES - 1), mode=0o644, mtime_ns=0)
        assert not filling.full
        filling.add("g", b"1", mode=0o644, mtime_ns=0)
        assert filling.full


class TestATrashedPack:
    @pytest.fixture
    def found(self, packs):
        found = put(packs, FILES)
        for pack in {one.where.slices[0].pack for one in found.values()}:
            packs.discard(pack)
        return found

    def test_is_read_there(self, packs, found):
        assert packs.listed() == {}
        assert packs.fetch("a", found["a"]) == FILES["a"]
        assert packs.is_there(found["a"])

    def test_is_brought_back(self, packs, found):
        (pack,) = {one.where.slices[0].pack for one in found.values()}
        assert not packs.stands(pack)
        assert packs.bring_back(pack)
        assert packs.stands(pack)
        assert packs.bring_back(pack)

    def test_can_be_discarded_again(self, store, packs, found):
        (pack,) = packs_in(found)
        packs.discard(pack)
        packs.bring_back(pack)
        packs.discard(pack)
        assert packs.fetch("a", found["a"]) == FILES["a"]
        assert [one.key for one in store.list("")] == [layout.trash_key(pack, layout.pack_key(pack))]

    def test_is_gone_with_the_trash(self, store, packs, found):
        (pack,) = packs_in(found)
        store.delete(layout.trash_key(pack, layout.pack_key(pack)))
        assert not packs.bring_back(pack)
        assert not packs.is_there(found["a"])
        assert not packs.holds("a", found["a"])
        with pytest.raises(NotThere) as raised:
            packs.fetch("a", found["a"])
        assert raised.value.path == "a"
        assert dict(packs.read_all([(found["a"].where.slices[0], 6)])) == {found["a"].where.slices[0]: None}

    def test_is_read_while_it_is_on_its_way_back(self, store, packs, found):
        """Between the look at its place and the one into the trash."""
        (pack,) = packs_in(found)

        class Moving(Passing):
            def get(self, key, **how):
                if key.startswith(layout.TRASH):
                    packs.bring_back(pack)
                    store.delete(key)
                return self.inner.get(key, **how)

        assert Packs(Moving(store)).fetch("a", found["a"]) == FILES["a"]


def packs_in(entries):
    return {one.where.slices[0].pack for one in entries.values()}


class Deaf(Passing):
    def put(self, key, data, **how):
        self.inner.put(key, data, **how)
        raise Unavailable("no answer")


def test_a_put_whose_answer_was_lost_is_put_again(store):
    filling = Filling()
    filling.add("f", b"bytes", mode=0o644, mtime_ns=0)
    sealed = filling.seal()
    with pytest.raises(Unavailable):
        Packs(Deaf(store)).put(sealed)
    Packs(store).put(sealed)
    assert store.get(layout.pack_key(sealed.id)) == sealed.data


def test_what_is_no_pack_is_not_listed(store, packs):
    found = put(packs, {"a": b"a"})
    for key in ("README", "a.tar", "sub/a.tar.zst", "-.tar.zst"):
        store.put(layout.PACKS + key, b"put here by somebody")
    assert packs.listed().keys() >= packs_in(found)
    assert all(pack.isalnum() for pack in packs.listed())


class TestDamage:
    """Nothing of it comes out as anybody's bytes."""

    @pytest.fixture
    def one(self, packs):
        return put(packs, {"before": b"before", "f": b"all of these bytes", "after": b"after"})["f"]

    def frame(self, store, one):
        pack, offset, length = one.where.slices[0]
        return bytearray(store.get(layout.pack_key(pack))), offset, length

    def change(self, store, one, data):
        store.put(layout.pack_key(one.where.slices[0].pack), bytes(data))

    def refused(self, packs, one):
        assert not packs.holds("f", one)
        with pytest.raises(BadFormat) as raised:
            packs.fetch("f", one)
        assert raised.value.path == "f"
        return True

    def test_in_any_byte(self, store, packs, one):
        whole, offset, length = self.frame(store, one)
        for at in range(offset, offset + length):
            for bit in (1, 128):
                whole[at] ^= bit
                self.change(store, one, whole)
                try:
                    # Some bits of a frame mean nothing.
                    assert packs.fetch("f", one) == b"all of these bytes"
                except BadFormat as exc:
                    assert exc.path == "f"  # noqa: PT017 (either is right)
                whole[at] ^= bit

    def test_cut_off(self, store, packs, one):
        whole, offset, length = self.frame(store, one)
        for size in (0, 1, offset, offset + 1, offset + length // 2, offset + length - 1):
            self.change(store, one, whole[:size])
            assert self.refused(packs, one)

    @pytest.mark.parametrize("claims", [0, 1, 17, 19, 512, 2**32, 2**62])
    def test_an_entry_of_another_size(self, packs, one, claims):
        assert self.refused(packs, one._replace(size=claims))

    @pytest.mark.parametrize("by", [-1, 1])
    def test_an_entry_of_another_place(self, packs, one, by):
        pack, offset, length = one.where.slices[0]
        assert self.refused(packs, entry(b"", Slice(pack, offset + by, length))._replace(size=one.size))

    def test_another_member(self, packs, one):
        assert self.refused(packs, one._replace(digest="0" * 64))

    @pytest.mark.parametrize(
        "frame",
        [
            b"",
            b"plain bytes",
            zstandard.ZstdCompressor().compress(bytes(30_000_000)),
            zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1024)),
            b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip",
            # A header that speaks of 2**62 bytes.
            b"\x28\xb5\x2f\xfd\xe0" + (2**62).to_bytes(8, "little") + b"\x01\x00\x00",
        ],
        ids=["nothing", "no frame", "a bomb", "no size", "a frame to skip", "a lie"],
    )
    def test_a_frame_that_is_none_of_ours(self, store, packs, one, frame):
        pack = one.where.slices[0].pack
        self.change(store, one, frame)
        assert self.refused(packs, one._replace(where=Packed((Slice(pack, 0, len(frame) or 1),))))

    def test_neighbours_are_read_all_the_same(self, store, packs):
        found = put(packs, {f"f{n}": b"%d" % n for n in range(5)})
        whole, offset, _ = self.frame(store, found["f2"])
        whole[offset + 20] ^= 1
        self.change(store, found["f2"], whole)
        wanted = {one.where.slices[0]: one.size for one in found.values()}
        assert [data for _, data in packs.read_all(wanted.items())] == [b"0", b"1", None, b"3", b"4"]
        assert [frame is None for _, frame in packs.frames(wanted.items())] == [n == 2 for n in range(5)]
