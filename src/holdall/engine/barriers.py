"""Who waits for what: a flush, a release, a restore. Each ends with a receipt that tells the truth."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from holdall.engine.effects import Answer, Audit, Effect, Refresh
from holdall.engine.events import Ask
from holdall.engine.words import Fetched, LeftPath, Outcome, Pushed, Receipt, Step, Until
from holdall.errors import HoldallError, Moved
from holdall.model import Kind
from holdall.rules.reconcile import UPWARDS, Verdict, parents

_DOWN: Final = frozenset({Verdict.PULL, Verdict.PULL_DELETE, Verdict.CONFLICT, Verdict.EXTRACT})
_BEHIND: Final = "it waits for deletions below it, which are held back: `holdall approve`"
_NEAR_S: Final = 15.0
_DAMAGED: Final = "its bytes are not in the store, and not here"


@dataclass(slots=True)
class Tally:
    """What was done, since the mount began."""

    uploaded_files: int = 0
    uploaded_bytes: int = 0
    downloaded_files: int = 0
    downloaded_bytes: int = 0
    deleted_files: int = 0

    def since(self, earlier: "Tally") -> dict[str, int]:
        return {name: now - getattr(earlier, name) for name, now in asdict(self).items()}


@dataclass(slots=True)
class Barrier:
    """before      the tally that earlier receipts have told of: barriers that wait side by side each tell of all that was done
                meanwhile
    refreshing  a look at the head began after it was asked
    refreshed   such a look is through: the head was read
    survey      number of the survey that counts for it: the first that began after that
    surveyed    that survey is through
    auditing    a listing of the store began after it was asked
    audited     such a listing is through, or none was asked for
    waiting     paths that are not where they should be yet -> bytes
    later       of these, what follows the deletion of all below it
    left        paths that will not get there
    withheld    paths that the policy keeps here
    removing    of a tidy one, once all else is through: deleted paths whose object was still in the store then
    """

    ask: Ask
    started_at: float
    before: Tally
    refreshing: bool = False
    refreshed: bool = False
    survey: int | None = None
    surveyed: bool = False
    auditing: bool = False
    audited: bool = True
    waiting: dict[str, int] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    left: dict[str, LeftPath] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    removing: set[str] | None = None

    @property
    def is_narrow(self) -> bool:
        """What it waits for is found by a look at its own path."""
        return self.ask.until is Until.RESTORED and self.ask.path is not None and not self.ask.thorough

    def concerns(self, path: str) -> bool:
        only = self.ask.path
        return only is None or path == only or path.startswith(only + "/")

    def hinges_on(self, path: str) -> bool:
        """Whether a doubt about `path` (`a/`: about all below `a`) is one about what this barrier is for."""
        only = self.ask.path
        return self.concerns(path) or (only is not None and only.startswith(path.rstrip("/") + "/"))

    def behind(self, held: Collection[str]) -> set[str]:
        """What waits for deletions that are held back."""
        later = {path for path in self.later if path in self.waiting}
        return later and later.intersection(above for path in held for above in parents(path))

    def awaits(self, verdict: Verdict) -> bool:
        match self.ask.until:
            case Until.DURABLE:
                return verdict in UPWARDS
            case Until.RESTORED:
                return verdict in _DOWN
            case Until.SYNCED:
                return verdict in UPWARDS or verdict in _DOWN


class Barriers:
    def __init__(self) -> None:
        self.open: list[Barrier] = []
        self.tally = Tally()
        self._told = Tally()

    def __bool__(self) -> bool:
        return bool(self.open)

    def add(self, ask: Ask, now: float) -> None:
        self.open.append(Barrier(ask, now, self._told, audited=not ask.thorough))

    def withdraw(self, ticket: int) -> None:
        """No answer any more, and nothing is done on its account."""
        self.open = [one for one in self.open if one.ask.ticket != ticket]

    def asked(self, *ways: Until) -> frozenset[str]:
        """The paths ("": all) for which someone asked, in one of these ways, for what the policy does not do on its own."""
        return frozenset(one.ask.path or "" for one in self.open if one.ask.asked and one.ask.until in ways)

    @property
    def unsurveyed(self) -> bool:
        """Whether some barrier still needs a full survey to begin."""
        return any(one.survey is None and not one.is_narrow for one in self.open)

    def narrow(self) -> list[str]:
        """Paths that some barrier still needs a survey of, and of nothing else: it comes before all others."""
        return sorted({one.ask.path or "" for one in self.open if one.survey is None and one.is_narrow})

    @property
    def unfinished(self) -> bool:
        """Whether some barrier's survey is still to come, or under way."""
        return any(not one.surveyed for one in self.open)

    def wanted(self, path: str) -> bool:
        """Whether someone waits for just this path."""
        return any(one.ask.path is not None and one.concerns(path) for one in self.open)

    def begins(self, effect: Effect) -> None:
        """What is read from the store from now on counts for the barriers that are open, and for none that is asked later."""
        match effect:
            case Refresh():
                for one in self.open:
                    one.refreshing = True
            case Audit():
                for one in self.open:
                    one.auditing = True
            case _:
                pass

    @property
    def unrefreshed(self) -> bool:
        """Whether somebody has to wait for the next look at the head."""
        return any(not one.refreshed for one in self.open)

    def refreshed(self) -> None:
        for one in self.open:
            if one.refreshing and not one.refreshed:
                # What was surveyed on the old head says what is left, not that all is there.
                one.refreshed = True
                one.survey = None
                one.surveyed = False

    def survey_begins(self, number: int, busy: dict[str, Step], *, narrow: bool = False) -> None:
        """Of everything, or (`narrow`) of the paths that were said to need one."""
        for one in self.open:
            if one.survey is None and one.is_narrow is narrow:
                one.survey = number
                one.surveyed = False
                one.waiting = {
                    # What is being mended has no verdict yet: it is looked at again afterwards.
                    path: step.bytes
                    for path, step in busy.items()
                    if (one.awaits(step.verdict) or step.verdict is Verdict.NOTHING) and one.concerns(path)
                }
                one.left.clear()

    def found(self, number: int, step: Step) -> None:
        for one in self._about(number, step.path):
            # Once its own survey is through, only what it waits for counts: or a busy directory would never let it end.
            above = [f"{path}/" for path in parents(step.path)]
            awaited = not one.surveyed or any(path in one.waiting for path in (step.path, *above))
            if awaited and one.awaits(step.verdict):
                one.waiting[step.path] = step.bytes

    def found_left(self, number: int, found: LeftPath) -> None:
        for one in self._hinging(number, found.path):
            if one.ask.until is not Until.RESTORED:
                one.left[found.path] = found
                one.waiting.pop(found.path, None)

    def found_withheld(self, number: int, path: str) -> None:
        for one in self._about(number, path):
            one.withheld.add(path)

    def expects(self, number: int, path: str) -> None:
        """Something has to be put in order at this path before the barrier can vouch for it. `a/`: anything below `a`."""
        for one in self._hinging(number, path):
            if one.ask.until is not Until.RESTORED:
                one.waiting.setdefault(path, 0)

    def expects_later(self, number: int, path: str) -> None:
        """As `expects`, of what follows the deletion of all below it."""
        self.expects(number, path)
        for one in self._hinging(number, path):
            one.later.add(path)

    def expected(self) -> set[str]:
        """Every path that someone waits for."""
        return {path for one in self.open for path in one.waiting}

    def surveyed(self, number: int) -> None:
        for one in self.open:
            if one.survey == number:
                one.surveyed = True

    def unsurvey(self, number: int) -> None:
        """The survey came to nothing: those that it counted for need another one."""
        for one in self.open:
            if one.survey == number and not one.surveyed:
                one.survey = None

    def settled(self, number: int, path: str) -> None:
        """A look that began with survey `number` or later found the path in order, or a step from it went through."""
        for one in self._hinging(number, path):
            one.waiting.pop(path, None)
            one.left.pop(path, None)

    def failed(self, path: str, error: HoldallError) -> None:
        """The path did not get there. What only holds still later is waited for, where there is a deadline."""
        for one in self.open:
            if isinstance(error, Moved) and one.ask.deadline is not None:
                continue
            if (size := one.waiting.pop(path, None)) is not None:
                one.left[path] = LeftPath(path, error.message, size)

    @property
    def unaudited(self) -> bool:
        return any(not one.audited for one in self.open)

    def was_audited(self) -> None:
        for one in self.open:
            if one.auditing and not one.audited:
                # What the listing brought to light is in no survey yet.
                one.audited, one.survey, one.surveyed = True, None, False

    def restart(self, *, head_too: bool = False) -> None:
        """New local names came into being: look again. `head_too`: what was read of it is old."""
        for one in self.open:
            one.survey = None
            one.surveyed = False
            if head_too:
                one.refreshing = one.refreshed = False

    def _about(self, number: int, path: str) -> list[Barrier]:
        return [one for one in self._counting(number) if one.concerns(path)]

    def _hinging(self, number: int, path: str) -> list[Barrier]:
        return [one for one in self._counting(number) if one.hinges_on(path)]

    def _counting(self, number: int) -> list[Barrier]:
        """Those for which what this survey finds counts."""
        return [one for one in self.open if one.survey is not None and number >= one.survey]

    def count_up(self, item: Pushed) -> None:
        """The item is in the store and in the log."""
        step = item.step
        if step.verdict is Verdict.PUSH:
            self.tally.uploaded_bytes += item.sent
            if step.local is not None and step.local.kind is not Kind.DIR:
                self.tally.uploaded_files += 1
        elif step.verdict is Verdict.PUSH_DELETE and step.base is not None and step.base.kind is not Kind.DIR:
            self.tally.deleted_files += 1

    def count_down(self, fetched: Iterable[Fetched]) -> None:
        """Their bytes are here."""
        for one in fetched:
            if one.received:
                self.tally.downloaded_files += 1
                self.tally.downloaded_bytes += one.received

    def is_near(self, now: float) -> bool:
        """Whether somebody's deadline is."""
        return any(one.ask.deadline is not None and one.ask.deadline - now < _NEAR_S for one in self.open)

    @property
    def tidying(self) -> bool:
        """Whether somebody who is about to leave waits."""
        return any(one.ask.tidy for one in self.open)

    def next_deadline(self) -> float | None:
        return min((one.ask.deadline for one in self.open if one.ask.deadline is not None), default=None)

    def answers(
        self,
        now: float,
        commit: int,
        *,
        held: Collection[str],
        removing: set[str],
        untidy: bool,
        damaged: Collection[str],
        blocked: HoldallError | None,
    ) -> list[Answer]:
        """The barriers that are through, at their deadline, or cannot go on (`blocked`).

        held      deletions that the guard holds: they delay nobody, and make it partial
        removing  deleted paths whose object is still there: only a tidy barrier waits for them, and no outcome is about them
        untidy    packs are still to be put in order: here it is the same
        damaged   paths whose bytes no place of the store has: nobody waits for them, every receipt except a RESTORED one lists
                  them as left
        """
        done: list[Answer] = []
        for one in list(self.open):
            kept = {path for path in held if path in one.waiting}
            overdue = one.ask.deadline is not None and now >= one.ask.deadline
            behind = one.behind(held)
            ended = len(one.waiting) == len(kept | behind)
            through = one.refreshed and one.surveyed and one.audited and ended
            over = through and (not one.ask.tidy or (self._removed(one, removing) and not untidy))
            if not (over or overdue or blocked):
                continue
            self.open.remove(one)
            left = list((_lost(one, damaged) | one.left).values())
            reason = "not done before the deadline" if blocked is None else blocked.message
            left += [
                LeftPath(path, _BEHIND if path in behind else reason, size)
                for path, size in one.waiting.items()
                if path not in kept
            ]
            outcome = Outcome.COMPLETE if through and not left and not kept else Outcome.PARTIAL
            if blocked is not None or not one.surveyed:
                outcome = Outcome.FAILED
            done.append(
                Answer(
                    one.ask.ticket,
                    self._receipt(
                        one, outcome, now, commit, left, len(kept), blocked, overdue=overdue and not through
                    ),
                )
            )
        return done

    def _removed(self, one: Barrier, removing: set[str]) -> bool:
        """Whether the objects that were still to go when all else was through are gone: later deletions do not hold it up."""
        if one.removing is None:
            one.removing = {path for path in removing if one.concerns(path)}
        return one.removing.isdisjoint(removing)

    def _receipt(
        self,
        one: Barrier,
        outcome: Outcome,
        now: float,
        commit: int,
        left: list[LeftPath],
        held: int,
        blocked: HoldallError | None,
        *,
        overdue: bool,
    ) -> Receipt:
        self._told = replace(self.tally)
        return Receipt(
            outcome=outcome,
            commit=commit,
            **self.tally.since(one.before),
            left=tuple(sorted(left)),
            left_by_policy=tuple(sorted(one.withheld)),
            held=held,
            overdue=overdue,
            started_at=one.started_at,
            finished_at=now,
            problems=() if blocked is None else (blocked,),
        )


def _lost(one: Barrier, damaged: Collection[str]) -> dict[str, LeftPath]:
    if one.ask.until is Until.RESTORED:
        return {}
    return {
        path: LeftPath(path, _DAMAGED) for path in damaged if one.concerns(path) and path not in one.waiting
    }
