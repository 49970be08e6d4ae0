"""What must hold of every run, whatever happened in it."""

from blake3 import blake3
from tests.simulation.chronicle import contents, shape
from tests.simulation.faults import Faults
from tests.simulation.users import above

from holdall.engine.events import Approve, Lost
from holdall.engine.ledger import Ledger
from holdall.engine.upkeep import Upkeep
from holdall.engine.words import Outcome, Until
from holdall.errors import NotThere
from holdall.log.commits import CommitLog, ContextInfo
from holdall.log.objects import Objects
from holdall.model import Entry, Kind
from holdall.rules.conflict import is_copy, original_of
from holdall.rules.directions import SyncType


class Oracle:
    def __init__(self, world):
        self.world = world

    @property
    def store(self):
        return self.world.store

    @property
    def mirrors(self):
        """The machines that carry everything both ways."""
        return [machine for machine in self.world.machines if machine.sync is SyncType.AUTO]

    # -- to the end of it

    def settle(self, rounds=12):
        """No more faults, no more users: until everyone agrees."""
        world = self.world
        world.faults = Faults()
        for machine in world.machines:
            machine.traps.clear()
            machine.disk.root = (1, 1)
            machine.wake()
        world.run(until=lambda: all(machine.up for machine in world.machines))
        world.run(until=lambda: not world.pending and not any(one.tasks for one in world.janitors))
        before = None
        for _ in range(rounds):
            complete = True
            for machine in world.machines:
                promise = self.sync(machine)
                complete = complete and promise.receipt.outcome is Outcome.COMPLETE
                if machine.mount.removals.tripped or machine.mount.health.root_lost:
                    machine.inbox.append(Approve())
                elif promise.receipt.outcome is Outcome.FAILED:
                    world.pass_time(20.0)  # it looks for its root now and then only
            now = ([shape(machine.disk) for machine in world.machines], self.head())
            if now == before and complete:
                return
            before = now
        world.fail("the machines do not come to rest", before)

    def sync(self, machine):
        """One machine looks everywhere and puts right what it can."""
        machine.inbox.append(Lost(""))
        promise = machine.ask(Until.SYNCED, timeout_s=600, thorough=True, tidy=True)
        self.world.run(until=lambda: promise.receipt is not None)
        return promise

    def head(self):
        """The head's tree, replayed from nothing by a stranger."""
        ledger = Ledger(":memory:")
        stranger = ContextInfo("sim", "sim", "/", "posix")
        log, objects = CommitLog(self.store), Objects(self.store)
        Upkeep(ledger, log, objects, stranger, lambda _path, _entry: None).refresh()
        found = {path: now for path, now in ledger.tree() if isinstance(now, Entry)}
        ledger.close()
        return found

    # -- what must hold then

    def check(self):
        held = self.check_trees()
        here = {content for machine in self.world.machines for content in contents(machine.disk).values()}
        for version in self.world.chronicle.versions.values():
            self._survives(version, set(held.values()), here)
            self._is_deleted_by_someone(version, held)
        for machine in self.world.machines:
            self._keeps_what_expired(machine)
        if self.mirrors:
            self._stays_gone(held)
        if self.world.alone and (copies := [path for path in held if is_copy(path)]):
            self.world.fail("a conflict with nobody", copies)

    def check_trees(self):
        """The machines and the head have the same, and the store the bytes of it."""
        head = self.head()
        held = self._stored(head)
        for machine in self.world.machines:
            if machine.sync is SyncType.AUTO:
                self._mirrors(machine, head, held)
            else:
                self._archives(machine, head, held)
        return held

    def _stored(self, head):
        """path -> content of every file and symlink of the head; its bytes are in the store."""
        held = {}
        for path, entry in head.items():
            if entry.kind is Kind.SYMLINK:
                held[path] = entry.target.encode()
            if entry.kind is Kind.FILE:
                try:
                    held[path] = Objects(self.store).fetch(path, entry)
                except NotThere:
                    self.world.fail(f"the head's {path} is nowhere in the store", entry)
        return held

    def _mirrors(self, machine, head, held):
        tree, first = self._shared(shape(machine.disk)), self._shared(shape(self.mirrors[0].disk))
        if tree != first:
            self.world.fail(f"{machine.name} and {self.mirrors[0].name} differ", *_differences(first, tree))
        here = self._shared(contents(machine.disk))
        if here != held:
            self.world.fail("the head is not what the machines hold", *_differences(held, here))
        kinds = {path: what[0] for path, what in tree.items()}
        if kinds != {path: entry.kind.value for path, entry in head.items()}:
            self.world.fail("the head's tree is another one", sorted(kinds), sorted(head))

    def _shared(self, tree):
        """Without what has expired, which stays wherever it was, and directories that are there for nothing else."""
        expired = self.store.expired & tree.keys()
        only = {up for path in expired for up in above(path)} - self.store.live
        return {path: what for path, what in tree.items() if path not in expired | only}

    def _keeps_what_expired(self, machine):
        here = contents(machine.disk).values()
        for path, content in machine.expired_here.items():
            # It may have gone aside with its directory, and was deleted there.
            deleted = self.world.chronicle.versions[content].dead
            if path in self.store.expired and content not in here and not deleted:
                self.world.fail(f"{machine.name} had {path} {content!r} when it expired, and has it no more")

    def _archives(self, machine, head, held):
        """Nothing is deleted on it, or because of it."""
        here, kept = contents(machine.disk), self.world.chronicle.withheld.get(machine.name, set())
        for path in head:
            if path not in machine.disk.tree.nodes and path not in kept:
                self.world.fail(f"{machine.name} lacks {path}")
        for path, content in here.items():
            if path in held:
                if held[path] != content:
                    self.world.fail(f"{machine.name} has another {path}", held[path], content)
            elif path not in self.store.expired and not self._left(
                path, self.world.chronicle.versions[content]
            ):
                self.world.fail(f"{machine.name} has {path}, and the head has not")
        for path in machine.seen_here - kept:
            if path not in machine.disk.tree.nodes:
                self.world.fail(f"a deletion of {path} was carried to {machine.name}")

    def _left(self, path, version):
        # Moved away by one and back by another at once: the one who moved it away wins, and an archive keeps it.
        return version.dead or path in version.replaced_at or len(version.movers) > 1

    def _survives(self, version, held, here):
        kept = self.store.kept(version.content)
        # Moved away and back by two people at once: identical bytes re-created, which a removal may meet. They are retained.
        crossed = len(version.movers) > 1 and kept
        if version.dead or version.content in held or crossed:
            return
        if version.expired and (kept or version.destroyed or version.overwritten):
            return
        # A pack keeps what has expired for as long as it has anything else.
        if version.expired and blake3(version.content).hexdigest() in self.store.digests():
            return
        # Where the head has a symlink or a directory, what another tool puts at its key is left alone.
        if version.foreign and self.store.stands(version.content):
            return
        unseen = blake3(version.content).hexdigest() in self.store.blinded
        if (version.overwritten or unseen) and (kept or version.content in here):
            return
        self.world.fail(f"{version.content!r} is lost", version)

    def _is_deleted_by_someone(self, version, held):
        digest = blake3(version.content).hexdigest()
        # With a directory that was moved aside, what is in it leaves its path as well, where it had arrived there already.
        aside = {_before_conflicts(path) for path, content in held.items() if content == version.content}
        for path, buried in self.store.buried:
            somebody = version.dead or path in version.left | version.replaced_at | aside
            if buried == digest and not somebody:
                self.world.fail(f"{version.content!r} was deleted at {path}, and nobody did", version)

    def _stays_gone(self, held):
        for path, content in held.items():
            version = self.world.chronicle.versions[content]
            # Moved content may have come to the same path twice: the removal of one says nothing of the other. And who was
            # away for longer than the retention gives back what it alone still has.
            excused = version.movers or version.touched or version.unheard
            if path in version.replaced_at and not excused:
                self.world.fail(f"{content!r} is back at {path}")

    # -- at any moment

    def check_head(self, head):
        """What is committed has no path below a file. `head`: path -> Entry or Tombstone, as a commit has just left it."""
        kinds = {path: now.kind for path, now in head.items() if isinstance(now, Entry)}
        for path in kinds:
            for up in above(path):
                if kinds.get(up, Kind.DIR) is not Kind.DIR:
                    self.world.fail(f"{path} was committed below the {kinds[up].value} {up}")

    def check_expired(self, path, before, version):
        """Nobody wrote it, wherever, within the lifecycle: any that the context ever had, for the last may have been set since."""
        if not isinstance(before, Entry) or version is None:
            self.world.fail(f"{path} was no file, and is said to have expired", before)
        for one in self.world.lifecycles:
            if (
                one.days is not None
                and one.covers(path)
                and self.world.now - version.written_at > one.days * self.world.day_s
            ):
                return
        self.world.fail(
            f"{path} {version.content!r} is said to have expired, and is too young for that", version
        )

    def check_receipt(self, machine, promise):
        """Complete means: every file that was there when it was asked, and still is, can be had from the store."""
        if promise.receipt.outcome is not Outcome.COMPLETE or promise.until is Until.RESTORED:
            return
        stored = self.store.digests()
        for path, content in promise.files.items():
            digest = blake3(content).hexdigest()
            version = self.world.chronicle.versions[content]
            moved = machine.disk.tree.nodes.get(path) is None or version.moved_at >= promise.asked_at
            # Deleted or moved elsewhere, and kept only here.
            archived = machine.sync is SyncType.ARCH and (version.dead or (path, digest) in self.store.buried)
            meddled = version.overwritten or version.destroyed  # by somebody who tells nobody
            if moved or machine.disk.read(path) != content or archived or meddled:
                continue
            # What took its place expired before anybody told this machine of it: then this one stays.
            if version.expired or (version.dead and path in self.store.expired):
                continue
            if digest not in stored or digest not in self.store.named:
                self.world.fail(
                    f"{machine.name} was told complete, but {path} {content!r} is not in the store"
                )


def _before_conflicts(path):
    """The path without what conflicts have put into the names along it."""
    return "/".join(original_of(name) if is_copy(name) else name for name in path.split("/"))


def _differences(one, other):
    return [
        f"{path}: {one.get(path)} {other.get(path)}"
        for path in sorted({*one, *other})
        if one.get(path) != other.get(path)
    ]
