"""The daemon as a process: what it opens, what it listens to, how it ends."""

import logging
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, Final, Protocol

from holdall import __version__
from holdall.daemon import config, outcome, places
from holdall.daemon.listening import Tcp, opened as opened_address
from holdall.daemon.locks import listen, lock_state
from holdall.daemon.mounted import Workshop
from holdall.daemon.notify import notify, watchdog_s
from holdall.daemon.opening import opened, to_remember
from holdall.daemon.pool import Pool
from holdall.daemon.registry import Registry
from holdall.daemon.settings import Settings
from holdall.daemon.status import one_line
from holdall.daemon.supervisor import Supervisor
from holdall.engine.pace import Pace
from holdall.errors import HoldallError
from holdall.store.limited import Line

_LOGGER: Final = logging.getLogger("holdall")
_TICK_S: Final = 5.0
_JUMP_S: Final = 20.0
_EXTEND_S: Final = 15.0
_ENDING: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class Face(Protocol):
    """What answers on the socket. `ready` is set once each mount is watched or parked; `alive`: it answers, or is about to."""

    ready: bool

    @property
    def alive(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Service:
    """Opened by `__init__`, which raises what keeps it from starting: ConfigError, Locked, NoBucket, …

    face  makes what answers, out of the supervisor, the listening socket and the TCP address
    """

    def __init__(
        self,
        settings: Settings,
        face: Callable[[Supervisor, socket.socket, Tcp | None], Face],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()
        state = places.made_state_dir(environ)
        socket_path = places.listening_socket(environ).absolute()
        self._lock = lock_state(state, socket_path)
        self._registry = registry = Registry(state / "daemon.db")
        store, silence, url, directory = opened(settings.store or registry.store(), environ)
        self._tcp = None if settings.api is None else opened_address(settings.api)
        self._listener = listen(socket_path)
        outside = [state, socket_path.parent.resolve() / socket_path.name]
        shop = Workshop(
            store,
            silence,
            url,
            state,
            Pool(settings.limits.workers),
            Pace(transfers=settings.limits.workers),
            Line(settings.limits.up_bytes_s, settings.limits.down_bytes_s),
            (*outside, *([directory.resolve()] if directory else [])),
            str(directory) if directory else None,
            settings.limits.archives,
        )
        self._supervisor = Supervisor(
            shop, registry, settings.release_deadline_s, to_remember(settings, environ)
        )
        self._face = face(self._supervisor, self._listener, self._tcp)
        self._socket_path = socket_path
        self._ticking = threading.Thread(name="tick")

    def run(self) -> list[dict[str, Any]] | None:
        """Until a signal ends it. The receipts; None where a second signal cut the release short.

        HoldallError when all is released because nothing answered on the socket any more.
        """
        for number in (*_ENDING, signal.SIGHUP):
            signal.signal(number, self._signaled)
        _LOGGER.info(
            "holdall %s, store %s, socket %s", __version__, self._supervisor.shop.store.url, self._socket_path
        )
        if self._tcp is not None:
            _LOGGER.info("also at http://%s:%d", *self._tcp.listener.getsockname()[:2])
        self._face.start()
        self._supervisor.start(self._settings.mounts, self._settings.file)
        self._face.ready = True
        notify("READY=1", self._status(), environ=self._environ)
        self._watch()
        silent = not self._face.alive
        receipts = self._shut()
        self._face.stop()
        self._socket_path.unlink(missing_ok=True)
        self._registry.close()
        if silent:
            raise HoldallError(
                "nothing answered on the socket any more: all is released", hint="the log says what ended it"
            )
        return receipts

    def _signaled(self, number: int, _frame: FrameType | None) -> None:
        self._signals.put(number)

    def _watch(self) -> None:
        tick_s = min(_TICK_S, (watchdog_s(self._environ) or _TICK_S * 2) / 2)
        drift = time.time() - time.monotonic()
        said = ""
        while True:
            number = self._signal(tick_s)
            if number in _ENDING or not self._face.alive:
                return
            if number == signal.SIGHUP:
                # On a thread: a mount that was dropped is released with its deadline, and systemd wants to hear from us.
                threading.Thread(target=self._reload, name="reload", daemon=True).start()
            now = time.time() - time.monotonic()
            self._tick(woke=abs(now - drift) > _JUMP_S)
            drift = now
            if notify("WATCHDOG=1", environ=self._environ) and (status := self._status()) != said:
                said = status
                notify(said, environ=self._environ)

    def _tick(self, *, woke: bool) -> None:
        """On a thread: a directory that hangs must not keep signals from being heard."""
        if woke:
            _LOGGER.info("the clock jumped: looking everywhere again")
        if woke or not self._ticking.is_alive():
            self._ticking = threading.Thread(
                target=self._supervisor.tick, kwargs={"woke": woke}, name="tick", daemon=True
            )
            self._ticking.start()

    def _signal(self, timeout_s: float) -> int | None:
        try:
            return self._signals.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _status(self) -> str:
        mounts = [one_line(one) for one in self._supervisor.status()["mounts"]]
        return "STATUS=" + ("; ".join(mounts) or "no mounts")

    def _reload(self) -> None:
        file = self._settings.file
        try:
            fresh = config.load(file, self._environ)
            kept = self._settings
            if (fresh.store, fresh.limits, fresh.api) != (kept.store, kept.limits, kept.api):
                _LOGGER.error(
                    "%s: the store, the limits and the address of a running daemon stay; restart it",
                    fresh.file or "the environment",
                )
                return
            self._supervisor.reload(fresh.mounts, fresh.file)
            self._supervisor.release_deadline_s = fresh.release_deadline_s
        except HoldallError as exc:
            _LOGGER.error("%s; the configuration in force stays", exc)  # noqa: TRY400 (a sentence, not a trace)
            return
        self._settings = fresh
        _LOGGER.info("the configuration was read again")

    # -- the end

    def _shut(self) -> list[dict[str, Any]] | None:
        deadline_s = self._supervisor.release_deadline_s
        notify("STOPPING=1", environ=self._environ)
        _LOGGER.info("releasing every mount, for %.0f s at most", deadline_s)
        receipts: list[dict[str, Any]] = []
        through = threading.Event()

        def release() -> None:
            receipts.extend(self._supervisor.shut(deadline_s))
            through.set()

        threading.Thread(target=release, name="release", daemon=True).start()
        while not through.is_set():
            notify(f"EXTEND_TIMEOUT_USEC={int(_EXTEND_S * 1e6)}", self._status(), environ=self._environ)
            if self._hurried(through):
                _LOGGER.warning(
                    "stopped at once by a second signal; what was not in the store is still in its directory"
                )
                return None
        for receipt in receipts:
            _say(receipt)
        return receipts

    def _hurried(self, through: threading.Event) -> bool:
        """Whether a second signal came within a while, or the release came to its end first."""
        until = time.monotonic() + _TICK_S
        while time.monotonic() < until and not through.is_set():
            if self._signal(0.05) in _ENDING:
                return True
        return False


def _say(receipt: dict[str, Any]) -> None:
    level = logging.INFO if outcome.exit_code(receipt) == outcome.DONE else logging.ERROR
    _LOGGER.log(level, "%s: released: %s", receipt["context"], outcome.sentence(receipt))
    for left in receipt["left"][:20]:
        _LOGGER.log(level, "%s: left: %s: %s", receipt["context"], left["path"], left["reason"])
