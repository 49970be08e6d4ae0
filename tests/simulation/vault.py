"""The store, which remembers what was ever in it."""

import io
import tarfile

from blake3 import blake3
from zstandard import ZstdDecompressor

from holdall.log import layout
from holdall.log.codec import Commit, decode_commit, resolved
from holdall.model import Entry, Tombstone
from holdall.store.memory import MemoryStore


class Vault(MemoryStore):
    """named     digest of every version that some commit brought in, pruned since or not
    retained  all bytes that were ever kept in the trash
    buried    path and digest of every version that some commit took away
    blinded   digest of every version that another took the place of while its bytes were missing
    on_pruned told the number of each commit whose body is taken away
    on_commit told the head's tree (path -> Entry or Tombstone) after each commit
    on_moved  told each path that a commit says something of: what it was, and what it is
    """

    def __init__(self, on_pruned, on_commit, on_moved, **how):
        super().__init__(**how)
        self.on_pruned = on_pruned
        self.on_commit = on_commit
        self.on_moved = on_moved
        self.named = set()
        self.retained = set()
        self.buried = set()
        self.blinded = set()
        self._head = {}
        self._packed = {}
        self._cut = {}
        self._trashed = set()

    def put(self, key, data, **how):
        written = super().put(key, data, **how)
        if key.startswith(layout.LOG):
            commit = decode_commit(data, int(key.removeprefix(layout.LOG)))
            if isinstance(commit, Commit):
                for change in commit.changes:
                    if change.now is not None:
                        self._moved(change.path, resolved(change.now, self._head.get(change.path)))
                self.on_commit(self._head)
            else:
                self.on_pruned(commit.seq)
        if key.startswith(layout.PACKS):
            self._packed[layout.pack_of(key)] = list(members(data))
        if key.startswith(layout.TRASH):
            self.retained.add(data)
        return written

    def _moved(self, path, now):
        before, self._head[path] = self._head.get(path), now
        self.on_moved(path, before, now)
        if isinstance(now, Entry):
            if now.flag == "blind":
                self.blinded.add(before.digest)
            self.named.add(now.digest)
            if now.blocks and now.packed is not None:
                self._cut[now.digest] = {one.pack for one in now.packed.slices}
        elif not now.expired:
            self.buried.add((path, now.digest))

    def upload(self, key, parts, **how):
        written = super().upload(key, parts, **how)
        if key.startswith(layout.TRASH):
            self.retained.add(self.get(key))
        return written

    def copy(self, source, target, **how):
        written = super().copy(source, target, **how)
        self._note(target)
        return written

    def _note(self, key):
        if key.startswith(layout.TRASH):
            pack = pack_in(key)
            self.retained.update([self.get(key)] if pack is None else self._packed[pack])
            self._trashed.add(pack)

    def kept(self, content):
        """Whether it was ever retained, as a whole or in blocks."""
        its = self._cut.get(blake3(content).hexdigest())
        return content in self.retained or (its is not None and its <= self._trashed | self._packs())

    def _packs(self):
        return {pack_in(info.key) for info in self.list("")} - {None}

    def names(self, content):
        return blake3(content).hexdigest() in self.named

    @property
    def expired(self):
        """Paths that have expired, as the head says."""
        return {path for path, now in self._head.items() if isinstance(now, Tombstone) and now.expired}

    @property
    def live(self):
        """Paths that the head has."""
        return {path for path, now in self._head.items() if isinstance(now, Entry)}

    def head_digest(self, path):
        return getattr(self._head.get(path), "digest", "")

    def stands(self, content):
        """Whether it is what some key under `files/` holds."""
        return any(self.get(info.key) == content for info in self.list(layout.FILES))

    def digests(self):
        """Of all versions whose bytes can be had now."""
        kept = (layout.FILES, layout.TRASH)
        keys = [info.key for info in self.list("")]
        plain = {blake3(self.get(key)).hexdigest() for key in keys if key.startswith(kept)}
        packs = self._packs()
        whole = {blake3(one).hexdigest() for pack in packs for one in self._packed[pack]}
        return plain | whole | {digest for digest, its in self._cut.items() if its <= packs}


def pack_in(key):
    """The id of a pack, in the trash too."""
    return layout.pack_of(
        key.removeprefix(layout.TRASH).partition("/")[2] if key.startswith(layout.TRASH) else key
    )


def members(pack):
    """The bytes of each, as stock tools see them."""
    plain = ZstdDecompressor().stream_reader(io.BytesIO(pack), read_across_frames=True)
    with tarfile.open(fileobj=io.BytesIO(plain.read())) as tar:
        for one in tar:
            yield tar.extractfile(one).read()
