"""Where a daemon keeps its state, its socket and the embedded store, and where its clients look for the socket."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from holdall.errors import ConfigError

SOCKET_NAME: Final = "holdall.sock"
LOCK_NAME: Final = "daemon.lock"
STARTED_BY: Final = "HOLDALL_STARTED_BY"
"""Set to "up" in a daemon that `up` put into the background."""

_SYSTEM_SOCKET: Final = Path("/run/holdall") / SOCKET_NAME
_SOCKET_BYTES_MAX: Final = 107
"""What fits into sockaddr_un on Linux."""


class Holder(NamedTuple):
    """The daemon of a state directory. `socket`: where it listens, or is about to; None for one that did not say."""

    pid: int
    socket: Path | None

    def __str__(self) -> str:
        return f"pid {self.pid}" + (f", socket {self.socket}" if self.socket else "")

    def written(self) -> bytes:
        """As it stands in the lock: a line with the process, then the socket, which may have any byte in its name."""
        return b"%d\n%s" % (self.pid, os.fsencode(self.socket or ""))

    @classmethod
    def read(cls, raw: bytes) -> Self | None:
        pid, _, socket = raw.partition(b"\n")
        return cls(int(pid), Path(os.fsdecode(socket)) if socket else None) if pid.isdigit() else None


def holder(state: Path) -> Holder | None:
    """The last daemon that took the state directory, whether it still runs or not; None where none is known."""
    try:
        return Holder.read((state / LOCK_NAME).read_bytes())
    except OSError:
        return None  # there was none, or it is another user's


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """$STATE_DIRECTORY (the first, where systemd names several), else ~/.local/state/holdall. Not made here."""
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else _home(environ, "STATE_DIRECTORY") / ".local" / "state" / "holdall"


def known_state_dir(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The same; None where it would be in a home directory, and there is none."""
    try:
        return state_dir(environ)
    except ConfigError:
        return None


def made_state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The state directory, there and for its owner alone."""
    state = state_dir(environ)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if state.stat().st_mode & 0o077:
            state.chmod(0o700)
    except OSError as exc:
        raise unusable(state, exc) from exc
    return state.resolve()


def unusable(state: Path, exc: OSError) -> ConfigError:
    return ConfigError(
        f"the state directory {state} cannot be used: {exc.strerror}",
        hint="STATE_DIRECTORY names another one",
    )


def log_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Of a daemon that `up` started."""
    return state_dir(environ) / "daemon.log"


def embedded_store(environ: Mapping[str, str] = os.environ) -> Path:
    """The store of those who configured none."""
    data = environ.get("XDG_DATA_HOME", "")
    share = Path(data) if data else _home(environ, "XDG_DATA_HOME") / ".local" / "share"
    return share / "holdall" / "store"


def listening_socket(environ: Mapping[str, str] = os.environ) -> Path:
    """Where a daemon listens. ConfigError for a path that no socket can have."""
    return _fitting(next(_sockets(environ), None) or state_dir(environ) / SOCKET_NAME)


def known_sockets(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Where a client looks, in this order. A daemon that was started in another environment says in its lock where it is.

    ConfigError where the first, at which this environment's daemon would listen, is a path that no socket can have.
    """
    named = list(_sockets(environ))
    found = [*map(_fitting, named[:1]), *filter(_fits, named[1:])]
    state = known_state_dir(environ)
    daemon = None if state is None else holder(state)
    if daemon is not None and daemon.socket is not None and daemon.socket not in found:
        found.append(daemon.socket)
    return [*found, _SYSTEM_SOCKET]


def config_file(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The configuration in force; None where there is none. One that $HOLDALL_CONFIG names need not exist."""
    if named := environ.get("HOLDALL_CONFIG"):
        return Path(named).absolute()
    usual = [Path("/etc/holdall/holdall.toml")]
    with suppress(ConfigError):  # who has no home has no file there
        usual.insert(0, _home(environ, "HOLDALL_CONFIG") / ".config" / "holdall" / "holdall.toml")
    return next((one for one in usual if os.path.lexists(one)), None)


def _sockets(environ: Mapping[str, str]) -> Iterator[Path]:
    if named := environ.get("HOLDALL_SOCKET"):
        yield Path(named)
    if runtime := environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]:
        yield Path(runtime) / SOCKET_NAME
    if session := environ.get("XDG_RUNTIME_DIR"):
        yield Path(session) / "holdall" / SOCKET_NAME
    if state := known_state_dir(environ):
        yield state / SOCKET_NAME


def _fitting(socket: Path) -> Path:
    if not _fits(socket):
        raise ConfigError(
            f"the socket path {socket} has {len(os.fsencode(socket))} bytes, and a socket's may have {_SOCKET_BYTES_MAX}",
            hint="HOLDALL_SOCKET, XDG_RUNTIME_DIR or STATE_DIRECTORY names a shorter one",
        )
    return socket


def _fits(socket: Path) -> bool:
    return len(os.fsencode(socket)) <= _SOCKET_BYTES_MAX


def _home(environ: Mapping[str, str], instead: str) -> Path:
    """`instead`: the variable that does without one. ConfigError where neither the environment nor the passwd names one."""
    home = environ.get("HOME", "")
    try:
        return Path(home) if home else Path.home()
    except RuntimeError as exc:
        raise ConfigError("there is no home directory", hint=f"HOME or {instead} names one") from exc
