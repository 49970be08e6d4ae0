"""Which reader is for which archive."""

from collections.abc import Iterator

from holdall.errors import BadArchive
from holdall.local.base import Reader
from holdall.local.extract import tar, zip as zip_
from holdall.local.extract.limits import Limits
from holdall.local.extract.member import Checks, Member
from holdall.local.extract.streams import decoded, read


def members(reader: Reader, suffix: str, limits: Limits, under: str = "") -> Iterator[Member]:
    """What is in an archive, in its order; the bytes of each before the next.

    suffix  what kind it is: `zip`, `tar`, `tar.gz`, `tar.bz2`, `tar.xz`, `tar.zst`
    under   the directory that it is extracted to, relative to the mount

    BadArchive as soon as something is wrong with it, which may be at its very end. LocalError where it cannot be read. Holds a
    few pieces of it in memory, and all names.
    """
    checks = Checks(limits, reader.stamp.size, under)
    if suffix == "zip":
        return zip_.members(reader, checks, limits)
    first, _, around = suffix.partition(".")
    if first != "tar":
        raise BadArchive(f"`{suffix}` is no kind of archive that is known here")
    return tar.members(decoded(around or first, read(reader), limits), checks)
