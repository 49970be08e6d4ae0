"""What is old enough to go (protocol rule 12).

Kept is what a restore to any moment of the retention needs: the tree at its beginning, every commit since, and their bytes.
The order is such that a crash between any two requests leaves a store on which everything works:

1. A checkpoint that is old enough, and the newest one, are read to their end. Without one nothing of the log goes.
2. The commits below that checkpoint become markers, the lowest first: what is pruned is always what is below a number. A
   machine that meets a marker reads on at the newest checkpoint, which is no lower.
3. Checkpoints below go. Only trees below need them, and those went with step 2.
4. Trash goes that is old enough and that no tree of the retention names. It depends on nothing that step 2 took.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from holdall.errors import BadFormat, ConditionFailed, NotThere
from holdall.log import layout
from holdall.log.codec import REPAIR, Commit, Pruned, decode_commit, encode_pruned
from holdall.log.commits import CommitLog
from holdall.log.fields import field, line_of, row_of
from holdall.log.history import History
from holdall.log.packs import packs_of
from holdall.model import Entry
from holdall.store.base import ObjectInfo

KEEP_S: Final = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a run took away.

    oldest        the oldest commit that is kept: what is below is marked as pruned, by this run or an earlier one
    commits       bodies that became markers
    trash_bytes   of the `trash` objects that were removed
    """

    oldest: int = 1
    commits: int = 0
    checkpoints: int = 0
    trash: int = 0
    trash_bytes: int = 0


_LEAP_S: Final = 2 * 24 * 3600.0


def prune_daily(log: CommitLog, now_s: float) -> Report:
    """As `prune`; but a clock that is far ahead for a while must not take the whole history with it.

    Of a store in a directory it is the clock of whoever asks. So time goes on from the run before by two days at most, and the
    first run only notes it.
    """
    last_s = _noted(log)
    by_s = now_s if last_s is None else min(now_s, last_s + _LEAP_S)
    log.store.put(layout.PRUNED, line_of({"at_ms": int(by_s * 1000)}))
    return Report() if last_s is None else prune(log, by_s)


def _noted(log: CommitLog) -> float | None:
    try:
        return field(row_of(log.store.get(layout.PRUNED)), "at_ms", int) / 1000
    except (NotThere, ValueError):
        return None


def prune(log: CommitLog, now_s: float, keep_s: float = KEEP_S) -> Report:
    """Take away what is older than `keep_s`, by the store's clock: `now_s` is `store.now()`.

    Safe beside machines that commit and beside another run. Costs a listing of checkpoints and trash, one GET for each commit
    that is old or was made since, three requests for each that is pruned, one for each removal, and two checkpoints' bytes.
    Raises BadFormat, before anything was taken, where the log cannot be read; Unavailable midway: the next run goes on.
    """
    history = History(log)
    cutoff_s = now_s - keep_s
    head = history.head()
    oldest = history.oldest(head)
    begin = _last_older(history, oldest, head, int(now_s * 1000), int(cutoff_s * 1000))
    keep_from = _checkpoint(history, begin)
    doomed = _old_trash(log, cutoff_s)
    if doomed:
        # Before anything goes: a log that cannot be read here must stop the run.
        _spare_needed(doomed, history, begin)
    commits = 0
    for seq in range(oldest, keep_from):
        commits += _mark(log, seq, keep_from)
    checkpoints = 0
    for seq in history.checkpoints():
        if seq < keep_from:
            log.store.delete(layout.checkpoint_key(seq))
            checkpoints += 1
    trash = [info for info in _all(doomed) if _remove(log, info)]
    return Report(max(oldest, keep_from), commits, checkpoints, len(trash), sum(info.size for info in trash))


def _last_older(history: History, oldest: int, head: int, now_ms: int, cutoff_ms: int) -> int:
    """The commit whose tree was the head when the retention begins; 0 where that is before the first.

    Read upwards to the first one that is young. One that says it is older than what came before it, or is yet to come, had a
    wrong clock: of it is known only that it lies between its neighbours.
    """
    last = oldest if oldest > 1 else 0  # below it all is pruned already, so it begins no later
    latest_ms = 0
    for seq in range(oldest, head + 1):
        commit = history.log.read(seq)
        if commit is None:
            raise BadFormat(f"commit {seq} is not in the store", hint=REPAIR)
        if not isinstance(commit, Commit):
            break
        if not latest_ms <= commit.at_ms <= now_ms:
            continue
        if commit.at_ms > cutoff_ms:
            break
        last, latest_ms = seq, commit.at_ms
    return last


def _checkpoint(history: History, begin: int) -> int:
    """The newest checkpoint at or below `begin`; 0 where there is none.

    It must be readable, and so must the newest of all: there a machine reads on that comes back to a marker.
    """
    listed = history.checkpoints()
    chosen = max((seq for seq in listed if seq <= begin), default=0)
    if chosen:
        for seq in {chosen, listed[-1]}:
            _read_through(history.log, seq)
    return chosen


def _read_through(log: CommitLog, seq: int) -> None:
    for _ in log.checkpoint(seq).rows:
        pass


def _old_trash(log: CommitLog, cutoff_s: float) -> dict[str, list[ObjectInfo]]:
    """By uid, the objects that were put there before. What was retained just now may be for a commit that is yet to come."""
    found: dict[str, list[ObjectInfo]] = {}
    for info in log.store.list(layout.TRASH):
        if info.modified_at < cutoff_s:
            found.setdefault(info.key.removeprefix(layout.TRASH).partition("/")[0], []).append(info)
    return found


def _spare_needed(doomed: dict[str, list[ObjectInfo]], history: History, begin: int) -> None:
    """Take out of `doomed` what a tree from `begin` on to the head names.

    That an entry's own key is fine as well does not count: it may be overwritten a moment later by a machine that has just
    retained these very bytes, and a removal could not tell that copy from the old one.
    """
    for now in _held(history, begin):
        doomed.pop(now.uid, None)
        for pack in packs_of(now):
            doomed.pop(pack, None)


def _held(history: History, begin: int) -> Iterator[Entry]:
    """Every entry of a tree from `begin` on to the head."""
    for _, now in history.rows(begin):
        if isinstance(now, Entry):
            yield now
    for commit in history.between(begin, history.head()):
        for change in commit.changes:
            if isinstance(change.now, Entry):
                yield change.now


def _mark(log: CommitLog, seq: int, checkpoint: int) -> bool:
    """Put the marker in place of exactly the body that was read. False: someone else did."""
    key = layout.log_key(seq)
    found = log.store.head(key)
    if found is None:
        raise BadFormat(f"commit {seq} is not in the store", hint=REPAIR)
    try:
        if isinstance(decode_commit(log.store.get(key, when=found.etag), seq), Pruned):
            return False
        log.store.put(key, encode_pruned(Pruned(seq, checkpoint)), when=found.etag)
    except ConditionFailed:
        return False
    return True


def _all(doomed: dict[str, list[ObjectInfo]]) -> Iterator[ObjectInfo]:
    for objects in doomed.values():
        yield from objects


def _remove(log: CommitLog, info: ObjectInfo) -> bool:
    try:
        log.store.delete(info.key, when=info.etag)
    except ConditionFailed:
        return False  # retained anew, or gone
    return True
