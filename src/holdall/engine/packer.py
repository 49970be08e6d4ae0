"""Hands for the way up of files that travel together: filled into packs, put, and ready for their commit."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from holdall.engine.ledger import Ledger
from holdall.engine.reads import Read
from holdall.engine.words import Failed, Pushed
from holdall.errors import HoldallError
from holdall.log.codec import named_by
from holdall.log.objects import Body, Objects
from holdall.log.packs import Filling, Packs, part_name
from holdall.model import Entry, Kind, Packed, Slice, Tombstone, block_bytes
from holdall.store.base import CopyRange


class _Filled(NamedTuple):
    """A file whose bytes are in packs that are put already, or in the one that is being filled.

    put_at  when they were, unix ms; None: just now
    """

    read: Read
    slices: tuple[Slice, ...]
    sent: int
    put_at: int | None = None


class Packer:
    def __init__(self, ledger: Ledger, objects: Objects) -> None:
        self._ledger = ledger
        self._objects = objects

    def send(self, reads: Iterable[Read], failed: list[Failed], *, lay: bool) -> Iterator[Pushed]:
        """Put the files. Those that share a pack that did not get through are `failed` together.

        lay  they are to be laid out as plain objects later
        """
        filling, waiting = Filling(), list[_Filled]()
        reads = list(reads)
        here = self._ledger.has_digests(read.body.digest for read in reads)
        for read in reads:
            if read.body.digest in here and (known := self._known(read)) is not None:
                yield self._pushed(known, lay=lay)
            elif read.body.data is None:
                yield from self._send_large(read, failed, lay=lay)
            else:
                body = read.body
                one = filling.add(read.step.path, read.body.data, mode=body.mode, mtime_ns=body.mtime_ns)
                waiting.append(_Filled(read, (one,), one.length))
            if filling.full:
                yield from self._ship(filling, waiting, failed, lay=lay)
                filling, waiting = Filling(), []
        yield from self._ship(filling, waiting, failed, lay=lay)

    def _ship(
        self, filling: Filling, waiting: list[_Filled], failed: list[Failed], *, lay: bool
    ) -> Iterator[Pushed]:
        if not waiting:
            return
        try:
            self._objects.packs.put(filling.seal())
        except HoldallError as exc:
            failed.extend(Failed(one.read.step.path, exc) for one in waiting)
            return
        for one in waiting:
            yield self._pushed(one, lay=lay)

    def _send_large(self, read: Read, failed: list[Failed], *, lay: bool) -> Iterator[Pushed]:
        """Only the blocks that the head has not. In packs of its own: what becomes of it is nobody else's concern."""
        try:
            filled = self._fill_large(read)
        except HoldallError as exc:
            failed.append(Failed(read.step.path, exc))
            return
        yield self._pushed(filled, lay=lay)

    def _fill_large(self, read: Read) -> _Filled:
        there = self._blocks_of(read.step.remote, read.body)
        slices = put_apart(self._objects.packs, read.step.path, read.body, there)
        known = set(there.values())
        return _Filled(read, slices, sum(one.length for one in set(slices) - known))

    def _blocks_of(self, head: Entry | Tombstone | None, body: Body) -> dict[str, Slice]:
        """Digest -> slice of the blocks that the head's version has in packs, where it is cut as this one is."""
        if not isinstance(head, Entry) or head.packed is None or not head.blocks:
            return {}
        if not _cut_alike(head.size, body.size):
            return {}
        # The last one may be shorter: a whole block with its digest is another one.
        return dict(zip(head.blocks, head.packed.slices, strict=True))

    def _known(self, read: Read) -> _Filled | None:
        """Where the same bytes are in packs under another name: a rename or a copy sends nothing, and makes nothing younger."""
        body = read.body
        for path, _ in self._ledger.by_digest(body.digest):
            head = self._ledger.remote(path)
            if not isinstance(head, Entry) or head.packed is None:
                continue
            if (head.digest, head.size, head.blocks) == (body.digest, body.size, body.blocks):
                return _Filled(read, head.packed.slices, 0, head.uploaded_at)
        return None

    def _pushed(self, filled: _Filled, *, lay: bool) -> Pushed:
        read, slices, sent, put_at = filled
        step, body = read.step, read.body
        entry = Entry(
            kind=Kind.FILE,
            size=body.size,
            mtime_ns=body.mtime_ns,
            mode=body.mode,
            digest=body.digest,
            uid=secrets.token_hex(8),
            uploaded_at=int(self._objects.store.now() * 1000) if put_at is None else put_at,
            where=Packed(slices, _shadow(step.remote), lay),
            blocks=body.blocks,
            flag=step.flag,
        )
        return Pushed(step, entry, read.stamp, sent)


def put_apart(
    packs: Packs, path: str, body: Body, there: Mapping[str, Slice] | None = None
) -> tuple[Slice, ...]:
    """One file's bytes, in packs of its own, but for what is `there`: digest of a block -> where it is."""
    known = dict(there or {})
    filling = Filling()
    slices: list[Slice] = []
    parts = [body.data] if body.data is not None else body.parts
    for index, (digest, part) in enumerate(zip(body.blocks or (body.digest,), parts, strict=True)):
        one = known.get(digest)
        if one is None:
            assert not isinstance(part, CopyRange)
            name = part_name(path, index) if body.blocks else path
            data = part if isinstance(part, bytes) else part()
            one = known[digest] = filling.add(name, data, mode=body.mode, mtime_ns=body.mtime_ns)
            if filling.full:
                packs.put(filling.seal())
                filling = Filling()
        slices.append(one)
    if any(one.pack == filling.id for one in slices):
        packs.put(filling.seal())
    return tuple(slices)


def _shadow(head: Entry | Tombstone | None) -> tuple[tuple[str, str], ...]:
    """What may stand at the key, as far as the head knows."""
    if isinstance(head, Tombstone):
        return () if head.swept else head.objects
    return () if head is None else named_by(head)


def _cut_alike(one: int, other: int) -> bool:
    return block_bytes(one) == block_bytes(other)
