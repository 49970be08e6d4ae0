"""Hands for what expires: says what the mount's policy says to the context, and finds what is past its lifecycle."""

import json
from collections.abc import Callable, Iterable
from typing import Final

from holdall.engine.effects import Recycle
from holdall.engine.events import Recycled
from holdall.engine.ledger import Ledger
from holdall.engine.rows import Row
from holdall.engine.words import Pushed, Step
from holdall.errors import NotThere
from holdall.log.commits import CommitLog, ContextInfo
from holdall.log.contexts import set_recycling
from holdall.model import Entry, Recycling, Seen, SeenAs
from holdall.rules.bundles import database_of, git_dir, members_of
from holdall.rules.reconcile import Verdict
from holdall.rules.recycle import believed, due_before_ms

_MOST: Final = 2000
_SAID: Final = "recycling"
"""The note of what this mount's policy said last: a restart says nothing new."""
_TIME: Final = "recycled_at"
"""The note of what the time was taken to be, unix seconds."""


class Recycler:
    """said   what the policy says of the context's lifecycle; None where it says nothing
    clock  this machine's
    apart  the store's clock is another one
    """

    def __init__(
        self,
        ledger: Ledger,
        log: CommitLog,
        said: Recycling | None,
        clock: Callable[[], float],
        *,
        apart: bool,
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._said = said
        self._clock = clock
        self._apart = apart
        self._saying = "" if said is None else json.dumps(said)

    def is_wanted(self, info: ContextInfo) -> bool:
        """Whether there is something to say, or something that may expire."""
        return self._has_news or (info.recycling or Recycling()).days is not None

    def recycle(self, effect: Recycle) -> Recycled:
        """What has expired, on the head as far as it was read. One GET, and what expires costs, not what is there."""
        recycling = self._recycling()
        never = recycling.days is None
        self._ledger.ages.watch(() if never else recycling.paths)
        if never:
            return Recycled()
        before = self._ledger.note(_TIME)
        time = believed(
            self._log.store.now(), self._clock(), None if before is None else float(before), apart=self._apart
        )
        if not time.doubt:
            self._ledger.set_note(_TIME, repr(self._log.store.now() if time.by_s is None else time.by_s))
        before_ms = None if time.by_s is None else due_before_ms(recycling, time.by_s)
        if before_ms is None:
            return Recycled(doubt=time.doubt)
        under_way = effect.busy.union(self._ledger.intended())
        due: list[Pushed] = []
        young: dict[str, int] = {}
        whole = Wholes(self._ledger)
        for path, entry in self._ledger.ages.older(before_ms):
            if path in under_way:
                continue
            if len(due) == _MOST:
                break
            newest = whole.newest(path, entry)
            if newest < before_ms:
                due.append(_expired(path, entry))
            else:
                young[path] = newest
        self._ledger.ages.put_off(young)
        return Recycled(tuple(due), more=len(due) == _MOST)

    @property
    def _has_news(self) -> bool:
        return self._saying != (self._ledger.note(_SAID) or "")

    def _recycling(self) -> Recycling:
        """The last explicit setting: this mount's, where it is new."""
        if self._has_news:
            if self._said is not None:
                set_recycling(self._log.store, self._said)
            self._ledger.set_note(_SAID, self._saying)
        found = self._log.info()
        if found is None:
            raise NotThere("the context is not in the store any more")
        return found.recycling or Recycling()


class Wholes:
    """What travels together, as the head has it. Each repository is gone through once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._repositories: dict[str, int] = {}

    def newest(self, path: str, entry: Entry) -> int:
        """When the last of what the path is a part of was put, unix ms."""
        repository = git_dir(path)
        if repository is None:
            rows = self._ledger.rows(members_of(database_of(path))).values()
            return max(entry.uploaded_at, _newest(rows))
        if repository not in self._repositories:
            self._repositories[repository] = _newest(self._ledger.walk(repository))
        return self._repositories[repository]


def _newest(rows: Iterable[Row]) -> int:
    heads = (row.remote for row in rows)
    return max((head.uploaded_at for head in heads if isinstance(head, Entry)), default=0)


def _expired(path: str, entry: Entry) -> Pushed:
    step = Step(path, Verdict.NOTHING, 0, Seen(path, SeenAs.ABSENT), None, None, entry)
    return Pushed(step, None, None, fresh=False, expired=True)
