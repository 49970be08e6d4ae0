"""What other tools, and machines that died, did to `files/`: found by a listing, told apart, adopted or cleaned away."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import Enum, auto
from itertools import islice
from typing import Final, NamedTuple

from blake3 import blake3

from holdall.engine.events import Audited
from holdall.engine.ledger import Ledger
from holdall.engine.upkeep import LAYING_MAX
from holdall.engine.words import LeftPath, Pushed, Step
from holdall.errors import ConditionFailed, NotThere, Refused
from holdall.keys import key_of, path_of
from holdall.log import layout
from holdall.log.ahead import ahead
from holdall.log.codec import Commit
from holdall.log.commits import CommitLog
from holdall.log.objects import Foreign, Objects, buried, is_own, key_of_file, label_of, may_be
from holdall.model import BLOCK_BYTES, Entry, Kind, Plain, Seen, SeenAs, Tombstone
from holdall.rules.reconcile import Verdict, parents
from holdall.store.base import ObjectInfo

_GRACE_S: Final = 15.0
"""How long an upload that no commit names is its owner's alone."""

_BUNCH: Final = 512
_SHADOWS_MAX: Final = 10_000
_AT_ONCE: Final = 16


class _Verdict(Enum):
    """What to do about an object that is not adopted."""

    LEAVE = auto()
    MEND = auto()
    LATER = auto()


class _Looked(NamedTuple):
    """An object that is not listed as the head says.

    holds  its bytes are the head's: by its label, or where it has none by their digest
    """

    path: str
    head: Entry | Tombstone | None
    found: Foreign
    holds: bool


