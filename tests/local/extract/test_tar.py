"""Tar archives: what is read, and what is refused, by which member and why."""

import gzip
import io
import lzma
import tarfile

import pytest
import zstandard
from tests.local.extract.making import PACKED, Bytes, info, tar, unpacked

from holdall.errors import BadArchive
from holdall.local.extract.limits import RATIO_FROM_BYTES, Limits
from holdall.local.extract.open import members

GOOD = tar(("a/x.txt", b"ex"), ("y", b"why" * 1000))
FILES = {"a/x.txt": b"ex", "y": b"why" * 1000}


def refused(data, suffix="tar", **how):
    with pytest.raises(BadArchive) as caught:
        unpacked(data, suffix, **how)
    return caught.value.member, caught.value.reason


@pytest.mark.parametrize("suffix", PACKED)
def test_every_kind_is_read(suffix):
    assert unpacked(PACKED[suffix](GOOD), suffix) == FILES


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_format_is_read(kind):
    deep = "/".join(["a" * 30] * 5) + "/" + "b" * 90
    names = ["plain", "ünï", deep] if kind != tarfile.USTAR_FORMAT else ["plain", deep]
    assert unpacked(tar(*((name, name.encode()) for name in names), kind=kind), "tar") == {
        name: name.encode() for name in names
    }


def test_directories_modes_and_times():
    data = tar(
        info("d", type=tarfile.DIRTYPE, mode=0o700),
        info("d/run", b"#!", mode=0o6777, mtime=1_600_000_000),
        info("d/no", b"", mode=0),
        kind=tarfile.PAX_FORMAT,
    )
    found = {
        one.path: (one.kind.value, one.mode, one.mtime_ns) for one in members(Bytes(data), "tar", Limits())
    }
    assert found == {
        "d": ("dir", 0o755, 0),
        "d/run": ("file", 0o755, 1_600_000_000 * 10**9),
        "d/no": ("file", 0o644, 0),
    }


def test_a_time_with_a_fraction():
    data = tar(info("a", mtime=12.25), info("b", mtime=-1.5), kind=tarfile.PAX_FORMAT)
    found = [one.mtime_ns for one in members(Bytes(data), "tar", Limits())]
    assert found == [12_250_000_000, -1_500_000_000]


def test_the_top_itself_is_no_member():
    assert unpacked(tar(info("./", type=tarfile.DIRTYPE), ("./a", b"1")), "tar") == {"a": b"1"}


def test_members_of_gzip_may_follow_each_other():
    half = len(GOOD) // 2
    assert unpacked(gzip.compress(GOOD[:half]) + gzip.compress(GOOD[half:]) + bytes(100), "tar.gz") == FILES


def test_git_archives_have_a_global_comment():
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "0" * 40}
    ) as one:
        one.addfile(info("a", b"1")[0], io.BytesIO(b"1"))
    assert unpacked(out.getvalue(), "tar") == {"a": b"1"}


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (info("/etc/passwd"), "absolute"),
        (info("a/../../x"), "leads outside"),
        (info("..\\x"), "leads outside"),
        (info("C:evil"), "drive letter"),
        (info("\\\\host\\share"), "absolute"),
        (info("a\nb"), "control characters"),
        (info("a\x7fb"), "control characters"),
        (info(".~holdall-part-1"), "temporary files"),
        (info("d/.~holdall-x/y"), "temporary files"),
        (info("n" * 300), "takes 300 bytes"),
        (info("é" * 200), "takes 400 bytes"),
        (info("/".join("d" * 70)), "70 directories deep"),
        (info("s", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "symlink"),
        (info("h", type=tarfile.LNKTYPE, linkname="a"), "hard link"),
        (info("c", type=tarfile.CHRTYPE), "device"),
        (info("b", type=tarfile.BLKTYPE), "device"),
        (info("f", type=tarfile.FIFOTYPE), "FIFO"),
        (info("v", type=b"V"), "label"),
        (info("m", type=b"M"), "another archive"),
        (info("z", type=b"Z"), "not known"),
        (info("dir/", type=tarfile.REGTYPE), "directory's name"),
    ],
    ids=lambda one: repr(getattr(one[0], "name", one))[:20] if isinstance(one, tuple) else one,
)
@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_refused(member, reason, kind):
    name, why = refused(tar(("ok", b"1"), member, ("late", b"2"), kind=kind))
    assert name == member[0].name
    assert reason in why


@pytest.mark.parametrize(
    ("wanted", "member", "reason"),
    [
        ([("a", b"1"), ("a", b"2")], "a", "there twice"),
        ([("a", b"1"), ("./a", b"2")], "./a", "there twice"),
        ([("a", b"1"), ("a/b", b"2")], "a/b", "below a file"),
        ([("a/b", b"1"), ("a", b"2")], "a", "as a file and as a directory"),
        ([info("a", type=tarfile.DIRTYPE), ("a", b"2")], "a", "as a file and as a directory"),
    ],
)
def test_names_that_meet(wanted, member, reason):
    name, why = refused(tar(*wanted))
    assert name == member
    assert reason in why


