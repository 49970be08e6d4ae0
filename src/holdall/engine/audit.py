"""What other tools, and machines that died, did to `files/`: found by a listing, told apart, adopted or cleaned away."""

import secrets
from typing import Final

from blake3 import blake3

from holdall.engine.ledger import Ledger
from holdall.engine.words import Audited, Pushed, Step
from holdall.errors import ConditionFailed, NotThere, Refused
from holdall.keys import path_of
from holdall.log import layout
from holdall.log.codec import Commit
from holdall.log.commits import CommitLog
from holdall.log.objects import Foreign, Objects, buried, key_of_file
from holdall.model import BLOCK_BYTES, Entry, Kind, Plain, Seen, SeenAs, Tombstone
from holdall.rules.reconcile import Verdict
from holdall.store.base import ObjectInfo

_GRACE_S: Final = 15.0
"""How long an upload that no commit names is its owner's alone."""


class Auditor:
    def __init__(self, ledger: Ledger, log: CommitLog, objects: Objects) -> None:
        self._ledger = ledger
        self._log = log
        self._objects = objects

    def audit(self) -> Audited:
        """The head must have been read before: what is listed afterwards is at least as new as it."""
        adopted: list[Pushed] = []
        mend: list[str] = []
        listed: set[str] = set()
        later = False
        for info in self._objects.store.list(layout.FILES):
            path = path_of(key_of_file(info.key))
            if path is None:
                continue
            listed.add(path)
            head = self._ledger.remote(path)
            if _as_it_should_be(head, info):
                continue
            found = self._objects.standing(key_of_file(info.key))
            if found is None or _as_it_should_be(head, found.info):
                continue
            uid = found.label.uid
            intents = self._ledger.intents_of([path]).get(path, [])
            if any(uid == one.uid for one in intents):
                continue  # under way here: not for us to judge
            # A symlink has no uid either: what another tool puts at its key waits until it is gone, or to be a file here.
            if isinstance(head, Entry) and uid == head.uid and (uid or not intents):
                continue
            if buried(head, found) or (uid and (self._ledger.knows_uid(uid, path) or self._named(uid))):
                mend.append(path)
            elif uid and self._objects.store.now() - found.info.modified_at < _GRACE_S:
                later = True
            elif uid and isinstance(head, Entry) and not self._was_put_over(head):
                # Its owner has not seen what the head names, and will find a conflict.
                self._ledger.remember([(uid, path, self._ledger.seq, "")])
                mend.append(path)
            else:
                try:
                    item = self._adopted(path, found)
                except Refused:
                    continue  # it cannot be copied (it is archived, or too large): it stays another tool's
                later = later or item is None
                if item is not None:
                    adopted.append(item)
        for path, now in self._ledger.tree():
            if (isinstance(now, Entry) and now.where is not None and path not in listed) or (
                not isinstance(now, Entry) and not now.swept and path not in listed
            ):
                mend.append(path)
        return Audited(tuple(adopted), tuple(mend), later=_GRACE_S if later else None)

    def _was_put_over(self, head: Entry) -> bool:
        """Whether the object that the head names was overwritten by one of us: then it was kept before.

        What another tool had put there was kept when it was adopted, so that of it nothing can be told.
        """
        return head.flag != "foreign" and self._objects.is_kept(head)

    def _named(self, uid: str) -> bool:
        """Whether any commit still in the log names this uid: asked for the few that this ledger has not seen."""
        for seq in range(self._ledger.seq, 0, -1):
            commit = self._log.read(seq)
            if not isinstance(commit, Commit):
                return False
            for change in commit.changes:
                named = [one for one, _ in change.void]
                if isinstance(change.now, Entry):
                    named.append(change.now.uid)
                elif isinstance(change.now, Tombstone):
                    named.extend(one for one, _ in change.now.objects)
                if uid in named:
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
        step = Step(path, Verdict.PUSH, 0, Seen(path, SeenAs.ABSENT), None, None, head)
        return Pushed(step, entry, None, adopted=True)

    def _digest(self, info: ObjectInfo, key: str) -> str:
        hasher = blake3()
        for offset in range(0, max(info.size, 1), BLOCK_BYTES):
            hasher.update(self._objects.store.get(key, offset=offset, length=BLOCK_BYTES))
        return hasher.hexdigest()


def _as_it_should_be(head: object, info: ObjectInfo) -> bool:
    return (
        isinstance(head, Entry)
        and head.where is not None
        and head.where.etag == info.etag
        and head.size == info.size
    )
