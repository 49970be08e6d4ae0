"""Zip archives: what is read, and what is refused, by which member and why."""

import io
import struct
import zipfile
import zlib

import pytest
from tests.local.extract.making import Bytes, RawZip, unpacked, zip_info, zipped

from holdall.errors import BadArchive
from holdall.local.extract.limits import RATIO_FROM_BYTES, Limits
from holdall.local.extract.open import members

FILES = {"a/x.txt": b"ex", "y": b"why" * 1000}
GOOD = zipped(*FILES.items())


def refused(data, **how):
    with pytest.raises(BadArchive) as caught:
        unpacked(data, "zip", **how)
    return caught.value.member, caught.value.reason


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_every_method_is_read(method):
    assert unpacked(zipped(*FILES.items(), method=method)) == FILES


def test_an_empty_one():
    assert unpacked(zipped()) == {}


def test_a_comment():
    assert unpacked(zipped(*FILES.items(), comment=b"hello PK")) == FILES


def test_sizes_behind_the_bytes():
    """As a writer leaves them that cannot go back."""

    class OneWay(io.RawIOBase):
        def __init__(self):
            self.out = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.out += data
            return len(data)

    out = OneWay()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    assert unpacked(bytes(out.out)) == FILES


def test_large_numbers():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("a", "w", force_zip64=True) as file:
        file.write(b"1")
    assert unpacked(out.getvalue()) == {"a": b"1"}


def test_more_members_than_the_old_record_can_count():
    data = zipped(*((str(number), b"") for number in range(0x10000)))
    assert len(unpacked(data)) == 0x10000


def test_directories_modes_and_times():
    data = zipped(
        ("d/", b""),
        (zip_info("d/run", 0o100775, date_time=(2020, 1, 2, 3, 4, 6)), b"#!"),
        (zip_info("d/no", 0, create_system=0, external_attr=0x20), b""),
    )
    found = {one.path: (one.kind.value, one.mode) for one in members(Bytes(data), "zip", Limits())}
    assert found == {"d": ("dir", 0o755), "d/run": ("file", 0o755), "d/no": ("file", 0o644)}
    times = {one.path: one.mtime_ns for one in members(Bytes(data), "zip", Limits())}
    assert times["d/run"] == 1_577_934_246 * 10**9


def test_the_time_in_an_extra_field():
    extra = struct.pack("<2HBl", 0x5455, 5, 1, 1_600_000_001)
    data = RawZip().add("a", b"1", extra=extra).done()
    assert [one.mtime_ns for one in members(Bytes(data), "zip", Limits())] == [1_600_000_001 * 10**9]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("a/../../x", "leads outside"),
        ("..", "leads outside"),
        ("..\\x", "backslashes"),
        ("C:/evil", "drive letter"),
        ("\\\\host\\share", "backslashes"),
        ("a\0b", "control characters"),
        ("a\nb", "control characters"),
        ("a\x1b[2J", "control characters"),
        (".~holdall-part-1", "temporary files"),
        ("n" * 300, "takes 300 bytes"),
        ("/".join("d" * 70), "70 directories deep"),
        ("./", "directory with bytes"),
        ("", "no name"),
    ],
)
def test_names(name, reason):
    member, why = refused(RawZip().add("ok", b"1").add(name, b"2").add("late", b"3").done())
    assert member == name
    assert reason in why


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"central": {"attributes": 0o120777 << 16}}, "symlink"),
        ({"central": {"attributes": 0o020644 << 16}}, "neither a file nor a directory"),
        ({"central": {"attributes": 0o010644 << 16}}, "neither a file nor a directory"),
        ({"central": {"attributes": 0o040755 << 16}}, "directory with a file's name"),
        ({"central": {"flags": 1}, "local": {"flags": 1}}, "encrypted"),
        ({"central": {"flags": 1 << 6}}, "encrypted"),
        ({"central": {"method": 9}, "local": {"method": 9}}, "method 9"),
        ({"central": {"method": 99}, "local": {"method": 99}}, "method 99"),
        ({"central": {"disk": 1}}, "another archive"),
        ({"central": {"crc": 5}, "local": {"crc": 5}}, "its checksum differs"),
        ({"central": {"crc": 5}}, "header and the directory differ"),
        ({"local": {"name": b"n"}}, "header and the directory differ"),
        ({"local": {"size": 2}}, "header and the directory differ"),
        ({"local": {"packed": 2}}, "header and the directory differ"),
        ({"local": {"method": 8}}, "header and the directory differ"),
        ({"central": {"size": 2}, "local": {"size": 2}}, "larger than the archive says"),
        ({"central": {"size": 9}, "local": {"size": 9}}, "smaller than the archive says"),
        ({"central": {"packed": 1 << 30}, "local": {"packed": 1 << 30}}, "beyond the archive"),
        ({"central": {"offset": 1 << 30}}, "beyond the archive"),
        ({"central": {"offset": 1}}, "not where the directory says"),
        ({"central": {"size": 0xFFFFFFFF}}, "size is missing"),
    ],
    ids=str,
)
def test_records(how, reason):
    member, why = refused(RawZip().add("m", b"12345", **how).done())
    assert member == "m"
    assert reason in why


