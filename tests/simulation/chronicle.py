"""What users do to their disks and another tool to the store, and what that says of each version that was ever written.

Every content is written once, so it is the name of its version. A symlink's target is its content.
"""

from dataclasses import dataclass, field

from blake3 import blake3

from holdall.keys import key_of
from holdall.local.names import is_staged
from holdall.log import layout
from holdall.model import SeenAs, Tombstone
from holdall.rules.directions import SyncType

HAVE_CONTENT = {SeenAs.FILE, SeenAs.SYMLINK}


@dataclass(slots=True)
class Version:
    """dead         somebody who saw it put something else in its place: nobody has to have it any more
    replaced_at  the paths where that was
    left         the paths that it was moved away from, where it may have come back to
    movers       machines whose users renamed it
    touched      somebody changed its mode: that is news, and a deletion that meets it gives way
    overwritten  by the foreign tool, which has not seen it: it must have been kept
    destroyed    the foreign tool deleted its object once
    unheard      adopted from its writer, who was away until what became of it was pruned
    written_at   first, wherever it was moved to since
    expired      it was past its lifecycle: no store has to have it any more
    """

    content: bytes
    foreign: bool = False
    dead: bool = False
    replaced_at: set = field(default_factory=set)
    left: set = field(default_factory=set)
    movers: set = field(default_factory=set)
    moved_at: float = 0.0
    touched: bool = False
    overwritten: bool = False
    destroyed: bool = False
    unheard: bool = False
    written_at: float = 0.0
    expired: bool = False


