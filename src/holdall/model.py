"""The words every layer speaks.

path     relative to the mount's root, POSIX separators, never empty, no `.` or `..` part
digest   blake3 of the bytes, 64 hex digits
stamp    how the local disk shows a version of a file; an unmoved stamp means unmoved bytes
entry    what the context holds at a path
"""

from enum import StrEnum
from typing import NamedTuple

BLOCK_BYTES = 8 * 1024 * 1024
"""Files above this size are read, sent and hashed by blocks, whose digests their entries hold: see `block_bytes`."""
PACK_BYTES = 16 * 1024 * 1024
"""A pack that holds as much (of what goes into it) is full."""
_MOST_BLOCKS = 8192


def block_bytes(size: int) -> int:
    """The size of a large file's blocks: doubled until there are at most 8,192 of them, for S3 takes 10,000 parts."""
    length = BLOCK_BYTES
    while length * _MOST_BLOCKS < size:
        length *= 2
    return length


def is_cut_so(size: int, blocks: int) -> bool:
    """Whether a file of this size has as many blocks; none where it is read whole, by a byte more than fits if it just grew."""
    return blocks == -(-size // block_bytes(size)) if blocks else size <= BLOCK_BYTES + 1


class Kind(StrEnum):
    FILE = "file"
    DIR = "dir"
    SYMLINK = "symlink"


DEFAULT_MODES = {Kind.FILE: 0o644, Kind.DIR: 0o755, Kind.SYMLINK: 0o777}
"""Of what has none: another tool put it into the store."""

NO_MODE = -1

DERIVED, MEMBER = "derived", "member"
"""Flags of an entry."""


class Stamp(NamedTuple):
    """One lstat, without what does not matter. `mode` is permission bits without setuid and setgid."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    mode: int


class Plain(NamedTuple):
    """A file's bytes as an object of their own under `files/`."""

    key: str
    etag: str
    version: str | None = None


class Slice(NamedTuple):
    """A frame of a pack, by its place in the object: one member, compressed."""

    pack: str
    offset: int
    length: int

    @property
    def end(self) -> int:
        return self.offset + self.length


class Packed(NamedTuple):
    """A file's bytes as members of packs.

    slices  one; of a file with blocks one for each
    shadow  (uid, etag) of what may stand at the key still, from before these bytes took its place: as in a Tombstone
    lay     to be laid out as a plain object when there is time
    """

    slices: tuple[Slice, ...]
    shadow: tuple[tuple[str, str], ...] = ()
    lay: bool = False


class Entry(NamedTuple):
    """What a context holds at a path.

    mode         permission bits; NO_MODE for a symlink, and for what another tool put into the store
    vid          number of the commit that brought these bytes in: the identity of a version
    uid          random id of the upload that carried them; "" for what has no bytes
    uploaded_at  the store's clock then, unix milliseconds
    blocks       digests of the blocks, for files above BLOCK_BYTES
    target       of a symlink
    flag         "conflict" for a conflict copy, "foreign" for what another tool put there, "blind" for what was put where the
                 bytes of the version before were missing, "derived" for what took the place of an archive's member, else "";
                 "member" for that member itself, which is in no log
    """

    kind: Kind
    size: int = 0
    mtime_ns: int = 0
    mode: int = NO_MODE
    digest: str = ""
    uid: str = ""
    vid: int = 0
    uploaded_at: int = 0
    where: Plain | Packed | None = None
    blocks: tuple[str, ...] = ()
    target: str = ""
    flag: str = ""

    @property
    def plain(self) -> Plain | None:
        return self.where if isinstance(self.where, Plain) else None

    @property
    def packed(self) -> Packed | None:
        return self.where if isinstance(self.where, Packed) else None

    @property
    def access(self) -> int:
        """The mode, or that of its kind where it has none."""
        return DEFAULT_MODES[self.kind] if self.mode == NO_MODE else self.mode

    def same_bytes(self, other: "Entry | None") -> bool:
        return (
            other is not None
            and self.kind is other.kind
            and self.digest == other.digest
            and self.target == other.target
        )

    def same_as(self, other: "Entry | None") -> bool:
        """Whether a user would see no difference. A directory's mtime is nobody's statement; a symlink has no mode."""
        if other is None or not self.same_bytes(other):
            return False
        if self.kind is Kind.FILE:
            return self.access == other.access and self.mtime_ns == other.mtime_ns
        return self.kind is Kind.SYMLINK or self.mode == other.mode


class Tombstone(NamedTuple):
    """A path that was deleted (or expired), and the object that its removal is about.

    objects   (uid, etag) of everything of ours that may stand at the key
    expired   recycled by its lifecycle, not deleted by a user
    swept     the removal of the object has been seen
    kept      an archive holds a member of this path, which is not to come back: it is remembered for good
    """

    vid: int
    digest: str = ""
    objects: tuple[tuple[str, str], ...] = ()
    expired: bool = False
    swept: bool = False
    kept: bool = False

    @property
    def lasts(self) -> bool:
        """Whether it says something also once its object is gone."""
        return self.expired or self.kept


class Recycling(NamedTuple):
    """What expires in a context, and when.

    days   after the last upload of its bytes; None: never
    paths  exact, relative: "" is everything, `cache` covers `cache/x` and not `cachex`
    """

    days: int | None = None
    paths: tuple[str, ...] = ("",)

    def covers(self, path: str) -> bool:
        return any(not one or path == one or path.startswith(f"{one}/") for one in self.paths)


class SeenAs(StrEnum):
    """What a look at a path of the local disk found."""

    FILE = "file"
    DIR = "dir"
    SYMLINK = "symlink"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    SPECIAL = "special"  # FIFO, socket, device: reported, takes no part
    ODD_NAME = "odd-name"  # cannot be named in the store: not UTF-8, XML-illegal, or too long as a key
    LEFTOVER = "leftover"  # a `.~holdall-*` file of a step that was cut off


class Seen(NamedTuple):
    """One path as a scan found it.

    stamp    for files, directories and symlinks, also where their name is odd
    target   of a symlink
    reason   for people: why it is unreadable, or what is odd about it; of a directory, that it is a file system of its own
    """

    path: str
    what: SeenAs
    stamp: Stamp | None = None
    target: str = ""
    reason: str = ""