def test_names_that_meet():
    assert refused(RawZip().add("a", b"1").add("a", b"2").done()) == ("a", "it is there twice")
    assert refused(RawZip().add("a", b"1").add("a/b", b"2").done()) == ("a/b", "it lies below a file")
    assert refused(RawZip().add("a/b", b"1").add("a", b"2").done())[0] == "a"


def test_a_name_that_is_not_utf8():
    assert refused(RawZip().add(b"\xe9", b"1").done()) == ("\\xe9", "its name is not UTF-8")


def test_a_name_that_says_what_it_is_in_utf8():
    raw = b"\xe9"
    field = b"\1" + zlib.crc32(raw).to_bytes(4, "little") + "é".encode()
    extra = struct.pack("<2H", 0x7075, len(field)) + field
    assert unpacked(RawZip().add(raw, b"1", extra=extra).done()) == {"é": b"1"}


def test_a_name_in_utf8_may_lead_outside_too():
    field = b"\1" + zlib.crc32(b"a").to_bytes(4, "little") + b"../a"
    extra = struct.pack("<2H", 0x7075, len(field)) + field
    assert refused(RawZip().add("a", b"1", extra=extra).done())[0] == "../a"


def test_members_that_share_their_bytes():
    """Of a few megabytes, such an archive makes petabytes."""
    archive = RawZip().add("a", bytes(1000)).add("b", bytes(1000), at=0)
    assert refused(archive.done())[1] == "its bytes are another member's too"


def test_a_member_inside_another():
    inner = RawZip().add("b", bytes(100))
    outer = RawZip().add("a", bytes(inner.body))
    outer.add("b", bytes(100), at=31)
    assert refused(outer.done()) == ("b", "its bytes are another member's too")


def test_something_behind_the_end():
    assert refused(GOOD + b"!") == ("", "it is no zip archive, or is cut off")


def test_something_before_the_beginning():
    assert refused(b"#!/bin/sh\n" + GOOD) == ("", "its directory is not where its end says")


def test_two_ends():
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    assert refused(zipped(("a", b"1"), comment=end)) == ("", "it has two ends")


def test_the_directory_has_more_or_fewer_entries_than_it_says():
    archive = RawZip().add("a", b"1").add("b", b"2")
    assert refused(archive.done(entries=1)) == ("", "its directory has more entries than it says")
    assert "fewer entries" in refused(archive.done(entries=3))[1]


def test_cut_off_anywhere():
    found = {refused(GOOD[:length]) for length in range(0, len(GOOD), 7)}
    assert found == {("", "it is no zip archive, or is cut off")}


def test_a_flipped_byte_anywhere():
    """Where nothing is said of a byte (times, a version), the files are the same."""
    for at in range(len(GOOD)):
        flipped = GOOD[:at] + bytes([GOOD[at] ^ 0x10]) + GOOD[at + 1 :]
        try:
            found = unpacked(flipped)
        except BadArchive:
            continue
        assert sorted(found.values()) == sorted(FILES.values())


def test_something_behind_a_members_bytes():
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"data") + packer.flush()
    assert refused(RawZip().add("m", b"data", packed=packed + b"hidden").done()) == (
        "m",
        "there is something behind its bytes",
    )


def test_a_member_whose_bytes_are_cut_off():
    packer = zlib.compressobj(wbits=-15)
    packed = (packer.compress(b"data" * 100) + packer.flush())[:-3]
    assert refused(RawZip().add("m", b"data" * 100, packed=packed).done())[0] == "m"


# -- size


def test_too_many_bytes_are_refused_before_the_first_is_read():
    data = zipped(("a", b"1" * 600), ("b", b"2" * 600))
    assert refused(data, limits=Limits(bytes=1000)) == ("b", "the archive holds more than 1000 bytes")


def test_too_many_entries():
    data = zipped(*((str(number), b"") for number in range(20)))
    assert refused(data, limits=Limits(entries=10)) == ("", "it holds 20 files and directories, more than 10")


def test_a_bomb():
    data = zipped(("zeros", bytes(RATIO_FROM_BYTES + (1 << 20))))
    member, reason = refused(data, limits=Limits(ratio=100))
    assert (member, reason) == ("zeros", "more than 100 times as many bytes come out as are in the archive")


def test_a_bomb_that_says_it_is_small():
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(bytes(100 << 20)) + packer.flush()
    how = {"size": 10}
    reader = Bytes(RawZip().add("m", b"", packed=packed, local=how, central=how).done())
    assert refused(b"", reader=reader) == ("m", "it is larger than the archive says")


def test_a_directory_of_the_file_s_whole_length_is_not_held_in_memory():
    archive = RawZip().add("a", b"1")
    archive.central += bytes(64 << 20)
    assert refused(archive.done()) == ("", "its directory has more entries than it says")