class Chronicle:
    """withheld   machine -> paths that its user deleted, where that is not to be carried anywhere
    dropped    machine and path -> the version that was deleted there
    missing    path -> the version whose object the foreign tool deleted last
    covered    path -> versions whose objects it has overwritten
    """

    def __init__(self, world):
        self.world = world
        self.versions = {}
        self.withheld = {}
        self.dropped = {}
        self.missing = {}
        self.covered = {}

    # -- users

    def write(self, machine, path, content):
        self._replaced(machine, contents(machine.disk).get(path), path)
        machine.disk.write(path, content)
        self._appears(machine, path, content, f"writes {content!r} to")

    def link(self, machine, path, target):
        self._replaced(machine, contents(machine.disk).get(path), path)
        if path in machine.disk.tree.nodes:
            machine.disk.delete(path)
        machine.disk.symlink(path, target)
        self._appears(machine, path, target.encode(), f"points to {target}")

    def _appears(self, machine, path, content, what):
        self.versions[content] = Version(content, written_at=self.world.now)
        self._taken(machine, path)
        self.world.trace(f"USER {machine.name} {what} {path}")

    def chmod(self, machine, path, mode):
        machine.disk.chmod(path, mode)
        if path in (there := contents(machine.disk)):
            self.versions[there[path]].touched = True
        self.world.trace(f"USER {machine.name} sets the mode of {path} to {mode:o}")

    def mkdir(self, machine, path):
        machine.disk.mkdir(path)
        self._taken(machine, path)
        self.world.trace(f"USER {machine.name} makes {path}")

    def delete(self, machine, path):
        doomed = below(contents(machine.disk), path)
        for one in below(machine.expired_here, path):
            del machine.expired_here[one]
        # What an exchange has just displaced lies in the directory too, and goes with it: its user deleted that as well.
        for one, node in machine.disk.tree.nodes.items():
            if one.startswith(path + "/") and is_staged(one) and node.data in self.versions:
                self.versions[node.data].dead = True
        self._kept(machine).update(below(machine.disk.tree.nodes, path))
        machine.disk.delete(path)
        self._uncover(machine, doomed)
        self._may_come_back(machine, path)
        arriving = {landing.path for landing in machine.ledger.landings()}
        for one, content in doomed.items():
            if machine.sync is SyncType.AUTO:
                # Deleted in the moment of its arrival, with its directory: it may come back, and is not lost.
                self._replaced(machine, content, None if one in arriving else one)
            else:
                self._dropped(machine, one, content)
        self.world.trace(f"USER {machine.name} deletes {path}")

    def move(self, machine, source, target):
        """A file, or a directory with everything below."""
        before = contents(machine.disk)
        for one in below(machine.expired_here, source):
            del machine.expired_here[one]
        self._replaced(machine, before.get(target), target)
        self._kept(machine).update(below(machine.disk.tree.nodes, source))
        machine.disk.move(source, target)
        for one in below(machine.disk.tree.nodes, target):
            self._taken(machine, one)
        self._may_come_back(machine, source)
        moved = below(before, source)
        self._uncover(machine, moved)
        for one, content in moved.items():
            version = self.versions[content]
            version.movers.add(machine.name)
            version.left.add(one)
            version.moved_at = self.world.now
            if machine.sync is SyncType.AUTO:
                version.replaced_at.add(one)
            else:
                self._dropped(machine, one, content)
            version.replaced_at.discard(target + one[len(source) :])
        self.world.trace(f"USER {machine.name} moves {source} to {target}")

    def _replaced(self, machine, content, path):
        if content is not None:
            version = self.versions[content]
            version.dead = True
            if machine.sync is SyncType.AUTO:
                # Else the new state may be deleted before anyone hears of it, and the deletion is not carried either.
                version.replaced_at.add(path)

    def _dropped(self, machine, path, content):
        """Deleted where deletions are not carried: it lives on in the store, until something else is put at its path here."""
        version = self.versions[content]
        self.dropped[machine.name, path] = version
        version.dead = version.dead or not (self.world.store.names(content) or _holds(machine, content))

    def _taken(self, machine, path):
        machine.expired_here.pop(path, None)
        self._kept(machine).discard(path)
        version = self.dropped.pop((machine.name, path), None)
        if version is not None:
            version.dead = True

    def _kept(self, machine):
        return self.withheld.setdefault(machine.name, set())

    def _uncover(self, machine, paths):
        """What the foreign tool put there is gone, too, and what it had covered no commit has named: that is news to all others."""
        for path in paths if machine.sync is SyncType.AUTO else ():
            for version in self.covered.get(path, []):
                if not self.world.store.names(version.content):
                    version.replaced_at.discard(path)

    def _may_come_back(self, machine, path):
        """What was about to arrive there, when its machine died: nothing tells it from what has arrived and was deleted."""
        for landing in machine.ledger.landings():
            if landing.path == path or landing.path.startswith(f"{path}/"):
                for version in self.versions.values():
                    if blake3(version.content).hexdigest() == landing.entry.digest:
                        version.replaced_at.discard(landing.path)

    def moved(self, path, before, now):
        """A commit says so."""
        for machine in self.world.machines:
            machine.expired_here.pop(path, None)
        if isinstance(now, Tombstone) and now.expired:
            self._expired(path, before)

    def _expired(self, path, before):
        version = next(
            (one for one in self.versions.values() if blake3(one.content).hexdigest() == before.digest), None
        )
        self.world.oracle.check_expired(path, before, version)
        version.expired = True
        for machine in self.world.machines:
            content = contents(machine.disk).get(path)
            if content == version.content:
                machine.expired_here[path] = content

    def pruned(self, seq):
        """What this commit said is told to nobody any more who has not read it yet."""
        for machine in self.world.machines:
            for path in machine.ledger.intended() if machine.ledger.seq < seq else ():
                content = contents(machine.disk).get(path)
                if content is not None:
                    self.versions[content].unheard = True

    # -- another tool, which knows nothing of conditions

    def put(self, path, content):
        there = (self._standing(path), self.missing.pop(path, None), self._named(path))
        before = [one for one in there if one is not None]
        self.world.store.put(layout.file_key(key_of(path)), content)
        self.versions[content] = Version(content, foreign=True, written_at=self.world.now)
        for version in before:
            self.covered.setdefault(path, []).append(version)
            version.replaced_at.add(path)
            version.overwritten = True
            version.dead = version.dead or version.foreign
        self.world.trace(f"FOREIGN puts {content!r} at {path}")

    def destroy(self, path):
        before = self._standing(path)
        assert before is not None
        self.world.store.delete(layout.file_key(key_of(path)))
        before.destroyed = True
        self.missing[path] = before
        for version in self.covered.pop(path, []):
            version.replaced_at.discard(
                path
            )  # what is deleted before anyone hears of it has replaced nothing
        before.dead = before.dead or (before.foreign and not self.world.store.names(before.content))
        self.world.trace(f"FOREIGN deletes {path}")

    def _standing(self, path):
        key = layout.file_key(key_of(path))
        return None if self.world.store.head(key) is None else self.versions[self.world.store.get(key)]

    def _named(self, path):
        """What the head has there: its object may be away for a moment, by a removal that came late."""
        digest = self.world.store.head_digest(path)
        return next(
            (one for one in self.versions.values() if blake3(one.content).hexdigest() == digest), None
        )


def _holds(machine, content):
    return content in contents(machine.disk).values()


def contents(disk):
    """path -> bytes, or a symlink's target; staged files left out."""
    nodes = disk.tree.nodes.items()
    return {path: node.data for path, node in nodes if node.what in HAVE_CONTENT and not is_staged(path)}


def shape(disk):
    """path -> all that has to be the same on every machine."""
    nodes = disk.tree.nodes.items()
    return {path: _shape(node) for path, node in nodes if not is_staged(path)}


def _shape(node):
    match node.what:
        case SeenAs.FILE:
            return node.what.value, node.mode, node.mtime_ns, node.data
        case SeenAs.SYMLINK:
            return node.what.value, node.data
        case _:
            return node.what.value, node.mode


def below(tree, path):
    """The path itself and what is below it."""
    return {one: what for one, what in tree.items() if one == path or one.startswith(f"{path}/")}
