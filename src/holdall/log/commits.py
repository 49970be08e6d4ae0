"""The numbered commits of one context, and its checkpoints.

The object store's conditional PUT of the next number is the only arbiter there is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from holdall.errors import BadFormat, ConditionFailed, HoldallError, NotThere, Unavailable, Unconditional
from holdall.log import layout
from holdall.log.codec import (
    FORMAT,
    Checkpoint,
    Commit,
    Pruned,
    decode_checkpoint,
    decode_commit,
    encode_checkpoint,
    encode_commit,
    owner_of,
)
from holdall.log.fields import field, row_of, texts
from holdall.log.lease import Lease
from holdall.log.lifecycle import recycling_of
from holdall.model import Recycling
from holdall.store.base import ABSENT, Store
from holdall.store.probe import probe_removals

PUT: Final = "put"
DELETE: Final = "delete"
COPY: Final = "copy"
"""Requests whose conditions a store may ignore."""

DELETING: Final = "deleting"
"""Said in the context.json of a context whose objects are on their way out: nobody joins it any more."""


class NumberTaken(HoldallError):
    """Someone else's commit has this number: what was planned on the one before it must be planned anew."""

    code = "number-taken"


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """context.json. `id` is random: a context that was deleted and made again is another one.

    origin      path of the first mount; "" before there is one
    origin_os   "posix" or "windows"
    ignores     requests whose conditions its store ignored when it was made
    recycling   what expires in it; None where nobody ever said
    """

    id: str
    name: str
    origin: str
    origin_os: str
    origin_host: str = ""
    format: int = FORMAT
    ignores: tuple[str, ...] = ()
    recycling: Recycling | None = None


