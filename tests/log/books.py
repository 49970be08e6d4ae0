"""A context written commit by commit, as machines write it, and its trees as they should be."""

import itertools

from blake3 import blake3

from holdall.log.codec import Change, Checkpoint, Commit, Deleted, resolved
from holdall.log.commits import CommitLog
from holdall.log.history import History
from holdall.log.layout import file_key, trash_key
from holdall.log.objects import Body, Objects
from holdall.model import Entry, Kind
from holdall.store.memory import MemoryStore

DAY_S = 24 * 3600.0
BEGIN_S = 1_700_000_000.0


class Books:
    """`now_s` is the store's clock. `trees[n]`: path -> bytes after commit n."""

    def __init__(self):
        self.now_s = BEGIN_S
        self.store = MemoryStore(clock=lambda: self.now_s)
        self.log = CommitLog(self.store)
        self.objects = Objects(self.store)
        self.history = History(self.log)
        self.head = {}
        self.trees = [{}]
        self.uids = itertools.count(1)

    @property
    def seq(self):
        return len(self.trees) - 1

    def commit(self, **paths):
        """Each path's new bytes, or None for a deletion. A double underscore is a slash."""
        seq = self.seq + 1
        tree = dict(self.trees[-1])
        changes = []
        buried = []
        for name, data in paths.items():
            path = name.replace("__", "/")
            if data is None:
                old = self.head[path]
                # Both ways to say it.
                said = Deleted(seq) if len(buried) % 2 == 0 else resolved(Deleted(seq), old)
                now = resolved(said, old)
                buried.append((path, old))
                del tree[path]
            else:
                said = now = self._placed(path, data, seq)
                tree[path] = data
            changes.append(Change(path, said))
            self.head[path] = now
        self._append(seq, changes, tree)
        for path, old in buried:
            self.objects.retain(old.where.key, old.uid, old.where.etag)
            self.store.delete(file_key(path), when=old.where.etag)
        return seq

    def _placed(self, path, data, seq):
        body = Body(len(data), blake3(data).hexdigest(), 0o644, int(self.now_s) * 10**9, data)
        placed = self.objects.place(path, body, f"uid{next(self.uids)}", self.head.get(path), lambda _: False)
        return Entry(
            Kind.FILE,
            len(data),
            body.mtime_ns,
            body.mode,
            body.digest,
            placed.uid,
            seq,
            int(self.now_s * 1000),
            placed.where,
        )

    def sweep(self, path):
        self._append(self.seq + 1, [Change(path, None, swept=True)], dict(self.trees[-1]))
        del self.head[path]

    def _append(self, seq, changes, tree):
        self.log.append(Commit(f"id{seq}", seq, int(self.now_s * 1000), "here", tuple(changes)))
        self.trees.append(tree)

    def checkpoint(self):
        self.log.write_checkpoint(Checkpoint(self.seq, self.history.rows(self.seq)))

    def day(self, count=1):
        self.now_s += count * DAY_S

    def read(self, seq, log=None):
        """The tree at a commit with every byte, by whoever reads the store."""
        history = History(log or self.log)
        return {path: self.objects.fetch(path, entry) for path, entry in history.tree(seq)}

    def lose(self, path):
        """The bytes of the head's version are nowhere any more."""
        entry = self.head[path]
        self.store.delete(file_key(entry.where.key))
        self.store.delete(trash_key(entry.uid, entry.where.key))


def a_fortnight(books=None):
    """Fourteen days with a few files, a checkpoint every third day."""
    books = books or Books()
    for day in range(14):
        books.commit(**{"a": b"a%d" % day, f"dir__{day}": b"kept %d" % day})
        if day % 2:
            books.commit(**{f"dir__{day - 1}": None})
        if day % 3 == 2:
            books.checkpoint()
        books.day()
    return books
