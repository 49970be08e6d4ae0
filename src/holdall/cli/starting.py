"""A daemon for this user, started in the background."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Final

from holdall.api.client import Client
from holdall.daemon import outcome, places
from holdall.errors import ConfigError, HoldallError, Locked, NoDaemon

_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.05
_BARRED_S: Final = 8.0
_AGAIN_S: Final = 0.5
_LINES: Final = 5
_PLACES: Final = ("STATE_DIRECTORY", "HOLDALL_CONFIG", "HOLDALL_SOCKET", "XDG_DATA_HOME")
"""What the daemon of a shell finds its state by, and cron does not have."""
_OURS: Final = "holdall: "


def start_daemon(store: str | None) -> Client:
    """Returns when it answers. It logs to the state directory, and outlives this process and its terminal.

    Raises Locked where another one has the state directory and does not answer, ConfigError, and HoldallError with what it said.
    """
    log = places.made_state_dir() / places.log_file().name
    environ = {**os.environ, places.STARTED_BY: "up"}
    if store is not None:
        environ["HOLDALL_STORE__URL"] = store
    until = time.monotonic() + _PATIENCE_S
    daemon, begin = _begun(log, environ)
    barred_since: float | None = None
    while time.monotonic() < until:
        try:
            client = Client.find()
            client.get("/api/v1/version")
        except NoDaemon:
            if daemon.poll() == outcome.LOCKED:
                # Somebody else's `up` was first, and that daemon is about to answer; or one is about to end, and makes room.
                barred_since = barred_since or time.monotonic()
                if time.monotonic() > barred_since + _BARRED_S:
                    raise _silent(log.parent) from None
                time.sleep(_AGAIN_S)
                daemon, begin = _begun(log, environ)
            elif daemon.returncode is not None:
                kind = ConfigError if daemon.returncode == outcome.USAGE else HoldallError
                raise kind(f"the daemon ended at once: {_said(log, begin)}", hint=f"see {log}") from None
            time.sleep(_LOOK_S)
        else:
            return client
    raise HoldallError(f"the daemon did not answer within {_PATIENCE_S:.0f} s", hint=f"see {log}")


def _begun(log: Path, environ: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and where what it says begins in the log."""
    command = [sys.executable, "-m", "holdall.cli.main", "run", "--log-file", str(log)]
    with log.open("ab") as errors:
        log.chmod(0o600)
        begin = errors.tell()
        daemon = subprocess.Popen(  # noqa: S603 (ourselves)
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    return daemon, begin


def _silent(state: Path) -> Locked:
    holder = places.holder(state)
    return Locked(
        f"a daemon uses {state}{f' ({holder})' if holder else ''} and does not answer",
        hint=f"`kill {holder.pid}` ends it, and releases what it has mounted" if holder else None,
    )


def stop_daemon(client: Client) -> bool:
    """One that came to nothing: the next `up` may want another store. Returns when it no longer answers.

    False for one that keeps mounts from before; it goes on.
    """
    if client.mounts():
        return False
    os.kill(int(client.get("/api/v1/version")["pid"]), signal.SIGTERM)
    until = time.monotonic() + _PATIENCE_S
    while client.path.exists() and time.monotonic() < until:
        time.sleep(_LOOK_S)
    return True


def keys_in_environment() -> bool:
    """Whether the store's keys are to be had in this environment alone."""
    return all(os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))


def lasting_command() -> str:
    """What makes the mounts of this user survive a reboot, on this machine."""
    home = os.path.expanduser("~")  # noqa: PTH111
    units = (
        f"{home}/.config/systemd/user",
        f"{home}/.local/share/systemd/user",
        "/etc/systemd/user",
        "/usr/local/lib/systemd/user",
        "/usr/lib/systemd/user",
    )
    if any(os.path.exists(f"{unit}/holdall.service") for unit in units):  # noqa: PTH110
        return "systemctl --user enable --now holdall"
    places_named = "".join(
        f"{name}={shlex.quote(os.environ[name])} " for name in _PLACES if os.environ.get(name)
    )
    # cron ends a command at a % that has no backslash.
    line = f"@reboot {places_named}{shlex.quote(sys.executable)} -m holdall.cli.main run".replace("%", "\\%")
    return f"(crontab -l 2>/dev/null; echo {shlex.quote(line)}) | crontab -"


def _said(log: Path, begin: int) -> str:
    """Its last sentence, of what it said after the byte `begin`; of a trace, the line that names the error."""
    with log.open(errors="replace") as lines:
        lines.seek(begin)
        said = [line.strip() for line in deque(lines, _LINES)]
    last = max((at for at, line in enumerate(said) if line.startswith(_OURS)), default=len(said) - 1)
    return " / ".join(said[last:]).removeprefix(_OURS) or "it could say nothing; has its log room?"
