"""The store, which remembers what was ever in it."""

from blake3 import blake3

from holdall.log import layout
from holdall.log.codec import Commit, decode_commit
from holdall.model import Entry, Tombstone
from holdall.store.memory import MemoryStore


class Vault(MemoryStore):
    """named     digest of every version that some commit brought in, pruned since or not
    retained  all bytes that were ever kept in the trash
    buried    path and digest of every version that some commit took away
    """

    def __init__(self, **how):
        super().__init__(**how)
        self.named = set()
        self.retained = set()
        self.buried = set()

    def put(self, key, data, **how):
        written = super().put(key, data, **how)
        if key.startswith(layout.LOG):
            commit = decode_commit(data, int(key.removeprefix(layout.LOG)))
            if isinstance(commit, Commit):
                self.named |= {one.now.digest for one in commit.changes if isinstance(one.now, Entry)}
                gone = [one for one in commit.changes if isinstance(one.now, Tombstone)]
                self.buried |= {(one.path, one.now.digest) for one in gone}
        if key.startswith(layout.TRASH):
            self.retained.add(data)
        return written

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
            self.retained.add(self.get(key))

    def names(self, content):
        return blake3(content).hexdigest() in self.named

    def digests(self):
        """Of all versions whose bytes can be had now."""
        kept = (layout.FILES, layout.TRASH)
        return {blake3(self.get(info.key)).hexdigest() for info in self.list("") if info.key.startswith(kept)}
