"""Archives as their usual tools make them, and as nobody should."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import zstandard

from holdall.local.extract.limits import Limits
from holdall.local.extract.open import members
from holdall.model import Kind, Stamp

PACKED = {
    "tar": lambda data: data,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


class Bytes:
    """A reader of these bytes. `read_to`: how far somebody has read."""

    def __init__(self, data):
        self.data = data
        self.stamp = Stamp(len(data), 0, 0, 0, 0o644)
        self.read_to = 0

    def read(self, offset, length):
        self.read_to = max(self.read_to, min(offset + length, len(self.data)))
        return self.data[offset : offset + length]


def unpacked(data, suffix="zip", limits=None, under="", reader=None):
    """path -> bytes of a file, None for a directory."""
    found = {}
    for one in members(reader or Bytes(data), suffix, limits or Limits(), under):
        found[one.path] = b"".join(one.chunks) if one.kind is Kind.FILE else None
    return found


def info(name, data=b"", **fields):
    found = tarfile.TarInfo(name)
    found.size = len(data)
    for field, value in fields.items():
        setattr(found, field, value)
    return found, data


def tar(*wanted, kind=tarfile.GNU_FORMAT, **how):
    """Of (TarInfo, bytes), or (name, bytes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind, **how) as archive:
        for one, data in wanted:
            archive.addfile(info(one, data)[0] if isinstance(one, str) else one, io.BytesIO(data))
    return out.getvalue()


def zipped(*wanted, method=zipfile.ZIP_DEFLATED, comment=b""):
    """Of (ZipInfo or name, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for one, data in wanted:
            archive.writestr(one, data)
        archive.comment = comment
    return out.getvalue()


def zip_info(name, mode=0o644, **fields):
    found = zipfile.ZipInfo(name)
    found.create_system = 3
    found.external_attr = mode << 16
    for field, value in fields.items():
        setattr(found, field, value)
    return found


class RawZip:
    """A zip archive put together field by field: `local` and `central` change what each record says."""

    def __init__(self):
        self.body = bytearray()
        self.central = bytearray()
        self.count = 0

    def add(self, name, data=b"", *, packed=None, local=None, central=None, at=None, extra=b""):
        raw = name if isinstance(name, bytes) else name.encode()
        packed = data if packed is None else packed
        fields = {
            "flags": 0,
            "method": 0 if packed is data else 8,
            "crc": zlib.crc32(data),
            "packed": len(packed),
            "size": len(data),
            "attributes": 0o100644 << 16,
            "name": raw,
            "offset": len(self.body) if at is None else at,
            "disk": 0,
        }
        one, other = fields | (local or {}), fields | (central or {})
        if at is None:
            self.body += struct.pack(
                "<4s5H3L2H", b"PK\3\4", 20, one["flags"], one["method"], 0, 33, one["crc"], one["packed"],
                one["size"], len(one["name"]), 0,
            )  # fmt: skip
            self.body += one["name"] + packed
        self.central += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 0x314, 20, other["flags"], other["method"], 0, 33, other["crc"],
            other["packed"], other["size"], len(other["name"]), len(extra), 0, other["disk"], 0,
            other["attributes"], other["offset"],
        )  # fmt: skip
        self.central += other["name"] + extra
        self.count += 1
        return self

    def done(self, *, entries=None, behind=b""):
        entries = self.count if entries is None else entries
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, entries, entries, len(self.central), len(self.body), 0)
        return bytes(self.body + self.central + end + behind)
