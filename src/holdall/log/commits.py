"""The numbered commits of one context, and its checkpoints.

The object store's conditional PUT of the next number is the only arbiter there is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
)
from holdall.store.base import ABSENT, Store


class NumberTaken(HoldallError):
    """Someone else's commit has this number: what was planned on the one before it must be planned anew."""

    code = "number-taken"


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """context.json. `id` is random: a context that was deleted and made again is another one.

    origin      path of the first mount
    origin_os   "posix" or "windows"
    """

    id: str
    name: str
    origin: str
    origin_os: str
    origin_host: str = ""
    format: int = FORMAT


class CommitLog:
    """Reads and appends. Holds no state of its own: the caller knows how far it has read."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def info(self) -> ContextInfo | None:
        """None where there is no such context."""
        try:
            raw = self.store.get(layout.CONTEXT)
        except NotThere:
            return None
        return _context_info(raw)

    def create(self, info: ContextInfo) -> ContextInfo:
        """Make the context, or find the one that another machine made at the same moment. Raises Unconditional."""
        body = {"format": info.format, "id": info.id, "name": info.name}
        body |= {"origin": {"path": info.origin, "os": info.origin_os, "host": info.origin_host}}
        try:
            self.store.put(layout.CONTEXT, json.dumps(body).encode(), when=ABSENT)
        except (ConditionFailed, Unavailable):
            # Either someone was first, or our own write was answered late: the object says which.
            found = self.info()
            if found is None:
                raise
            return found
        self._expect_conditions(json.dumps(body).encode())
        return info

    def _expect_conditions(self, body: bytes) -> None:
        """Where a second writer is not refused, two machines would overwrite each other unseen: better not begun at all."""
        for wrong in (ABSENT, "0" * 32):
            try:
                self.store.put(layout.CONTEXT, body, when=wrong)
            except ConditionFailed:
                continue
            self.store.delete(layout.CONTEXT)
            raise Unconditional(
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
        """Take the commit's number. Raises NumberTaken, or Unavailable where nothing can be known.

        A reply may be lost: whoever's id stands at the number afterwards owns it.
        """
        try:
            self.store.put(layout.log_key(commit.seq), encode_commit(commit), when=ABSENT)
        except (ConditionFailed, Unavailable) as exc:
            found = self.read(commit.seq)
            if isinstance(found, Commit) and found.id == commit.id:
                return
            if found is None:
                # Not there yet is not "never": the lost request may still arrive. Only its own id tells.
                raise Unavailable(f"commit {commit.seq} was not answered", hint="it is tried again") from exc
            raise NumberTaken(f"commit {commit.seq} is someone else's") from exc

    def owner(self, seq: int) -> str | None:
        """The id of the commit at a number; None where there is none, "" where it was pruned."""
        found = self.read(seq)
        if found is None:
            return None
        return found.id if isinstance(found, Commit) else ""

    def newest_checkpoint(self) -> int | None:
        """By the hint, else by a listing (the hint is written after the checkpoint and may be older)."""
        try:
            return int(json.loads(self.store.get(layout.HEAD))["checkpoint"])
        except NotThere:
            return self.listed_checkpoint()

    def listed_checkpoint(self) -> int | None:
        names = [info.key.removeprefix(layout.CHECKPOINTS) for info in self.store.list(layout.CHECKPOINTS)]
        return max((int(name) for name in names if name.isdigit()), default=None)

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


def _context_info(raw: bytes) -> ContextInfo:
    try:
        body: dict[str, Any] = json.loads(raw)
        found = body["format"]
        if found != FORMAT:
            raise BadFormat(
                f"the context has format {found}, this holdall knows {FORMAT}", hint="upgrade holdall here"
            )
        origin = body["origin"]
        return ContextInfo(
            body["id"], body["name"], origin["path"], origin["os"], origin.get("host", ""), found
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise BadFormat(
            "context.json in the store is damaged", hint="restore it from a backup of the bucket"
        ) from exc
