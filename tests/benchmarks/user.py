"""holdall on one machine that has a home and a state of its own: `holdall exec`, or a daemon with one mount."""

import json
import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import servers
from tests.benchmarks import turns
from tests.benchmarks.ground import Ground

from holdall.api.client import Client, of_mount

ARCHIVE = {"uploadPolicy": {"uploadMode": "Archive"}}
"""A mount's policy: files travel in packs."""

_MIB = 1 << 20
_DEADLINE = "600s"


class User:
    def __init__(self, ground: Ground, *, endpoint: str | None = None):
        self.machine = ground.site.machine(endpoint=endpoint)
        self.client = Client(self.machine.socket)

    def exec(self, context: str, path: Path, *command: str, policy: Mapping[str, Any] | None = None) -> float:
        """`holdall exec … -- COMMAND` (`true`), process start to exit; seconds. Nothing may be left behind."""
        receipt = self.machine.home / "receipt.json"
        options = [
            "--context",
            context,
            "--path",
            str(path),
            "--deadline",
            _DEADLINE,
            "--receipt",
            str(receipt),
        ]
        if policy is not None:
            file = self.machine.home / "policy.json"
            file.write_text(json.dumps(policy))
            options += ["--policy", str(file)]
        took_s = self.holdall("exec", *options, "--", *(command or ("true",)))
        found = json.loads(receipt.read_text())
        assert found["outcome"] == "complete", found
        return took_s

    def holdall(self, *arguments: str) -> float:
        return turns.seconds([servers.binary("holdall"), *arguments], self.machine.env, self.machine.home)


class Mounted(User):
    """Durable when it is made. `durable_s`: from the call that mounts it until then."""

    def __init__(
        self,
        ground: Ground,
        path: Path,
        context: str,
        *,
        endpoint: str | None = None,
        policy: Mapping[str, Any] | None = None,
    ):
        super().__init__(ground, endpoint=endpoint)
        self.context = context
        self.daemon = self.machine.daemon()
        began = time.perf_counter()
        self.client.post("/api/v1/mounts", {"context": context, "path": str(path), "policy": policy})
        self.flush()
        self.durable_s = time.perf_counter() - began

    def flush(self) -> dict[str, Any]:
        return self._through("flush")

    def held_deletions(self) -> int:
        """After a flush that need not be complete."""
        held: int = self.client.post(of_mount(self.context, "flush"), waits=True)["held_deletions"]
        return held

    def wait(self) -> dict[str, Any]:
        return self._through("wait")

    def approve(self) -> None:
        self.client.post(of_mount(self.context, "approve"))

    def flush_s(self) -> float:
        return self._seconds("flush")

    def release_s(self) -> float:
        return self._seconds("release")

    def peak_mib(self) -> float:
        """The largest resident size that the daemon ever had."""
        status = Path(f"/proc/{self.daemon.pid}/status").read_text()
        (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return int(kib) * 1024 / _MIB

    def end(self) -> None:
        self.machine.end(self.daemon, signal.SIGTERM)

    def _seconds(self, verb: str) -> float:
        began = time.perf_counter()
        self._through(verb)
        return time.perf_counter() - began

    def _through(self, verb: str) -> dict[str, Any]:
        receipt = self.client.post(of_mount(self.context, verb), waits=True)
        assert receipt["outcome"] == "complete", receipt
        return receipt


@contextmanager
def mounted(
    ground: Ground,
    path: Path,
    context: str,
    *,
    endpoint: str | None = None,
    policy: Mapping[str, Any] | None = None,
) -> Iterator[Mounted]:
    user = Mounted(ground, path, context, endpoint=endpoint, policy=policy)
    try:
        yield user
    finally:
        user.end()
