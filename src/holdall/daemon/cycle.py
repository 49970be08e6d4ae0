"""What one mount did, told in one line when it comes to rest, and each problem when it appears.

`heard` runs on the mount's thread after every event.
"""

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from holdall.daemon.sizes import files as counted, human
from holdall.engine import effects, events, words
from holdall.engine.mount import Mount
from holdall.engine.view import State, is_durable, state_of
from holdall.model import Entry, Kind
from holdall.rules.reconcile import Verdict

_LOGGER: Final = logging.getLogger("holdall")
_LONG_S: Final = 60.0
_RATE_WINDOW_S: Final = 30.0
_NAMED_MAX: Final = 10
_REST: Final = frozenset({State.IDLE, State.PAUSED, State.RETRY_WAIT, State.BROKEN})


class FirstAttach(NamedTuple):
    """What met when this directory and the context saw each other for the first time, in files."""

    only_here: int = 0
    only_there: int = 0
    differ: int = 0

    def __str__(self) -> str:
        return f"{self.only_here} only here, {self.only_there} only there, {self.differ} differ"


@dataclass(slots=True)
class _Done:
    up_files: int = 0
    up_bytes: int = 0
    down_files: int = 0
    down_bytes: int = 0
    deleted: int = 0
    adopted: int = 0

    def __bool__(self) -> bool:
        return bool(self.up_files or self.down_files or self.deleted or self.adopted)


