"""Hands for the way up: read, announce, put, commit."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Final

from holdall.engine.bundles import parts_of
from holdall.engine.effects import Commit, Push
from holdall.engine.events import Committed, PushDone
from holdall.engine.ledger import Intent, Ledger, Settled
from holdall.engine.packer import Packer
from holdall.engine.reads import Read, body_of, is_database
from holdall.engine.words import Failed, Pushed, Step
from holdall.errors import HoldallError, LocalError, Moved, Unreadable
from holdall.local.base import Disk, Skip
from holdall.log.codec import Change, Commit as LogCommit, Deleted, expired_by, named_by
from holdall.log.commits import CommitLog, NumberTaken
from holdall.log.objects import Body, Foreign, Objects
from holdall.log.packs import packs_of
from holdall.model import DERIVED, MEMBER, Entry, Kind, Seen, SeenAs, Tombstone
from holdall.rules.bundles import git_dir, journal_of
from holdall.rules.packing import Into
from holdall.rules.reconcile import Verdict, parents

_READS: Final = 3
_DATABASE_READS: Final = 10


class Uploads:
    def __init__(
        self,
        disk: Disk,
        ledger: Ledger,
        log: CommitLog,
        objects: Objects,
        host: str,
        skip: Skip | None = None,
    ) -> None:
        self._disk = disk
        self._ledger = ledger
        self._log = log
        self._objects = objects
        self._host = host
        self._skip = skip
        self._packer = Packer(ledger, objects)

    # -- push

    def push(self, effect: Push) -> PushDone:
        failed: list[Failed] = []
        database = effect.steps[0].bundle
        if database is not None and git_dir(effect.steps[0].path) != database:
            reads, others = self._read_database(database, effect.steps, failed)
        else:
            reads, others = self._read_each(effect.steps, failed)
        with ExitStack() as opened:
            for read in reads:
                opened.callback(read.reader.close)
            return self._send(reads, others, failed, effect.into)

    def _send(self, reads: list[Read], pushed: list[Pushed], failed: list[Failed], into: Into) -> PushDone:
        unchanged: list[Read] = []
        foreign: list[str] = []
        sending: list[Read] = []
        standing = self._ledger.intents_of(read.step.path for read in reads)
        for read in reads:
            same = self._same_bytes(read)
            if same is None:
                sending.append(read)
            elif same.entry != read.step.base:
                pushed.append(same)
            elif read.stamp is None and read.step.path in standing:
                sending.append(read)  # each look finds it changed anew, and none would end what was begun
            else:
                unchanged.append(read)
        if stamps := [(read.step.path, read.stamp) for read in unchanged if read.stamp is not None]:
            self._ledger.restamp(stamps)
        alike = self._alike(sending)
        if into is not Into.PLAIN:
            # What was begun as a plain object is brought to its end as one; and what is to be one is better copied than sent.
            plain = {*standing, *(alike if into is Into.BURST else ())}
            packing = [read for read in sending if read.step.path not in plain]
            sending = [read for read in sending if read.step.path in plain]
            pushed.extend(self._packer.send(packing, failed, lay=into is Into.BURST))
        uids = self._announce(sending, standing)
        for read in sending:
            try:
                done = self._place(read, uids[read.step.path], alike.get(read.step.path))
            except HoldallError as exc:
                failed.append(Failed(read.step.path, exc))
                continue
            if done is None:
                foreign.append(read.step.path)
            else:
                pushed.append(done)
        steps = tuple(read.step for read in unchanged)
        return PushDone(tuple(pushed), tuple(failed), steps, tuple(foreign), into)

    def _read_each(self, steps: Iterable[Step], failed: list[Failed]) -> tuple[list[Read], list[Pushed]]:
        """The files, read; and what has no bytes, ready for its commit."""
        reads: list[Read] = []
        bare: list[Pushed] = []
        for step in steps:
            try:
                if step.local is None:
                    bare.append(self._still_gone(step))
                elif step.local.kind is not Kind.FILE:
                    bare.append(Pushed(step, _bare(step, step.local), step.seen.stamp))
                else:
                    reads.append(self._read(step))
            except HoldallError as exc:
                failed.append(Failed(step.path, exc))
        return reads, bare

    def _still_gone(self, step: Step) -> Pushed:
        """A deletion that travels with its repository."""
        if self._files((step.path,)):
            raise Moved("git is at work", path=step.path)
        return Pushed(step, None, None)

    def _read_database(
        self, database: str, steps: Sequence[Step], failed: list[Failed]
    ) -> tuple[list[Read], list[Pushed]]:
        """The files of a database, read, and those that are gone, ready for their commit. Where one fails, all have failed."""
        wanted = {step.path: step for step in steps}
        try:
            reads, gone = self._read_at_rest(database, wanted)
        except HoldallError as exc:
            failed.extend(Failed(path, exc) for path in wanted)
            return [], []
        return reads, [Pushed(step, None, None) for step in gone]

    def _read_at_rest(self, database: str, wanted: dict[str, Step]) -> tuple[list[Read], list[Step]]:
        """All of a database as it was at one moment: none of its files moved while any of them was read.

        The steps whose file is gone come back apart. Raises Moved where it does not hold still, or where another of its files
        has changed that no step is about.
        """
        names = {*wanted, *parts_of(database, self._ledger, self._skip)}
        for _ in range(_DATABASE_READS):
            before = self._files(names)
            self._check_others(names.difference(wanted), before)
            here = [step for path, step in wanted.items() if path in before]
            gone = [_gone_by_now(step) for path, step in wanted.items() if path not in before]
            with ExitStack() as opened:
                reads = self._read_together(here, opened)
                if self._files(names) == before:
                    opened.pop_all()
                    return reads, gone
        raise Moved("the database is written to all the time", path=database, hint="it is tried again")

    def _read_together(self, steps: Iterable[Step], opened: ExitStack) -> list[Read]:
        """All are vouched for before the first byte is read: whichever of them moves meanwhile, it shows."""
        readers = [(step, opened.enter_context(closing(self._disk.open(step.path)))) for step in steps]
        vouched = [(step, reader, reader.vouch()) for step, reader in readers]
        return [Read(step, body_of(reader), stamp, reader) for step, reader, stamp in vouched]

    def _files(self, names: Iterable[str]) -> dict[str, Seen]:
        """Those of the names that are files now: nothing else is part of a database. Raises Unreadable: unread is not absent."""
        found: dict[str, Seen] = {}
        for seen in self._disk.look(sorted(names)):
            if seen.what is SeenAs.UNREADABLE:
                raise Unreadable(seen.reason, path=seen.path)
            if seen.what is SeenAs.FILE:
                found[seen.path] = seen
        return found

    def _check_others(self, others: Iterable[str], files: Mapping[str, Seen]) -> None:
        for path in others:
            if self._is_as_agreed(path, files.get(path)):
                continue
            if self._skip is not None and self._skip(path, False):
                raise Moved(
                    f"{path.rpartition('/')[2]} belongs to it and is in the store, and a rule leaves it out",
                    path=path,
                    hint="take the rule back, or delete it",
                )
            raise Moved("another file of the database has changed as well", path=path)

    def _is_as_agreed(self, path: str, seen: Seen | None) -> bool:
        base = self._ledger.row(path).base
        if base is None or base.entry.kind is not Kind.FILE:
            return seen is None
        if seen is None or base.stamp is not None:
            return seen is not None and seen.stamp == base.stamp
        with closing(self._disk.open(path)) as reader:
            reader.vouch()  # not before what comes after this read shows in the stamp
            return body_of(reader).digest == base.entry.digest

    def _read(self, step: Step) -> Read:
        """Up to three reads until the file holds still; then as it was read, if it can be read whole in one go.

        A database is never taken while it moves. Raises Moved.
        """
        for attempt in range(_READS):
            with ExitStack() as opened:
                reader = opened.enter_context(closing(self._disk.open(step.path)))
                if step.bundle is not None and reader.stamp != step.seen.stamp:
                    raise Moved("git is at work", path=step.path)
                stamp = reader.vouch()
                body = body_of(reader)
                database = is_database(body, reader)
                if database:
                    self._refuse_transaction(step.path)
                whole = body.data is not None
                if not reader.moved() or (attempt == _READS - 1 and whole and not database):
                    if not whole:
                        opened.pop_all()  # it is read again, to be sent
                    return Read(step, body, stamp, reader)
        raise Moved("it changes while it is read", path=step.path, hint="it is tried again when it rests")

    def _refuse_transaction(self, path: str) -> None:
        """A transaction that began since the survey has its journal beside the file: they are read together, next time.

        Asked between the read and the look whether the file has moved: what held still around a moment without a journal
        is in no transaction. A journal counts also where a rule leaves it out: until the transaction ends, the file is torn.
        """
        beside = {*parts_of(path, self._ledger, self._skip), journal_of(path)} - {path}
        if self._files(beside):
            raise Moved("a transaction is under way in this database", path=path)

    def _same_bytes(self, read: Read) -> Pushed | None:
        """Only mode or mtime changed: nothing but a line in the log travels."""
        head = read.step.remote
        if not isinstance(head, Entry) or head.kind is not Kind.FILE or head.digest != read.body.digest:
            return None
        entry = head._replace(mode=read.body.mode, mtime_ns=read.body.mtime_ns)
        return Pushed(read.step, entry, read.stamp, fresh=False)

    def _announce(self, reads: Iterable[Read], standing: Mapping[str, Sequence[Intent]]) -> dict[str, str]:
        """An intent for each, durable before the first request. The same bytes reuse the uid of an earlier try.

        standing   intents of earlier tries, by path
        """
        uids: dict[str, str] = {}
        fresh: list[Intent] = []
        for read in reads:
            path, digest = read.step.path, read.body.digest
            earlier = next((one.uid for one in standing.get(path, ()) if one.digest == digest), None)
            uids[path] = earlier or secrets.token_hex(8)
            if earlier is None:
                fresh.append(Intent(path, uids[path], digest))
        if fresh:
            self._ledger.intend(fresh)
        return uids

    def _place(self, read: Read, uid: str, like: Entry | None) -> Pushed | None:
        """`like`: what has the same bytes. None: the key holds an upload that the log does not know."""
        step, body = read.step, read.body
        path = step.path
        placed = self._objects.place(
            path,
            body,
            uid,
            step.remote,
            lambda one: self._ledger.knows_uid(one, path),
            None if like is None else like.plain,
        )
        if isinstance(placed, Foreign):
            return None
        entry = Entry(
            kind=Kind.FILE,
            size=body.size,
            mtime_ns=body.mtime_ns,
            mode=body.mode,
            digest=body.digest,
            uid=placed.uid,
            # A copy is no upload: its bytes are as old as those that it was made from.
            uploaded_at=like.uploaded_at if like is not None and placed.copied else self._now_ms(),
            where=placed.where,
            blocks=body.blocks,
            flag=step.flag,
        )
        return Pushed(step, entry, read.stamp, placed.sent)

    def _alike(self, reads: Iterable[Read]) -> dict[str, Entry]:
        """By path, what the head has as a plain object with the same bytes: a rename or a copy sends nothing."""
        reads = list(reads)
        here = self._ledger.has_digests(read.body.digest for read in reads)
        found = ((read.step.path, self._like(read)) for read in reads if read.body.digest in here)
        return {path: like for path, like in found if like is not None}

    def _like(self, read: Read) -> Entry | None:
        body = read.body
        for other, _ in self._ledger.by_digest(body.digest):
            head = self._ledger.remote(other)
            if other == read.step.path or not isinstance(head, Entry) or head.plain is None:
                continue
            if (head.digest, head.size) == (body.digest, body.size):
                return head
        return None

    @contextmanager
    def body(self, path: str, entry: Entry) -> Iterator[Body | None]:
        """The bytes of a version, where this disk still has them. They can be sent until the context is left."""
        try:
            reader = self._disk.open(path)
        except LocalError:
            yield None
            return
        with closing(reader):
            body = body_of(reader) if reader.stamp.size == entry.size else None
            if body is None or body.digest != entry.digest:
                yield None
            else:
                yield body._replace(mode=entry.mode, mtime_ns=entry.mtime_ns)

    def _now_ms(self) -> int:
        return int(self._log.store.now() * 1000)

    # -- commit

    def commit(self, effect: Commit) -> Committed:
        """One number for all that still stands on the head as it was planned on."""
        live, stale = self._still_true(effect.items)
        condemned = self._condemned(live, effect.stray)
        if not live and not condemned:
            return Committed(stale=tuple(stale))
        seq = self._ledger.seq + 1
        intents = self._ledger.intents_of(item.step.path for item in live)
        begun = {item.step.path: [one.uid for one in intents.get(item.step.path, ())] for item in live}
        members = self._ledger.archives.of(begun)
        settled = [
            _settled(item, seq, begun[item.step.path], is_member=item.step.path in members) for item in live
        ]
        commit = LogCommit(
            id=secrets.token_hex(8),
            seq=seq,
            at_ms=self._now_ms(),
            by=self._host,
            changes=tuple(one.change for one in settled),
            approved=effect.approved,
            condemned=condemned,
        )
        if unnamed := [item.step.path for item in live if not _is_known_by(begun[item.step.path], item)]:
            self._ledger.begin(commit.id, unnamed)
        try:
            self._log.append(commit)
        except NumberTaken:
            return Committed(stale=tuple(stale), pending=tuple(live), lost=True)
        self._ledger.settle(seq, settled, commit.id, commit.condemned)
        self._objects.packs.fresh.difference_update(*map(_packs, live))
        untidy = bool(condemned) or (any(map(_leaves_a_pack, live)) and self._ledger.packs.wasteful)
        return Committed(seq, tuple(live), tuple(stale), untidy=untidy)

    def _still_true(self, items: Iterable[Pushed]) -> tuple[list[Pushed], list[Pushed]]:
        """What the head has not overtaken, and what it has. The tree that is committed has no path below a file."""
        live: dict[str, Pushed] = {}
        stale: list[Pushed] = []
        rows = self._ledger.rows(item.step.path for item in items)
        gone = self._gone_packs({pack for item in items for pack in _packs(item)})
        for item in items:
            stands = rows[item.step.path].remote == item.step.remote and not gone & _packs(item)
            if stands and not self._is_void(item):
                live[item.step.path] = item
            else:
                stale.append(item)
        while clash := self._clash(live):
            stale.append(live.pop(clash))
        torn = {item.step.bundle for item in stale if item.step.bundle is not None}
        stale.extend(live.pop(path) for path, item in list(live.items()) if item.step.bundle in torn)
        return list(live.values()), stale

    def _gone_packs(self, packs: set[str]) -> set[str]:
        """Those in which nothing may be said to be: the log has left them behind, or may have while nobody here read it."""
        rows = self._ledger.packs
        return rows.condemned(packs) | (packs - self._objects.packs.fresh - rows.named(packs))

    def _condemned(self, live: Iterable[Pushed], stray: Iterable[str]) -> tuple[str, ...]:
        """The packs of which the tree has nothing left after these; of the stray ones those of which it has nothing now."""
        leaving = [item.step.path for item in live if _leaves_a_pack(item)]
        empty = self._ledger.packs.emptied(leaving) if leaving else set()
        alone = set(stray) - self._ledger.packs.named(stray) - self._ledger.packs.condemned(stray)
        return tuple(sorted((empty | alone) - {pack for item in live for pack in _packs(item)}))

    def _is_void(self, item: Pushed) -> bool:
        """An upload that was to be adopted, and that its owner has said since to have come to nothing."""
        return (
            item.adopted and item.entry is not None and self._ledger.knows_uid(item.entry.uid, item.step.path)
        )

    def _clash(self, live: dict[str, Pushed]) -> str | None:
        """A path that would come to lie below a file, or a file that would come to lie above one."""

        def after(path: str) -> Kind | None:
            item = live.get(path)
            if (
                item is not None
                and not item.swept
                and item.step.verdict in (Verdict.PUSH, Verdict.PUSH_DELETE)
            ):
                return None if item.entry is None else item.entry.kind
            now = self._ledger.remote(path)
            return now.kind if isinstance(now, Entry) else None

        kinds: dict[str, Kind | None] = {}
        covering = set(
            self._ledger.above_something(path for path, item in live.items() if _is_new_file(item))
        )
        for path, item in live.items():
            if item.entry is None:
                continue
            for above in parents(path):
                if above not in kinds:
                    kinds[above] = after(above)
                if kinds[above] not in (None, Kind.DIR):
                    return path
            if path in covering and any(after(row.path) is not None for row in self._ledger.walk(path)):
                return path
        return None


def _packs(item: Pushed) -> set[str]:
    return set() if item.entry is None else packs_of(item.entry)


def _leaves_a_pack(item: Pushed) -> bool:
    """Whether what the head has in packs is not what it will have."""
    head = item.step.remote
    if not isinstance(head, Entry) or head.packed is None:
        return False
    if item.entry is None:
        return item.expired or (item.step.verdict is Verdict.PUSH_DELETE and not item.swept)
    return item.entry.where != head.where


def _gone_by_now(step: Step) -> Step:
    """Of a database whose file went away behind the survey: what the head has of it goes in the same commit, for a journal that
    stays there would be played back over the newer database.
    """
    if not isinstance(step.remote, Entry):
        return step
    return step._replace(verdict=Verdict.PUSH_DELETE, local=None)


def _is_new_file(item: Pushed) -> bool:
    """Whether there was no file here before, but perhaps a directory."""
    if item.entry is None or item.entry.kind is Kind.DIR:
        return False
    base = item.step.base
    return base is None or base.kind is Kind.DIR or base.flag == MEMBER


def _settled(item: Pushed, seq: int, begun: list[str], *, is_member: bool) -> Settled:
    """What commit `seq` says of the item.

    begun      uids of uploads to its path that are in no commit yet
    is_member  an archive that was extracted here has a member of that path
    """
    path = item.step.path
    if item.swept:
        return Settled(Change(path, None, swept=True), None)
    if item.expired:
        return Settled(Change(path, _expired(item.step.remote, seq)), None, adopted=True)
    if item.entry is None and item.step.verdict is not Verdict.PUSH_DELETE:
        return Settled(Change(path, None, void=tuple((uid, "") for uid in begun)), None)
    if item.entry is None:
        return Settled(Change(path, _gone(item.step, begun, seq, kept=is_member)), None)
    entry = item.entry._replace(vid=seq) if item.fresh else item.entry
    if item.adopted:
        return Settled(Change(path, entry), None, adopted=True)
    if not entry.flag and (is_member or _covers(item.step.remote)):
        entry = entry._replace(flag=DERIVED)
    void = tuple((uid, "") for uid in begun if uid != entry.uid)
    return Settled(Change(path, entry, void), item.stamp)


def _covers(head: Entry | Tombstone | None) -> bool:
    """Whether the head says that an archive has a member of that path: what comes after it says so too."""
    return head.kept if isinstance(head, Tombstone) else head is not None and head.flag == DERIVED


def _is_known_by(begun: list[str], item: Pushed) -> bool:
    """Whether the log tells by a uid that this change was made here. Bytes that were at the key already keep theirs."""
    return item.adopted or (item.fresh and item.entry is not None and item.entry.uid in begun)


def _gone(step: Step, begun: list[str], seq: int, *, kept: bool) -> Tombstone | Deleted:
    head = step.remote
    if not begun and not kept:
        return Deleted(seq)
    unfinished = tuple((uid, "") for uid in begun)
    if not isinstance(head, Entry):
        digest = step.base.digest if kept and step.base is not None else ""
        return Tombstone(seq, digest, unfinished, kept=kept)
    return Tombstone(seq, head.digest, named_by(head) + unfinished, kept=kept or head.flag == DERIVED)


def _expired(head: Entry | Tombstone | None, seq: int) -> Tombstone:
    assert isinstance(head, Entry)
    return expired_by(head, seq)


def _bare(step: Step, local: Entry) -> Entry:
    """A directory or a symlink: all of it is in the log."""
    return local._replace(uid="", where=None, flag=step.flag)
