"""Where the tour is played: real processes, with a home of their own, each shown with its command line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from holdall.api.client import Client
from holdall.cli import show
from holdall.errors import HoldallError, NoDaemon

_GONE_S: Final = 5.0
_COMMAND_S: Final = 120.0
_HOLDALL: Final = (sys.executable, "-m", "holdall.cli.main")


class Stage:
    """steps  what was run: command, exit_code, output, duration_s. Leaving it ends what was started."""

    def __init__(self, base: Path, *, quiet: bool) -> None:
        self._base = base
        self._quiet = quiet
        self.steps: list[dict[str, Any]] = []
        config = base / "holdall.toml"
        config.touch()
        ours = ("HOLDALL_", "XDG_", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC")
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "HOLDALL_CONFIG": str(config),
            "HOLDALL_SOCKET": str(base / "holdall.sock"),
            "STATE_DIRECTORY": str(base / "state"),
            "XDG_DATA_HOME": str(base / "data"),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        pid = self.daemon_pid()
        if pid is not None:
            self._kill(pid)

    def say(self, text: str) -> None:
        if not self._quiet:
            show.line(f"\n{text}")

    def holdall(self, *arguments: str) -> None:
        """HoldallError where it does not end with 0."""
        begun = time.monotonic()
        done = subprocess.run(  # noqa: S603 (our own command)
            [*_HOLDALL, *arguments],
            cwd=self._base,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_COMMAND_S,
            check=False,
        )
        output = done.stdout.decode(errors="replace")
        self._step("holdall " + " ".join(arguments), done.returncode, output, time.monotonic() - begun)
        if done.returncode != 0:
            raise HoldallError(
                f"`holdall {' '.join(arguments)}` ended with {done.returncode}", hint=output.strip()
            )

    def daemon_pid(self) -> int | None:
        """Of the daemon on our own socket; None when none answers."""
        try:
            return int(Client.find(self._environ).get("/api/v1/version")["pid"])
        except NoDaemon:
            return None

    def kill_daemon(self) -> None:
        pid = self.daemon_pid()
        if pid is None:
            raise HoldallError(
                "the demo's daemon ended by itself", hint=f"its log: {self._base / 'state' / 'daemon.log'}"
            )
        self._kill(pid)
        self._step(f"kill -9 {pid}", 0, "", 0.0)

    def _kill(self, pid: int) -> None:
        """Until nobody answers: it is not our child, so there is nothing to wait for."""
        os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + _GONE_S
        while self.daemon_pid() is not None and time.monotonic() < until:
            time.sleep(0.01)

    def _step(self, command: str, code: int, output: str, duration_s: float) -> None:
        self.steps.append(
            {"command": command, "exit_code": code, "output": output, "duration_s": round(duration_s, 3)}
        )
        if not self._quiet:
            show.line(f"\n$ {command}")
            for line in output.splitlines():
                show.line(f"  {show.safe(line)}")
