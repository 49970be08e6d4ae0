"""A daemon for this user, started in the background."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from typing import Final

from holdall.api.client import Client
from holdall.daemon import outcome, places
from holdall.errors import ConfigError, HoldallError, NoDaemon

_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.05
_LINES: Final = 5


def start_daemon(store: str | None) -> Client:
    """Returns when it answers. It logs to the state directory, and outlives this process and its terminal."""
    log = places.made_state_dir() / places.log_file().name
    environ = {**os.environ, places.STARTED_BY: "up"}
    if store is not None:
        environ["HOLDALL_STORE__URL"] = store
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
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            client = Client.find()
            client.get("/api/v1/version")
        except NoDaemon:
            # Locked: somebody else's `up` was first, and that daemon is about to answer.
            if daemon.poll() not in {None, outcome.LOCKED}:
                kind = ConfigError if daemon.returncode == outcome.USAGE else HoldallError
                raise kind(f"the daemon ended at once: {_said(str(log), begin)}", hint=f"see {log}") from None
            time.sleep(_LOOK_S)
        else:
            return client
    raise HoldallError(f"the daemon did not answer within {_PATIENCE_S:.0f} s", hint=f"see {log}")


def stop_daemon(client: Client) -> None:
    """One that came to nothing: the next `up` may want another store. Returns when it no longer answers."""
    if client.mounts():
        return
    os.kill(int(client.get("/api/v1/version")["pid"]), signal.SIGTERM)
    until = time.monotonic() + _PATIENCE_S
    while client.path.exists() and time.monotonic() < until:
        time.sleep(_LOOK_S)


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
    return f"(crontab -l 2>/dev/null; echo '@reboot {sys.executable} -m holdall.cli.main run') | crontab -"


def _said(log: str, begin: int) -> str:
    """Its last lines, of those after the byte `begin`."""
    with open(log, errors="replace") as lines:  # noqa: PTH123
        lines.seek(begin)
        return " / ".join(line.strip().removeprefix("holdall: ") for line in deque(lines, _LINES))