class Auditor:
    """`copy_name`: path -> a free name for a conflict copy."""

    def __init__(
        self, ledger: Ledger, log: CommitLog, objects: Objects, copy_name: Callable[[str], str]
    ) -> None:
        self._copy_name = copy_name
        self._ledger = ledger
        self._log = log
        self._objects = objects

    def audit(self) -> Audited:
        """The head must have been read before: what is listed afterwards is at least as new as it."""
        listed: set[str] = set()
        found = self._judged(self._looked(self._odd(listed)))
        missing = [path for path, now in self._ledger.tree() if path not in listed and _should_be_listed(now)]
        laying = tuple(self._ledger.packs.to_lay(LAYING_MAX))
        return replace(found, mend=(*found.mend, *missing, *self._without_pack()), laying=laying)

    def audit_paths(self, paths: Iterable[str]) -> Audited:
        """The same of a few paths at which something may have been put: one HEAD each, and no listing."""
        return self._judged(self._looked((path, self._ledger.remote(path)) for path in paths))

    def _judged(self, odd: "Iterable[_Looked]") -> Audited:
        adopted: list[Pushed] = []
        mend: list[str] = []
        unfit: list[LeftPath] = []
        later = False
        for looked in odd:
            match self._judge(looked):
                case Pushed() as item:
                    adopted.extend(self._with_what_it_hides(item))
                case LeftPath() as found:
                    unfit.append(found)
                case _Verdict.MEND:
                    mend.append(looked.path)
                case _Verdict.LATER:
                    later = True
                case _Verdict.LEAVE:
                    pass
        return Audited(tuple(adopted), tuple(mend), later=_GRACE_S if later else None, unfit=tuple(unfit))

    def _looked(self, odd: Iterator[tuple[str, Entry | Tombstone | None]]) -> Iterator[_Looked]:
        """What of this is otherwise than the head says."""
        while bunch := list(islice(odd, _BUNCH)):
            # In a copy of a store, every object may have another ETag than the head says.
            many = len(bunch) > _AT_ONCE
            found = ahead(self._look, bunch, at_once=_AT_ONCE) if many else map(self._look, bunch)
            yield from (one for one in found if one is not None)

    def _odd(self, listed: set[str]) -> Iterator[tuple[str, Entry | Tombstone | None]]:
        """Everything that is listed otherwise than the head says. `listed` is given the paths of all that is."""
        for info in self._objects.store.list(layout.FILES):
            path = path_of(key_of_file(info.key))
            if path is None:
                continue
            listed.add(path)
            head = self._ledger.remote(path)
            if not _as_it_should_be(head, info):
                yield path, head

    def _look(self, odd: tuple[str, Entry | Tombstone | None]) -> _Looked | None:
        path, head = odd
        found = self._objects.standing(key_of(path))
        if found is None or _as_it_should_be(head, found.info):
            return None
        holds = False
        if isinstance(head, Entry) and head.plain is not None:
            holds = is_own(found, head) or (may_be(found, head) and self._has_digest(found, head.digest))
        return _Looked(path, head, found, holds)

    def _judge(self, looked: _Looked) -> "Pushed | LeftPath | _Verdict":
        path, head, found, holds = looked
        uid = found.label.uid
        intents = self._ledger.intents_of([path]).get(path, [])
        if any(uid == one.uid for one in intents):
            return _Verdict.LEAVE  # under way here: not for us to judge
        if holds and isinstance(head, Entry):
            return self._found_again(path, head, found)
        if isinstance(head, Entry) and head.packed is not None:
            if is_own(found, head):
                return self._found_again(path, head, found) if head.packed.lay else _Verdict.MEND
            if head.packed.lay and buried(head, found):
                return _Verdict.LEAVE
        # A symlink has no uid either: what another tool puts at its key waits until it is gone, or to be a file here.
        if isinstance(head, Entry) and head.where is None and not uid and not intents:
            what = "directory" if head.kind is Kind.DIR else head.kind.value
            return _unfit(looked, f"another tool's object is at the key of this {what} in the store")
        if isinstance(head, Entry) and uid and uid == head.uid:
            # Of another size: a tool that keeps an object's metadata has changed its bytes.
            found = found._replace(label=label_of(key_of(path), {}))
            uid = ""
        if buried(head, found) or (uid and (self._ledger.knows_uid(uid, path) or self._named(uid))):
            return _Verdict.MEND
        if uid and self._objects.store.now() - found.info.modified_at < _GRACE_S:
            return _Verdict.LATER
        if uid and isinstance(head, Entry) and not self._was_put_over(path, head):
            # Its owner has not seen what the head names, and will find a conflict.
            self._ledger.remember([(uid, path, self._ledger.seq, "")])
            return _Verdict.MEND
        if clash := self._clash(path):
            return _unfit(looked, f"it is another tool's object in the store, and {clash} is here")
        try:
            if isinstance(head, Tombstone) and self._was_deleted(head, found):
                return self._deleted(path, head, found)
            return self._adopted(path, found) or _Verdict.LATER
        except Refused as exc:
            # It cannot be copied (it is archived, or too large): it stays another tool's.
            return LeftPath(path, exc.message, found.info.size, exc.hint or "")

    def _without_pack(self) -> list[str]:
        """Paths whose pack is not there, or is cut off, and those whose plain object before is still to go."""
        least = self._ledger.packs.least()
        if not least:
            return []
        listed = self._objects.packs.listed()
        gone = [pack for pack, size in least.items() if pack not in listed or listed[pack][0] < size]
        return [*self._ledger.packs.paths_in(gone), *self._ledger.packs.shadowing(_SHADOWS_MAX)]

    def _with_what_it_hides(self, item: Pushed) -> list[Pushed]:
        """Whoever wrote over the plain object of what is in a pack saw the version before it: both are kept, in one commit."""
        path, head = item.step.path, item.step.remote
        if not isinstance(head, Entry) or head.packed is None or item.entry is None:
            return [item]
        if not item.fresh or item.entry.same_bytes(head):
            return [item]
        name = self._copy_name(path)
        kept = head._replace(uid=secrets.token_hex(8), flag="conflict", where=head.packed._replace(shadow=()))
        other = Pushed(_step(name, self._ledger.remote(name))._replace(bundle=path), kept, None, adopted=True)
        return [item._replace(step=item.step._replace(bundle=path)), other]

    def _found_again(self, path: str, head: Entry, found: Foreign) -> Pushed:
        """The version that the head has, under another ETag: the log is told, so that from then on it is found at once."""
        where = Plain(key_of(path), found.info.etag, found.info.version)
        # Without a label it is known, when it is deleted or replaced, by its ETag.
        entry = head._replace(where=where, flag=head.flag if found.label.uid else "foreign")
        return Pushed(_step(path, head), entry, None, fresh=False, adopted=True)

    def _was_deleted(self, head: Tombstone, found: Foreign) -> bool:
        """Whether this is what the tombstone is about, without its label and under another ETag: it is older than the deletion,
        so no tool put it there since.
        """
        if head.swept or found.label.uid or not any(uid for uid, _ in head.objects):
            return False
        commit = self._log.read(head.vid)
        since = isinstance(commit, Commit) and found.info.modified_at * 1000 < commit.at_ms
        return since and self._has_digest(found, head.digest)

    def _deleted(self, path: str, head: Tombstone, found: Foreign) -> _Verdict:
        uid = next(uid for uid, _ in head.objects if uid)
        gone = self._objects.take_away(key_of(path), uid, found.info.etag)
        return _Verdict.MEND if gone else _Verdict.LATER

    def _clash(self, path: str) -> str | None:
        """What the head has that no tree holds beside a file at this path: a file or symlink above it, or something below."""
        for above, row in self._ledger.rows(parents(path)).items():
            if isinstance(row.remote, Entry) and row.remote.kind is not Kind.DIR:
                return f"the {row.remote.kind.value} {above}"
        return f"the directory {path}" if self._ledger.live_below(path) else None

    def _was_put_over(self, path: str, head: Entry) -> bool:
        """Whether the object that the head names was overwritten by one of us: then it was kept before.

        What another tool had put there was kept when it was adopted, so that of it nothing can be told.
        """
        return head.flag != "foreign" and self._objects.is_kept(path, head)

    def _named(self, uid: str) -> bool:
        """Whether any commit still in the log names this uid: asked for the few that this ledger has not seen."""
        for seq in range(self._ledger.seq, 0, -1):
            commit = self._log.read(seq)
            if not isinstance(commit, Commit):
                return False
            for change in commit.changes:
                if uid in change.uids:
                    self._ledger.remember([(uid, change.path, seq, "")])
                    return True
        return False

    def _adopted(self, path: str, found: Foreign) -> Pushed | None:
        """None: it moved under us, and is looked at again."""
        head = self._ledger.remote(path)
        info, label = found.info, found.label
        key = key_of_file(info.key)
        uid, digest = label.uid, label.digest
        try:
            if not uid:
                # Kept before it is adopted: its writer knows nothing of conditions and may overwrite it at any time.
                uid = secrets.token_hex(8)
                self._objects.retain(key, uid, info.etag)
                digest = self._digest(info, layout.trash_key(uid, key))
        except (ConditionFailed, NotThere):
            return None
        entry = Entry(
            kind=Kind.FILE,
            size=info.size,
            mtime_ns=label.mtime_ns or int(info.modified_at) * 10**9,
            mode=label.mode,
            digest=digest,
            uid=uid,
            uploaded_at=int(info.modified_at * 1000),
            where=Plain(key, info.etag, info.version),
            flag="" if label.uid else "foreign",
        )
        return Pushed(_step(path, head), entry, None, adopted=True)

    def _has_digest(self, found: Foreign, digest: str) -> bool:
        """Whether the object, as it was seen, has these bytes. It is read; what cannot be (it is archived) is another tool's."""
        try:
            return self._digest(found.info, found.info.key, when=found.info.etag) == digest
        except (ConditionFailed, NotThere, Refused):
            return False

    def _digest(self, info: ObjectInfo, key: str, when: str | None = None) -> str:
        hasher = blake3()
        for offset in range(0, max(info.size, 1), BLOCK_BYTES):
            hasher.update(self._objects.store.get(key, when=when, offset=offset, length=BLOCK_BYTES))
        return hasher.hexdigest()


def _unfit(looked: _Looked, reason: str) -> LeftPath:
    return LeftPath(
        looked.path, reason, looked.found.info.size, "delete that object, or move it to another key"
    )


def _step(path: str, head: Entry | Tombstone | None) -> Step:
    return Step(path, Verdict.PUSH, 0, Seen(path, SeenAs.ABSENT), None, None, head)


def _should_be_listed(head: Entry | Tombstone) -> bool:
    return head.plain is not None if isinstance(head, Entry) else not head.swept


def _as_it_should_be(head: object, info: ObjectInfo) -> bool:
    if isinstance(head, Entry) and head.packed is not None:
        return head.packed.lay and any(etag == info.etag for _, etag in head.packed.shadow)
    return (
        isinstance(head, Entry)
        and head.plain is not None
        and head.plain.etag == info.etag
        and head.size == info.size
    )