class Cycle:
    """first_attach  known once the first survey is through; None before, and where the base was known already
    answered_at      when the store last did what it was asked, by time.monotonic; None: not yet
    durable_at       when last all that is here was seen to be in the store, unix seconds; None: not yet
    """

    def __init__(self, context: str, *, fresh: bool) -> None:
        self.context = context
        self.first_attach: FirstAttach | None = None
        self.answered_at: float | None = None
        self.durable_at: float | None = None
        self._counting: FirstAttach | None = FirstAttach() if fresh else None
        self._counted: int | None = None
        self._done = _Done()
        self._began: float | None = None
        self._erasing: set[str] = set()
        self._sent: deque[tuple[float, int]] = deque()
        self._problems: dict[str, str] = {}
        self._left: set[str] = set()
        self._special: set[str] = set()
        self._guarded = False

    def heard(self, mount: Mount, event: events.Event, asked: list[effects.Effect]) -> None:
        now = time.monotonic()
        self._count(event, now)
        self._compare(event)
        for effect in asked:
            match effect:
                case effects.Land(others=others):
                    self._erasing = {step.path for step in others if step.verdict is Verdict.PULL_DELETE}
                case effects.Survey(number=number, scope=words.Scope.FULL) if (
                    mount.attached and self._counting is not None
                ):
                    self._counted, self._counting = number, FirstAttach()
        if self._began is None and any(_is_work(effect) for effect in asked):
            self._began = now
        if self._began is not None and (state_of(mount) in _REST or now - self._began > _LONG_S):
            self._say_done(mount, now - self._began)
            self._began = None
        if is_durable(mount):
            self.durable_at = time.time()
        self._say_problems(mount, event)

    def rate(self) -> float:
        """Bytes a second that went up of late; 0 where nothing did."""
        now = time.monotonic()
        sent = [(at, size) for at, size in tuple(self._sent) if now - at <= _RATE_WINDOW_S]
        if not sent:
            return 0.0
        return sum(size for _, size in sent) / max(1.0, now - sent[0][0])

    def _count(self, event: events.Event, now: float) -> None:
        done = self._done
        match event:
            case events.Refreshed(error=None):
                self.answered_at = now
            case events.PushDone(pushed=pushed) if pushed:
                self.answered_at = now
                self._sent.append((now, sum(item.sent for item in pushed)))
                while now - self._sent[0][0] > _RATE_WINDOW_S:
                    self._sent.popleft()
            case events.FetchDone(fetched=fetched) if fetched:
                self.answered_at = now
                files = [
                    one
                    for one in fetched
                    if isinstance(one.step.remote, Entry) and one.step.remote.kind is not Kind.DIR
                ]
                done.down_files += len(files)
                done.down_bytes += sum(one.received for one in files)
            case events.Committed(done=items):
                for item in items:
                    self._count_committed(item)
            case events.Landed(done=paths):
                done.deleted += sum(1 for path in paths if path in self._erasing)

    def _count_committed(self, item: words.Pushed) -> None:
        done, step = self._done, item.step
        if item.adopted:
            done.adopted += 1
        elif step.verdict is Verdict.PUSH and step.local is not None and step.local.kind is not Kind.DIR:
            done.up_files += 1
            done.up_bytes += item.sent
        elif step.verdict is Verdict.PUSH_DELETE and step.base is not None and step.base.kind is not Kind.DIR:
            done.deleted += 1

    def _compare(self, event: events.Event) -> None:
        """The first look at both sides, when nothing has been agreed on yet."""
        if self._counting is None or not isinstance(event, events.Surveyed):
            return
        if event.number != self._counted or event.error is not None:
            if event.error is not None:
                self._counted = None
            return
        here, there, differ = self._counting
        for step in event.steps:
            kind = step.local or step.remote
            if getattr(kind, "kind", None) is Kind.DIR:
                continue
            match step.verdict:
                case Verdict.PUSH:
                    here += 1
                case Verdict.PULL:
                    there += 1
                case Verdict.CONFLICT | Verdict.ASIDE:
                    differ += 1
        self._counting = FirstAttach(here + len(event.withheld), there, differ)
        if not event.more:
            self.first_attach, self._counting = self._counting, None
            _LOGGER.info("%s: first attach: %s", self.context, self.first_attach)

    def _say_done(self, mount: Mount, took_s: float) -> None:
        done, self._done = self._done, _Done()
        if not done:
            return
        up = f"up {counted(done.up_files)} {human(done.up_bytes)}" if done.up_files else "up 0"
        down = f"down {counted(done.down_files)} {human(done.down_bytes)}" if done.down_files else "down 0"
        adopted = f", adopted {done.adopted}" if done.adopted else ""
        _LOGGER.info(
            "%s: %s, %s, deleted %d%s, commit %d, %.1f s",
            self.context,
            up,
            down,
            done.deleted,
            adopted,
            mount.commit,
            took_s,
        )

    def _say_problems(self, mount: Mount, event: events.Event) -> None:
        now = {code: str(error) for code, error in mount.problems.items()}
        if now != self._problems:
            for code, text in now.items():
                if code not in self._problems:
                    hint = mount.problems[code].hint
                    _LOGGER.warning("%s: %s%s", self.context, text, f"; {hint}" if hint else "")
            if self._problems and not now:
                _LOGGER.info("%s: going on", self.context)
            self._problems = now
        if mount.removals.tripped is not self._guarded:
            self._guarded = mount.removals.tripped
            if self._guarded:
                _LOGGER.warning(
                    "%s: deletions are held back, they look like an accident; `holdall approve %s` lets them pass",
                    self.context,
                    self.context,
                )
        if isinstance(
            event, events.Surveyed | events.PushDone | events.FetchDone | events.Landed | events.Audited
        ):
            self._say_left(mount)

    def _say_left(self, mount: Mount) -> None:
        for path in sorted(mount.findings.special.keys() - self._special):
            _LOGGER.info("%s: %s: %s takes no part", self.context, path, mount.findings.special[path][1])
            self._special.add(path)
        named = mount.findings.named()
        left = set(named)
        if left == self._left:
            return
        fresh = sorted(left - self._left)
        for path in fresh[:_NAMED_MAX]:
            _LOGGER.warning("%s: left: %s: %s", self.context, path, named[path].reason)
        if len(fresh) > _NAMED_MAX:
            _LOGGER.warning("%s: left: %d more", self.context, len(fresh) - _NAMED_MAX)
        self._left = left


def _is_work(effect: effects.Effect) -> bool:
    return not isinstance(
        effect,
        effects.Wake
        | effects.Answer
        | effects.Refresh
        | effects.Recover
        | effects.Audit
        | effects.Checkpoint,
    )