def test_a_directory_may_be_named_again():
    top = info("a", type=tarfile.DIRTYPE)
    assert unpacked(tar(top, ("a/x", b"1"), top), "tar") == {"a": None, "a/x": b"1"}


def test_a_name_that_is_not_utf8():
    name, why = refused(tar(("ok", b"1"), ("é", b"2"), encoding="latin-1"))
    assert (name, why) == ("\\xe9", "its name is not UTF-8")


def test_a_name_that_is_too_long_where_it_would_lie():
    assert "as a key" in refused(tar(("a" * 200, b"1")), under="d" * 800)[1]


def test_a_sparse_file():
    data = tar(info("s", b"abc", pax_headers={"GNU.sparse.major": "1"}), kind=tarfile.PAX_FORMAT)
    assert refused(data) == ("s", "it is a sparse file")


def test_two_sizes():
    data = tar(info("s", b"abc", pax_headers={"size": "600"}), kind=tarfile.PAX_FORMAT)
    assert refused(data) == ("s", "it is said to have two sizes")


def test_a_global_header_that_names_all_members():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"path": "x"}) as one:
        one.addfile(info("a")[0])
    assert "of all members" in refused(out.getvalue())[1]


# -- damage


@pytest.mark.parametrize("suffix", PACKED)
def test_cut_off_anywhere(suffix):
    data = PACKED[suffix](tar(("a", b"A" * 700)))
    for length in range(0, len(data) - 1, max(1, len(data) // 60)):
        if suffix == "tar" and length >= 2 * 512 + 1024 + 512:
            break  # only padding is missing
        with pytest.raises(BadArchive):
            unpacked(data[:length], suffix)


@pytest.mark.parametrize("suffix", ["tar.gz", "tar.bz2", "tar.xz", "tar.zst"])
def test_a_flipped_byte_anywhere(suffix):
    """Where nothing is said of a bit (a header's time, what fills the last byte), the files are the same."""
    data = PACKED[suffix](GOOD)
    same = 0
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        try:
            assert unpacked(flipped, suffix) == FILES
        except BadArchive:
            continue
        same += 1
    assert same < len(data) / 5


def test_the_trailing_checksum_of_gzip_is_compared():
    data = bytearray(gzip.compress(GOOD))
    data[-6] ^= 1
    assert refused(bytes(data), "tar.gz") == ("", "it is damaged: its checksum differs")


def test_a_header_checksum():
    data = bytearray(GOOD)
    data[3] ^= 1
    assert "checksum of a header" in refused(bytes(data))[1]


@pytest.mark.parametrize("suffix", PACKED)
def test_something_behind_the_end(suffix):
    more = tar(("hidden", b"!"))
    assert refused(PACKED[suffix](GOOD + more), suffix)[1] == "there is something behind its end"
    if suffix != "tar":
        assert (
            refused(PACKED[suffix](GOOD) + bytes(8) + b"hidden", suffix)[1]
            == "there is something behind its end"
        )
        assert "behind the end" in refused(PACKED[suffix](GOOD) + b"hidden", suffix)[1]


def test_one_block_of_zeros_between_members():
    first, second = tar(("a", b"")), tar(("b", b""))
    assert refused(first[:512] + bytes(512) + second)[1] == "there is something behind its end"


def test_no_end():
    assert refused(tar(("a", b""))[:512]) == ("", "it is cut off")


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.zst"])
def test_what_is_no_archive(suffix):
    member, reason = refused(b"hello, world" * 100, suffix)
    assert (member, reason.partition(":")[0]) == ("", "it is damaged")
    assert refused(b"", suffix) == ("", "it is cut off")


# -- size


def test_too_many_bytes():
    data = tar(("a", b"1" * 600), ("b", b"2" * 600))
    assert refused(data, limits=Limits(bytes=1000)) == ("b", "the archive holds more than 1000 bytes")


def test_too_many_entries():
    data = tar(*((f"d/{number}", b"") for number in range(20)))
    assert refused(data, limits=Limits(entries=10)) == (
        "d/9",
        "the archive holds more than 10 files and directories",
    )


def test_parts_of_paths_are_entries_too():
    assert refused(tar(("a/b/c/d/e", b"")), limits=Limits(entries=4))[0] == "a/b/c/d/e"


def test_a_bomb():
    size = RATIO_FROM_BYTES + (1 << 20)
    data = gzip.compress(tar(("zeros", bytes(size))))
    member, reason = refused(data, "tar.gz", limits=Limits(ratio=100))
    assert (member, reason) == ("zeros", "more than 100 times as many bytes come out as are in the archive")


def test_endless_zeros_behind_the_end():
    assert refused(gzip.compress(GOOD + bytes(32 << 20)), "tar.gz")[1] == "there is something behind its end"


def test_a_header_that_would_fill_the_memory():
    one = info("x", b"a" * (2 << 20), type=b"x")
    assert "too long" in refused(tar(one))[1]


def test_a_window_that_would_fill_the_memory():
    data = lzma.compress(GOOD, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}])
    assert "memory" in refused(data, "tar.xz")[1]
    params = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=params).compressobj()
    refused(packer.compress(GOOD * 10) + packer.flush(), "tar.zst")