class CommitLog:
    """Reads and appends. Holds no state of its own: the caller knows how far it has read.

    lease   for a store that ignores conditions on PUT: without one nothing is begun there
    """

    def __init__(self, store: Store, lease: Lease | None = None) -> None:
        self.store = store
        self._lease = lease

    def info(self) -> ContextInfo | None:
        """None where there is no such context."""
        try:
            raw = self.store.get(layout.CONTEXT)
        except NotThere:
            return None
        return info_of(raw)

    def begin(self, origin: ContextInfo) -> ContextInfo:
        """Find the context, or make it, and enter it."""
        return self.enter(self.info() or self.create(origin))

    def enter(self, found: ContextInfo) -> ContextInfo:
        """With the lease on it, where its store takes one writer at a time. Raises BusyElsewhere, Unconditional."""
        if PUT not in found.ignores:
            return found
        if self._lease is None:
            raise self._unconditional()
        self._lease.needed = True
        self._lease.hold()
        return self.info() or found  # made by two at the same moment, it is the last one's

    def create(self, info: ContextInfo) -> ContextInfo:
        """Make the context, or find the one that another machine made at the same moment. Raises Unconditional."""
        info = replace(info, ignores=info.ignores or self._lacking())
        try:
            self.store.put(layout.CONTEXT, _encoded(info), when=ABSENT)
        except (ConditionFailed, Unavailable):
            # Either someone was first, or our own write was answered late: the object says which.
            found = self.info()
            if found is None:
                raise
            return found
        return self._tried(info)

    def _lacking(self) -> tuple[str, ...]:
        honoured = probe_removals(self.store, layout.PROBE)
        return tuple(name for name, has in zip((DELETE, COPY), honoured, strict=True) if not has)

    def _tried(self, info: ContextInfo) -> ContextInfo:
        """With what the store ignores: where no second writer is refused, two would overwrite each other unseen."""
        # Who ignores it on PUT is trusted with no condition at all. The write that is not refused says so at once.
        alone = replace(info, ignores=(PUT, DELETE, COPY))
        for wrong in (ABSENT, "0" * 32):
            try:
                self.store.put(layout.CONTEXT, _encoded(alone), when=wrong)
            except ConditionFailed:
                continue
            if self._lease is None:
                self.store.delete(layout.CONTEXT)
                raise self._unconditional()
            return alone
        return info

    def _unconditional(self) -> Unconditional:
        return Unconditional(
            f"{self.store.url} ignores conditions on PUT",
            hint="`holdall doctor` shows what it honours; take a store that does, or a file:// store",
        )

    def read(self, seq: int) -> Commit | Pruned | None:
        """One GET. None: this number is not taken yet (numbers are never freed, so that is the head)."""
        try:
            return decode_commit(self.store.get(layout.log_key(seq)), seq)
        except NotThere:
            return None

    def since(self, seq: int) -> Iterator[Commit | Pruned]:
        """The commits after `seq`, in order, up to the head. At least one GET."""
        while (commit := self.read(seq + 1)) is not None:
            yield commit
            seq += 1

    def append(self, commit: Commit) -> None:
        """Take the commit's number. Raises NumberTaken, or Unavailable where nothing can be known; Lapsed.

        A reply may be lost: whoever's id stands at the number afterwards owns it. Where a lease is all there is to keep writers
        apart, it is looked at before, and the number is read back.
        """
        lease = self._lease if self._lease is not None and self._lease.needed else None
        if lease is not None:
            lease.confirm()
        try:
            self.store.put(layout.log_key(commit.seq), encode_commit(commit), when=ABSENT)
        except (ConditionFailed, Unavailable) as exc:
            self._expect_own(commit, exc)
        else:
            if lease is not None:
                self._expect_own(commit, None)

    def _expect_own(self, commit: Commit, cause: Exception | None) -> None:
        found = self.read(commit.seq)
        if isinstance(found, Commit) and found.id == commit.id:
            return
        if found is None:
            # Not there yet is not "never": the lost request may still arrive. Only its own id tells.
            raise Unavailable(f"commit {commit.seq} was not answered", hint="it is tried again") from cause
        raise NumberTaken(f"commit {commit.seq} is someone else's") from cause

    def owner(self, seq: int) -> str | None:
        """The id of the commit at a number; None where there is none, "" where it was pruned."""
        try:
            return owner_of(self.store.get(layout.log_key(seq)), seq)
        except NotThere:
            return None

    def is_taken(self, seq: int) -> bool:
        """One HEAD."""
        return self.store.head(layout.log_key(seq)) is not None

    def unlisted(self, first: int, last: int) -> list[int]:
        """Numbers near `first` to `last` that a listing does not show though it shows a later one, lowest first.

        One listing or two, of ten keys each where these are less than ten apart, else of a thousand: further apart than that they
        may not be. A listing is no moment: it may show what came while it was made, and lack what was there before that.
        """
        digits = 1 if last - first < 10 else 3
        block = 10**digits
        blocks = {max(first, 0) // block, max(last, 0) // block}
        taken = {
            number
            for one in blocks
            for info in self.store.list(layout.log_key(one * block)[:-digits])
            if (number := layout.number_of(info.key)) is not None
        }
        lowest = max(min(blocks) * block, 1)
        return [number for number in range(lowest, max(taken, default=0)) if number not in taken]

    def newest_checkpoint(self) -> int | None:
        """By the hint, else by a listing: the hint may be older, and where it leads nowhere it is none."""
        try:
            hint = layout.checkpoint_key(field(row_of(self.store.get(layout.HEAD)), "checkpoint", int))
        except (NotThere, ValueError):
            return self.listed_checkpoint()
        seq = layout.number_of(hint)
        if seq is None or self.store.head(hint) is None:
            return self.listed_checkpoint()
        return seq

    def listed_checkpoint(self) -> int | None:
        return max(self.checkpoints(), default=None)

    def checkpoints(self) -> list[int]:
        """The numbers that have one, lowest first. One listing."""
        numbers = (layout.number_of(info.key) for info in self.store.list(layout.CHECKPOINTS))
        return sorted(seq for seq in numbers if seq is not None)

    def checkpoint(self, seq: int) -> Checkpoint:
        """The whole tree at `seq`, its rows in the order of their paths. NotThere when it was pruned."""
        return decode_checkpoint(self.store.get(layout.checkpoint_key(seq)), seq)

    def write_checkpoint(self, checkpoint: Checkpoint) -> int:
        """Its size in bytes. The same number holds the same tree whoever writes it, so being second is success."""
        body = encode_checkpoint(checkpoint)
        try:
            self.store.put(layout.checkpoint_key(checkpoint.seq), body, when=ABSENT)
        except ConditionFailed:
            return len(body)
        self.store.put(layout.HEAD, json.dumps({"checkpoint": checkpoint.seq}).encode())
        return len(body)


def _encoded(info: ContextInfo) -> bytes:
    body: dict[str, Any] = {"format": info.format, "id": info.id, "name": info.name}
    body |= origin_of(info)
    if info.ignores:
        body["ignores"] = info.ignores
    return json.dumps(body).encode()


def origin_of(info: ContextInfo) -> dict[str, Any]:
    """The part of a context.json that says where the context is from."""
    return {"origin": {"path": info.origin, "os": info.origin_os, "host": info.origin_host}}


def info_of(raw: bytes) -> ContextInfo:
    """What a context.json says. BadFormat, also of a context that is being deleted."""
    try:
        body = row_of(raw)
        if body.get(DELETING):
            raise BadFormat("the context is being deleted", hint="delete it once more where that was cut off")
        found = field(body, "format", int)
        if not (isinstance(found, int) and 1 <= found <= FORMAT):
            raise BadFormat(
                f"the context has format {found}, this holdall knows {FORMAT}", hint="upgrade holdall here"
            )
        origin = field(body, "origin", dict)
        return ContextInfo(
            field(body, "id", str),
            field(body, "name", str),
            field(origin, "path", str),
            field(origin, "os", str),
            field(origin, "host", str, ""),
            FORMAT,
            texts(body, "ignores") if "ignores" in body else (),
            recycling_of(body),
        )
    except ValueError as exc:
        raise BadFormat(
            f"context.json in the store is damaged: {exc}", hint="restore it from a backup of the bucket"
        ) from exc
