"""A disk and a ledger, surveyed."""

from itertools import count

from blake3 import blake3

from holdall.engine.effects import Survey
from holdall.engine.ledger import Agreed, Ledger
from holdall.engine.survey import Surveyor, local_entry
from holdall.engine.words import Scope
from holdall.local.memory import MemoryDisk
from holdall.log.codec import Change, Commit
from holdall.model import Entry, Kind, SeenAs, Tombstone
from holdall.rules.directions import Flags, SyncType, directions
from holdall.rules.reconcile import Verdict


class DiskWithMounts(MemoryDisk):
    """`mounted`: directories that are file systems of their own. `blind`: paths that a scan passes by."""

    def __init__(self):
        super().__init__(count(1).__next__)
        self.mounted = set()
        self.blind = set()

    def scan(self, under="", skip=None):
        return (self._told(seen) for seen in super().scan(under, skip) if seen.path not in self.blind)

    def look(self, paths):
        return map(self._told, super().look(paths))

    def _told(self, seen):
        apart = seen.what is SeenAs.DIR and seen.path in self.mounted
        return seen._replace(reason="a file system of its own") if apart else seen

    def unmount(self, path):
        """What was on it, for `mount`."""
        self.mounted.discard(path)
        nodes = {one: self.tree.nodes.pop(one) for one in self.tree.below(path)}
        return {one: node.data for one, node in nodes.items() if node.what is SeenAs.FILE}

    def mount(self, path, files):
        for one in self.tree.below(path):
            del self.tree.nodes[one]
        if path not in self.tree.nodes:
            self.mkdir(path)
        for one, data in files.items():
            self.write(one, data)
        self.mounted.add(path)


class Site:
    """A disk and a ledger that agree on these paths. `past`: bytes that every path had in an earlier commit."""

    def __init__(self, *paths):
        self.disk = DiskWithMounts()
        self.ledger = Ledger(":memory:")
        self.sync, self.flags, self.skip = SyncType.AUTO, Flags(), None
        self.past = set()
        for path in paths:
            self.disk.write(path, path.encode())
        self.agree()

    def agree(self):
        agreed = []
        for seen in self.disk.scan():
            entry = local_entry(seen, None)._replace(vid=1)
            if seen.what is SeenAs.FILE:
                entry = entry._replace(digest=blake3(self.disk.read(seen.path)).hexdigest())
            agreed.append(Agreed(seen.path, entry, seen.stamp))
        self.ledger.apply(Commit("1", 1, 0, "other", tuple(Change(one.path, one.entry) for one in agreed)))
        self.ledger.agree(agreed)
        self.restart()

    def restart(self):
        self.surveyor = Surveyor(
            self.disk,
            self.ledger,
            self.rules(),
            lambda asked: directions(self.sync, self.flags, asked),
            lambda path: f"{path} (conflict)",
            self.leftover,
            lambda _steps: [],
            lambda _path, digest: digest in {blake3(data).hexdigest() for data in self.past},
        )

    def rules(self):
        return lambda path, is_dir: self.skip is not None and self.skip(path, is_dir)

    def leftover(self, path):
        raise AssertionError(path)

    def survey(self, *paths, scope=Scope.PATHS, **how):
        return self.surveyor.start(Survey(1, scope if paths else Scope.FULL, paths, **how))

    def verdicts(self, *paths, **how):
        return {one.path: one.verdict for one in self.survey(*paths, **how).steps}

    def deleted(self, *paths, **how):
        found = self.verdicts(*paths, **how)
        return [path for path, verdict in found.items() if verdict is Verdict.PUSH_DELETE]

    def remotely(self, path, data):
        """The head moves on by one commit of this."""
        seq = self.ledger.seq + 1
        entry = Entry(Kind.FILE, len(data), 1, 0o644, blake3(data).hexdigest(), vid=seq)
        self.ledger.apply(Commit(str(seq), seq, 0, "other", (Change(path, entry),)))

    def remotely_gone(self, path):
        seq = self.ledger.seq + 1
        self.ledger.apply(Commit(str(seq), seq, 0, "other", (Change(path, Tombstone(seq)),)))


def left(found):
    return {one.path for one in found.left}
